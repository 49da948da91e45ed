// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "store/block.h"
#include "store/block_table.h"
#include "store/chunk.h"
#include "store/era.h"
#include "store/reader_impl.h"

namespace fithome::store {
namespace {

Result<Database> open_checked(const std::filesystem::path& file, Access access) {
  FITHOME_TRY(Database db, Database::open(file, access));
  db.checkpoint_on_close(false);
  FITHOME_TRY(const State state, inspect(db, file));
  if (state == State::empty) return fail(Code::not_found, file.string() + ": no readings yet");
  if (state == State::older) {
    return fail(Code::unsupported, file.string() +
                                       ": written by an older fithome; start the daemon "
                                       "once, it brings the store along");
  }
  FITHOME_TRY_VOID(
      db.execute("PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0;"
                 "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -512; PRAGMA mmap_size = 0"));
  return db;
}

/// True where SQLite's log holds nothing: the writer closed the file, and had it taken in.
bool log_empty(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file.string() + "-wal", error);
  return error || size == 0;
}

std::uint64_t size_of(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  return error ? 0 : size;
}

Result<void> check_readable(const std::filesystem::path& file) {
  if (::faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) == 0) return {};
  const int os = errno;
  if (os == ENOENT || os == ENOTDIR) {
    return fail(Code::not_found,
                fmt::format("no store in {}; start the daemon, or say where it is with --data",
                            file.parent_path().string()),
                os);
  }
  return os_failure(Code::invalid, "read " + file.string() + " (try with sudo)", os);
}

constexpr std::string_view kSelectEvents =
    "SELECT meter, kind, begin_ms, end_ms, cause, reason, channel, worst FROM event";

Result<std::vector<Event>> read_events(Statement& query) {
  Rows rows = query.rows();
  std::vector<Event> events;
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) return events;
    Event& event = events.emplace_back();
    event.meter = rows.integer32(0);
    event.kind = rows.text(1);
    event.begin = from_ms(rows.integer(2));
    if (!rows.null(3)) event.end = from_ms(rows.integer(3));
    event.cause = rows.text(4);
    event.reason = rows.text(5);
    event.channel = reading::find_channel(rows.text(6));
    if (!rows.null(7)) event.worst = rows.integer32(7);
  }
}

}  // namespace

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

Result<Reader> Reader::open(const std::filesystem::path& directory) {
  const std::filesystem::path file = std::filesystem::absolute(directory) / kFileName;
  FITHOME_TRY_VOID(check_readable(file));
  auto db = open_checked(file, Access::read);
  // A medium that cannot be written has no room for the log's index, and needs none.
  if (!db && db.error().code == Code::invalid && log_empty(file)) {
    db = open_checked(file, Access::immutable);
  }
  if (!db) return Failure(std::move(db).error());
  FITHOME_TRY(JournalReader journal, JournalReader::open(file.parent_path() / kJournalName));
  return Reader(std::make_unique<Impl>(Impl{file, *std::move(db), std::move(journal)}));
}

const std::vector<BadBlock>& Reader::left_out() const { return impl_->blocks.left_out(); }

// A seal between two looks would leave a hole, or show readings twice. So the journal is read
// first; if it has not been sealed when the view begins, it was whole.
Result<View> Reader::Impl::view() const {
  while (true) {
    {
      FITHOME_TRY_VOID(db.execute("BEGIN"));
      const View look(db, unsealed.tail);
      FITHOME_TRY_VOID(catch_up(db, journal, unsealed));
    }
    FITHOME_TRY_VOID(db.execute("BEGIN"));
    View view(db, unsealed.tail);
    FITHOME_TRY(const std::int64_t now, db.integer("SELECT generation FROM journal"));
    if (now == unsealed.generation) return view;
  }
}

Result<std::optional<Bounds>> Reader::Impl::bounds(const View& view, const Range& range) const {
  FITHOME_TRY(Statement query, db.prepare("SELECT min(first_ms), max(last_ms) FROM minutes"
                                          " WHERE meter = ? AND first_ms < ? AND last_ms >= ?"));
  Rows rows = query.bind(range.meter).bind(ms(range.to)).bind(ms(range.from)).rows();
  FITHOME_TRY([[maybe_unused]] const bool row, rows.next());
  std::optional<Bounds> found;
  if (!rows.null(0)) found = Bounds{from_ms(rows.integer(0)), from_ms(rows.integer(1))};
  const MeterTail* tail = view.tail().find(range.meter);
  if (tail != nullptr) {
    for (const UtcTime time : tail->readings.time) {
      if (!found) found = Bounds{time, time};
      found->first = std::min(found->first, time);
      found->last = std::max(found->last, time);
    }
  }
  if (!found || found->last < range.from || found->first >= range.to)
    return std::optional<Bounds>();
  found->first = std::max(found->first, range.from);
  found->last = std::min(found->last, range.to - std::chrono::milliseconds(1));
  return found;
}

namespace {

/// The last row of a reading that was measured here.
std::optional<std::size_t> last_measured(const Chunk& chunk) {
  for (std::size_t row = chunk.size(); row > 0; --row) {
    if ((chunk.flags[row - 1] & bit(reading::Flag::imported)) == 0) return row - 1;
  }
  return {};
}

}  // namespace

