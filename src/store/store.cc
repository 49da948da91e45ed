// SPDX-License-Identifier: MIT
#include "store/store.h"

#include <fmt/format.h>

#include <cerrno>
#include <map>

#include "store/era.h"
#include "store/lock.h"
#include "store/schema.h"
#include "store/sqlite.h"

namespace fithome::store {
namespace {

// NORMAL: a commit is whole and in order, and on the disk with the next sync()
// (docs/decisions/0004-store.md). The cache is small: the writer touches the same few pages.
constexpr const char* kPragmas =
    "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -1024;"
    "PRAGMA mmap_size = 0; PRAGMA secure_delete = OFF; PRAGMA wal_autocheckpoint = 1000;"
    "PRAGMA journal_size_limit = 16777216";

/// 1970 to 9999: what a calendar can write, with room to reckon in.
constexpr UtcTime kEarliest{};
constexpr UtcTime kLatest{std::chrono::milliseconds(253'402'300'799'999)};

std::int64_t ms(UtcTime time) { return time.time_since_epoch().count(); }

/// A quarter of an hour with its end, without its beginning: so the last ledger of one is the last
/// at or before the boundary.
std::int64_t quarter_of(UtcTime time) {
  constexpr std::int64_t quarter = std::int64_t{15} * 60 * 1000;
  return (ms(time) + quarter - 1) / quarter;
}

Result<void> check_times(const Batch& batch) {
  const auto in_calendar = [](UtcTime time) { return time >= kEarliest && time <= kLatest; };
  for (const reading::Reading& reading : batch.readings) {
    if (!in_calendar(reading.time)) {
      return fail(Code::invalid, "a reading's time is outside the years 1970 to 9999");
    }
  }
  if (batch.ledger != nullptr && !in_calendar(batch.ledger->time)) {
    return fail(Code::invalid, "the ledger's time is outside the years 1970 to 9999");
  }
  return {};
}

struct Statements {
  Statement begin, commit, rollback;
  Statement meter, meter_name, channel;
  Statement reading, ledger, mark, event, cursor, skew;
  Statement calibration, undone;
};

Result<Statements> prepare(const Database& db) {
  FITHOME_TRY(auto begin, db.prepare("BEGIN IMMEDIATE"));
  FITHOME_TRY(auto commit, db.prepare("COMMIT"));
  FITHOME_TRY(auto rollback, db.prepare("ROLLBACK"));
  FITHOME_TRY(auto meter, db.prepare("INSERT INTO meter(id) VALUES(?)"));
  FITHOME_TRY(auto meter_name, db.prepare("UPDATE meter SET name = ?2 WHERE id = ?1"));
  FITHOME_TRY(auto channel, db.prepare("INSERT INTO channel(meter, id, name, line, unit, decimals)"
                                       " VALUES(?, ?, ?, nullif(?, ''), ?, ?)"));
  FITHOME_TRY(
      auto reading,
      db.prepare(fmt::format("INSERT INTO reading(sequence, meter, time_ms, flags, {}) VALUES({})",
                             channel_columns(), placeholders(kReadingFields))));
  FITHOME_TRY(auto ledger, db.prepare(fmt::format("INSERT OR REPLACE INTO ledger({}) VALUES({})",
                                                  ledger_columns(), placeholders(kLedgerFields))));
  FITHOME_TRY(auto mark,
              db.prepare(fmt::format(
                  "INSERT OR REPLACE INTO ledger_mark({0}) SELECT {0} FROM ledger WHERE meter = ?",
                  ledger_columns())));
  FITHOME_TRY(auto event,
              db.prepare("INSERT OR REPLACE INTO event(meter, kind, begin_ms, end_ms, cause,"
                         " reason, channel, worst) VALUES(?, ?, ?, ?, ?, ?, ?, ?)"));
  FITHOME_TRY(auto cursor, db.prepare("INSERT OR REPLACE INTO cursor(name, taken) VALUES(?, ?)"));
  FITHOME_TRY(auto skew, db.prepare("INSERT INTO skew(quarter, worst_us, ticks) VALUES(?, ?, 1)"
                                    " ON CONFLICT(quarter) DO UPDATE SET ticks = ticks + 1,"
                                    " worst_us = max(worst_us, excluded.worst_us)"));
  FITHOME_TRY(auto calibration,
              db.prepare("INSERT INTO calibration(meter, first_sequence, time_ms, kind, line,"
                         " reference, before, after, configured, error_ppm, note)"
                         " VALUES(?, ?, ?, ?, nullif(?, ''), nullif(?, ''), ?, ?, ?, ?,"
                         " nullif(?, ''))"));
  FITHOME_TRY(auto undone,
              db.prepare("UPDATE calibration SET undone_by = last_insert_rowid() WHERE id = ?"));
  return Statements{std::move(begin),       std::move(commit),     std::move(rollback),
                    std::move(meter),       std::move(meter_name), std::move(channel),
                    std::move(reading),     std::move(ledger),     std::move(mark),
                    std::move(event),       std::move(cursor),     std::move(skew),
                    std::move(calibration), std::move(undone)};
}

}  // namespace

struct Store::Impl {
  std::filesystem::path file;
  Lock lock;  // given back last
  Database db;
  Statements sql;
  std::string site;
  Sequence last = 0;
  /// The meters there are, and the time of each one's ledger.
  std::map<MeterId, std::optional<UtcTime>> meters;

