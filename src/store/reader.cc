// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <type_traits>

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
                 "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2048; PRAGMA mmap_size = 0"));
  return db;
}

/// True where the file alone holds everything: the writer closed it, and took its journal along.
bool journal_empty(const std::filesystem::path& file) {
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

reading::Ledger read_ledger(const Rows& rows) {
  reading::Ledger ledger;
  ledger.time = from_ms(rows.integer(1));
  int column = 2;
  each_number(ledger, [&](auto, auto, auto, auto& number) {
    number = static_cast<std::remove_cvref_t<decltype(number)>>(rows.integer(column++));
  });
  return ledger;
}

/// The ledger that a query for one finds.
Result<std::optional<reading::Ledger>> one_ledger(Statement& statement) {
  Rows rows = statement.rows();
  FITHOME_TRY(const bool found, rows.next());
  if (!found) return std::optional<reading::Ledger>();
  return std::optional(read_ledger(rows));
}

}  // namespace

void read_channels(const Rows& rows, int column, reading::Reading& reading) {
  reading.time = from_ms(rows.integer(column));
  reading.flags = static_cast<reading::Flags>(rows.integer(column + 1));
  for (std::size_t id = 0; id < reading::kChannelCount; ++id) {
    const int at = column + 2 + static_cast<int>(id);
    if (!rows.null(at)) reading.steps[id] = rows.integer32(at);
  }
}

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

Result<Reader> Reader::open(const std::filesystem::path& directory) {
  const std::filesystem::path file = std::filesystem::absolute(directory) / kFileName;
  FITHOME_TRY_VOID(check_readable(file));
  auto db = open_checked(file, Access::read);
  // A medium that cannot be written has no room for the journal's index, and needs none.
  if (!db && db.error().code == Code::invalid && journal_empty(file)) {
    db = open_checked(file, Access::immutable);
  }
  if (!db) return Failure(std::move(db).error());
  return Reader(std::make_unique<Impl>(Impl{file, *std::move(db)}));
}

Result<std::optional<Bounds>> Reader::Impl::bounds(const Range& range) const {
  constexpr std::string_view within =
      "FROM reading WHERE meter = ?1 AND time_ms >= ?2 AND time_ms < ?3";
  FITHOME_TRY(Statement query,
              db.prepare(fmt::format("SELECT (SELECT min(time_ms) {0}), (SELECT max(time_ms) {0})",
                                     within)));
  query.bind(range.meter).bind(ms(range.from)).bind(ms(range.to));
  Rows rows = query.rows();
  FITHOME_TRY([[maybe_unused]] const bool row, rows.next());
  if (rows.null(0) || rows.null(1)) return std::optional<Bounds>();
  return std::optional(Bounds{from_ms(rows.integer(0)), from_ms(rows.integer(1))});
}

Result<std::optional<reading::Reading>> Reader::newest(MeterId meter) const {
  // Backwards by sequence: an index by time would find the wrong one after the clock was set back.
  FITHOME_TRY(Statement query,
              impl_->db.prepare(fmt::format(
                  "SELECT time_ms, flags, {} FROM reading NOT INDEXED WHERE meter = ?1"
                  // A meter without readings would have all those of the others looked at.
                  " AND EXISTS(SELECT 1 FROM reading INDEXED BY reading_by_time WHERE meter = ?1)"
                  " ORDER BY sequence DESC LIMIT 1",
                  channel_columns())));
  query.bind(meter);
  Rows rows = query.rows();
  FITHOME_TRY(const bool found, rows.next());
  if (!found) return std::optional<reading::Reading>();
  reading::Reading reading;
  read_channels(rows, 0, reading);
  return std::optional(reading);
}

Result<reading::Ledger> Reader::ledger(MeterId meter) const {
  FITHOME_TRY(Statement query, impl_->db.prepare(fmt::format(
                                   "SELECT {} FROM ledger WHERE meter = ?", ledger_columns())));
  FITHOME_TRY(const auto ledger, one_ledger(query.bind(meter)));
  if (!ledger) return fail(Code::not_found, "no energy has been counted yet");
  return *ledger;
}

Result<reading::Ledger> Reader::ledger_at(UtcTime time, MeterId meter) const {
  FITHOME_TRY(reading::Ledger now, ledger(meter));
  if (now.time <= time) return now;
  FITHOME_TRY(Statement query, impl_->db.prepare(fmt::format(
                                   "SELECT {} FROM ledger_mark WHERE meter = ? AND time_ms <= ?"
                                   " ORDER BY time_ms DESC LIMIT 1",
                                   ledger_columns())));
  FITHOME_TRY(const auto mark, one_ledger(query.bind(meter).bind(ms(time))));
  if (mark) return *mark;
  FITHOME_TRY(Statement first,
              impl_->db.prepare(fmt::format("SELECT {} FROM ledger_mark WHERE meter = ?"
                                            " ORDER BY time_ms LIMIT 1",
                                            ledger_columns())));
  FITHOME_TRY(const auto earliest, one_ledger(first.bind(meter)));
  return earliest ? *earliest : now;
}

Result<std::vector<Event>> Reader::events(UtcTime from, UtcTime to, std::size_t limit) const {
  FITHOME_TRY(
      Statement query,
      impl_->db.prepare("SELECT meter, kind, begin_ms, end_ms, cause FROM event WHERE begin_ms < ?2"
                        " AND (end_ms IS NULL OR end_ms > ?1 OR begin_ms >= ?1)"
                        " ORDER BY begin_ms DESC, meter DESC, kind DESC LIMIT ?3"));
  constexpr std::size_t most = std::numeric_limits<std::int32_t>::max();
  query.bind(ms(from)).bind(ms(to)).bind(std::min(limit, most));
  Rows rows = query.rows();
  std::vector<Event> events;
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) break;
    Event& event = events.emplace_back();
    event.meter = rows.integer32(0);
    event.kind = rows.text(1);
    event.begin = from_ms(rows.integer(2));
    if (!rows.null(3)) event.end = from_ms(rows.integer(3));
    event.cause = rows.text(4);
  }
  std::reverse(events.begin(), events.end());
  return events;
}

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
  FITHOME_TRY(info.site, db.text("SELECT value FROM meta WHERE key = 'site'"));
  FITHOME_TRY(const std::int64_t format, db.integer("PRAGMA user_version"));
  FITHOME_TRY(const std::int64_t newest, db.integer("SELECT max(sequence) FROM reading"));
  info.format = static_cast<int>(format);
  info.readings = static_cast<std::uint64_t>(newest);  // they are counted without gaps
  info.bytes = size_of(impl_->file) + size_of(impl_->file.string() + "-wal");

  FITHOME_TRY(Statement meters, db.prepare("SELECT id FROM meter"));
  Rows rows = meters.rows();
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) return info;
    FITHOME_TRY(const auto bounds, impl_->bounds(Range{.meter = rows.integer32(0)}));
    if (!bounds) continue;
    info.first = std::min(info.first.value_or(bounds->first), bounds->first);
    info.last = std::max(info.last.value_or(bounds->last), bounds->last);
  }
}

}  // namespace fithome::store