/// As a rule the first block that is looked at has it. Behind an import they are gone through by
/// their flags alone.
Result<std::optional<reading::Reading>> Reader::Impl::newest_sealed(MeterId meter) const {
  FITHOME_TRY(Statement query, db.prepare("SELECT id, first_ms, last_ms, count FROM block"
                                          " WHERE meter = ? ORDER BY first_sequence DESC"));
  Rows rows = query.bind(meter).rows();
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) return std::optional<reading::Reading>();
    const BlockRow row = read_block_row(rows, meter);
    FITHOME_TRY(const auto flags, blocks.load(db, row, {}));
    if (!flags || !last_measured(*flags)) continue;
    FITHOME_TRY(const auto chunk, blocks.load(db, row, all_channels()));
    if (chunk) return std::optional(reading_at(*chunk, *last_measured(*chunk)));
  }
}

Result<std::optional<reading::Reading>> Reader::newest(MeterId meter) const {
  FITHOME_TRY(const View view, impl_->view());
  const MeterTail* tail = view.tail().find(meter);
  if (tail != nullptr) {
    const auto row = last_measured(tail->readings);
    if (row) return std::optional(reading_at(tail->readings, *row));
  }
  return impl_->newest_sealed(meter);
}

Result<std::vector<Event>> Reader::events(UtcTime from, UtcTime to, std::size_t limit,
                                          std::span<const std::string> kinds) const {
  std::string of_kinds;
  for (std::size_t n = 0; n < kinds.size(); ++n) {
    of_kinds += fmt::format("{}?{}", n == 0 ? " AND kind IN (" : ", ", n + 4);
  }
  if (!kinds.empty()) of_kinds += ")";
  FITHOME_TRY(Statement query,
              impl_->db.prepare(fmt::format(
                  "{} WHERE begin_ms < ?2 AND (end_ms IS NULL OR end_ms > ?1 OR begin_ms >= ?1)"
                  "{} ORDER BY begin_ms DESC, meter DESC, kind DESC, channel DESC LIMIT ?3",
                  kSelectEvents, of_kinds)));
  constexpr std::size_t most = std::numeric_limits<std::int32_t>::max();
  query.bind(ms(from)).bind(ms(to)).bind(std::min(limit, most));
  for (const std::string& kind : kinds) query.bind(kind);
  FITHOME_TRY(auto events, read_events(query));
  std::reverse(events.begin(), events.end());
  return events;
}

Result<std::vector<Event>> Reader::open_events() const {
  FITHOME_TRY(Statement query,
              impl_->db.prepare(fmt::format("{} WHERE end_ms IS NULL"
                                            " ORDER BY begin_ms, meter, kind, channel",
                                            kSelectEvents)));
  return read_events(query);
}

Result<std::optional<Era>> Reader::era() const { return read_era(impl_->db); }

Result<std::vector<Cursor>> Reader::cursors() const {
  FITHOME_TRY(Statement query, impl_->db.prepare("SELECT name, taken FROM cursor ORDER BY name"));
  Rows rows = query.rows();
  std::vector<Cursor> cursors;
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) return cursors;
    cursors.push_back(Cursor{rows.text(0), static_cast<Sequence>(rows.integer(1))});
  }
}

Result<std::vector<Calibration>> Reader::calibrations(MeterId meter) const {
  FITHOME_TRY(Statement query,
              impl_->db.prepare("SELECT id, first_sequence, time_ms, kind, line, reference, before,"
                                " after, configured, error_ppm, note, undone_by FROM calibration"
                                " WHERE meter = ? ORDER BY id"));
  query.bind(meter);
  Rows rows = query.rows();
  std::vector<Calibration> all;
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) return all;
    Calibration& of = all.emplace_back();
    of.id = static_cast<std::uint64_t>(rows.integer(0));
    of.meter = meter;
    of.first_sequence = static_cast<Sequence>(rows.integer(1));
    of.time = from_ms(rows.integer(2));
    of.kind = rows.text(3);
    of.line = rows.text(4);
    of.reference = rows.text(5);
    of.before = rows.text(6);
    of.after = rows.text(7);
    of.configured = rows.text(8);
    if (!rows.null(9)) of.error_ppm = rows.integer32(9);
    of.note = rows.text(10);
    if (!rows.null(11)) of.undone_by = static_cast<std::uint64_t>(rows.integer(11));
  }
}

Result<Info> Reader::info() const {
  const Database& db = impl_->db;
  Info info;
  FITHOME_TRY(info.site, read_site(db));
  FITHOME_TRY(const std::int64_t format, db.integer("PRAGMA user_version"));
  FITHOME_TRY(const View view, impl_->view());
  info.format = static_cast<int>(format);
  info.readings = view.tail().last();  // they are counted without gaps
  info.bytes = size_of(impl_->file) + size_of(impl_->file.string() + "-wal") +
               size_of(impl_->file.parent_path() / kJournalName);

  FITHOME_TRY(const auto meters, meter_ids(db));
  for (const MeterId meter : meters) {
    FITHOME_TRY(const auto bounds, impl_->bounds(view, Range{.meter = meter}));
    if (!bounds) continue;
    info.first = std::min(info.first.value_or(bounds->first), bounds->first);
    info.last = std::max(info.last.value_or(bounds->last), bounds->last);
  }
  return info;
}

}  // namespace fithome::store