  Result<void> load();
  Result<Sequence> append(std::span<const Batch> batches);
  Result<void> name_meter(MeterId meter, std::string_view name);
  template <class Work>
  Result<void> in_transaction(Work work);
  Result<void> write(const Batch& batch, Sequence sequence);
  Result<void> restamp(const Restamp& restamp);
  Result<void> write_era(const Era& era);
  Result<void> roll_back();
  Result<void> write_meter(MeterId meter);
  Result<void> write_reading(MeterId meter, Sequence sequence, const reading::Reading& reading);
  Result<void> write_ledger(MeterId meter, const reading::Ledger& ledger);
  Result<void> write_calibration(const Calibration& calibration, Sequence first);
  Result<void> write_events(const Batch& batch);
};

namespace {

/// Nothing in the file is touched before it is known to be ours.
Result<Database> open_database(const std::filesystem::path& file) {
  FITHOME_TRY(Database db, Database::open(file, Access::write));
  if (!db.writable()) return not_writable(file, EACCES);
  db.checkpoint_on_close(false);
  FITHOME_TRY(const State state, inspect(db, file));
  db.checkpoint_on_close(true);
  if (state == State::empty) FITHOME_TRY_VOID(db.execute("PRAGMA page_size = 1024"));
  FITHOME_TRY(const std::string mode, db.text("PRAGMA journal_mode = WAL"));
  if (mode != "wal") {
    return fail(Code::invalid, file.string() +
                                   ": this file system cannot hold a store (no shared "
                                   "memory); choose another with --data");
  }
  FITHOME_TRY_VOID(db.execute(kPragmas));
  if (state == State::empty) FITHOME_TRY_VOID(create(db));
  if (state == State::older) {
    if (auto done = bring_along(db); !done) return Failure(explain(std::move(done).error(), file));
  }
  FITHOME_TRY_VOID(sync_directory(file.parent_path()));
  return db;
}

}  // namespace

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

const std::string& Store::site() const { return impl_->site; }

Result<Store> Store::open(const std::filesystem::path& directory) {
  const std::filesystem::path whole = std::filesystem::absolute(directory);
  FITHOME_TRY_VOID(make_directory(whole));
  FITHOME_TRY(Lock lock, Lock::take(whole));
  const std::filesystem::path file = whole / kFileName;
  FITHOME_TRY(Database db, open_database(file));
  auto sql = prepare(db);
  if (!sql) return Failure(explain(std::move(sql).error(), file));
  auto impl = std::make_unique<Impl>(
      Impl{file, std::move(lock), std::move(db), *std::move(sql), {}, 0, {}});
  if (auto loaded = impl->load(); !loaded) {
    return Failure(explain(std::move(loaded).error(), file));
  }
  return Store(std::move(impl));
}

Result<Sequence> Store::append(const Batch& batch) { return append_all({&batch, 1}); }

Result<Sequence> Store::append_all(std::span<const Batch> batches) {
  auto done = impl_->append(batches);
  if (done) return done;
  Error error = std::move(done).error();
  if (error.code == Code::corrupt) error = explain(std::move(error), impl_->file);
  std::size_t readings = 0;
  for (const Batch& batch : batches) readings += batch.readings.size();
  return within(fmt::format("store: append {} readings", readings), std::move(error));
}

Result<void> Store::name_meter(MeterId meter, std::string_view name) {
  auto done = impl_->name_meter(meter, name);
  if (done) return done;
  return within(fmt::format("store: name meter {}", meter),
                explain(std::move(done).error(), impl_->file));
}

Result<void> Store::sync() {
  auto done = impl_->db.sync();
  if (!done) return within("store: sync", std::move(done).error());
  return done;
}

Result<void> Store::restamp(const Restamp& restamp) {
  auto done = impl_->restamp(restamp);
  if (done) return done;
  return within("store: put times right", std::move(done).error());
}

Result<void> Store::Impl::restamp(const Restamp& restamp) {
  FITHOME_TRY_VOID(in_transaction([&] { return store::restamp(db, restamp); }));
  return load();  // the ledgers' times have moved
}

Result<void> Store::Impl::load() {
  FITHOME_TRY(site, db.text("SELECT value FROM meta WHERE key = 'site'"));
  FITHOME_TRY(const std::int64_t newest, db.integer("SELECT max(sequence) FROM reading"));
  last = static_cast<Sequence>(newest);
  FITHOME_TRY(Statement all, db.prepare("SELECT id, time_ms FROM meter LEFT JOIN ledger"
                                        " ON ledger.meter = meter.id"));
  Rows rows = all.rows();
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) return {};
    auto& ledger_time = meters[rows.integer32(0)];
    if (!rows.null(1)) ledger_time = UtcTime(std::chrono::milliseconds(rows.integer(1)));
  }
}

template <class Work>
Result<void> Store::Impl::in_transaction(Work work) {
  FITHOME_TRY_VOID(roll_back());
  FITHOME_TRY_VOID(sql.begin.run());
  auto written = work();
  if (written) written = sql.commit.run();
  if (!written) (void)roll_back();  // if even this fails, the next one tries again
  return written;
}

Result<Sequence> Store::Impl::append(std::span<const Batch> batches) {
  for (const Batch& batch : batches) FITHOME_TRY_VOID(check_times(batch));
  const auto before = meters;
  Sequence sequence = last;
  auto written = in_transaction([&]() -> Result<void> {
    for (const Batch& batch : batches) {
      FITHOME_TRY_VOID(write(batch, sequence));
      sequence += batch.readings.size();
    }
    return {};
  });
  // What we remember follows what is on disk, never leads it.
  if (!written) {
    meters = before;
    return Failure(std::move(written).error());
  }
  last = sequence;
  return last;
}

Result<void> Store::Impl::name_meter(MeterId meter, std::string_view name) {
  const bool known = meters.contains(meter);
  auto done = in_transaction([&]() -> Result<void> {
    if (!known) FITHOME_TRY_VOID(write_meter(meter));
    return sql.meter_name.bind(meter).bind(name).run();
  });
  if (done) meters[meter];
  return done;
}

/// SQLite may have done so by itself, as when the disk is full.
Result<void> Store::Impl::roll_back() {
  if (!db.in_transaction()) return {};
  return sql.rollback.run();
}

Result<void> Store::Impl::write(const Batch& batch, Sequence sequence) {
  if (!meters.contains(batch.meter)) FITHOME_TRY_VOID(write_meter(batch.meter));
  if (batch.era != nullptr) FITHOME_TRY_VOID(write_era(*batch.era));
  for (const Calibration& calibration : batch.calibrations) {
    FITHOME_TRY_VOID(write_calibration(calibration, sequence + 1));
  }
  for (const reading::Reading& reading : batch.readings) {
    FITHOME_TRY_VOID(write_reading(batch.meter, ++sequence, reading));
  }
  if (batch.ledger != nullptr) FITHOME_TRY_VOID(write_ledger(batch.meter, *batch.ledger));
  // A later batch of the transaction builds on this one.
  auto& ledger_time = meters[batch.meter];
  if (batch.ledger != nullptr) ledger_time = batch.ledger->time;
  return write_events(batch);
}

// What flowed until now was before it, whenever its readings will turn out to have been.
Result<void> Store::Impl::write_era(const Era& era) {
  FITHOME_TRY_VOID(store::write_era(db, era));
  for (const auto& [meter, time] : meters) FITHOME_TRY_VOID(sql.mark.bind(meter).run());
  return {};
}

Result<void> Store::Impl::write_events(const Batch& batch) {
  for (const Event& event : batch.events) {
    const auto end = event.end ? std::optional(ms(*event.end)) : std::nullopt;
    FITHOME_TRY_VOID(sql.event.bind(event.meter)
                         .bind(event.kind)
                         .bind(ms(event.begin))
                         .bind(end)
                         .bind(event.cause)
                         .bind(event.reason)
                         .bind(event.channel ? reading::kChannels[*event.channel].name : "")
                         .bind(event.worst)
                         .run());
  }
  for (const Cursor& cursor : batch.cursors) {
    FITHOME_TRY_VOID(sql.cursor.bind(cursor.name).bind(cursor.taken).run());
  }
  for (const Skew& skew : batch.skews) {
    FITHOME_TRY_VOID(sql.skew.bind(quarter_of(skew.time)).bind(skew.apart.count()).run());
  }
  return {};
}

Result<void> Store::Impl::write_meter(MeterId meter) {
  FITHOME_TRY_VOID(sql.meter.bind(meter).run());
  for (std::size_t id = 0; id < reading::kChannels.size(); ++id) {
    const reading::Channel& channel = reading::kChannels[id];
    const std::string line(channel.line < 0 ? 0 : 1, chip::line_letter(channel.line));
    FITHOME_TRY_VOID(sql.channel.bind(meter)
                         .bind(id)
                         .bind(channel.name)
                         .bind(line)
                         .bind(channel.unit)
                         .bind(channel.decimals)
                         .run());
  }
  return {};
}

Result<void> Store::Impl::write_reading(MeterId meter, Sequence sequence,
                                        const reading::Reading& reading) {
  sql.reading.bind(sequence).bind(meter).bind(ms(reading.time)).bind(reading.flags);
  for (const auto& steps : reading.steps) sql.reading.bind(steps);
  return sql.reading.run();
}

Result<void> Store::Impl::write_calibration(const Calibration& calibration, Sequence first) {
  FITHOME_TRY_VOID(sql.calibration.bind(calibration.meter)
                       .bind(first)
                       .bind(ms(calibration.time))
                       .bind(calibration.kind)
                       .bind(calibration.line)
                       .bind(calibration.reference)
                       .bind(calibration.before)
                       .bind(calibration.after)
                       .bind(calibration.configured)
                       .bind(calibration.error_ppm)
                       .bind(calibration.note)
                       .run());
  if (!calibration.undoes) return {};
  return sql.undone.bind(*calibration.undoes).run();
}

Result<void> Store::Impl::write_ledger(MeterId meter, const reading::Ledger& ledger) {
  const auto found = meters.find(meter);
  const auto before = found != meters.end() ? found->second : std::nullopt;
  const bool boundary_passed = before && quarter_of(*before) != quarter_of(ledger.time);
  if (boundary_passed) FITHOME_TRY_VOID(sql.mark.bind(meter).run());
  sql.ledger.bind(meter).bind(ms(ledger.time));
  each_number(ledger, [this](auto, auto, auto, auto number) { sql.ledger.bind(number); });
  FITHOME_TRY_VOID(sql.ledger.run());
  if (!before) FITHOME_TRY_VOID(sql.mark.bind(meter).run());  // the first ledger there is
  return {};
}

}  // namespace fithome::store
