// SPDX-License-Identifier: MIT
#include "store/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "base/log.h"
#include "store/era.h"
#include "store/journal.h"
#include "store/lock.h"
#include "store/rollup_table.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/stamp.h"
#include "store/tables.h"
#include "store/unsealed.h"

namespace fithome::store {
namespace {

// FULL: each commit is on the disk. There are few: an hour's seal, an event. The cache is small:
// the writer touches the same few pages.
constexpr const char* kPragmas =
    "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -1024;"
    "PRAGMA mmap_size = 0; PRAGMA secure_delete = OFF; PRAGMA wal_autocheckpoint = 250;"
    "PRAGMA journal_size_limit = 16777216";

/// Blocks at once: the writer is not held up for long.
constexpr int kMostLetGo = 500;

/// 1970 to 9999: what a calendar can write, with room to reckon in.
constexpr UtcTime kEarliest{};
constexpr UtcTime kLatest{std::chrono::milliseconds(253'402'300'799'999)};

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

/// More than readings, ledgers and skews: things the database keeps, not the journal.
bool for_database(const Batch& batch) {
  return batch.era != nullptr || !batch.events.empty() || !batch.cursors.empty() ||
         !batch.calibrations.empty();
}

bool empty(const Batch& batch) {
  return batch.readings.empty() && batch.ledger == nullptr && batch.skews.empty() &&
         !for_database(batch);
}

}  // namespace

struct Store::Impl {
  std::filesystem::path file;
  Lock lock;  // given back last
  Database db;
  Journal journal;
  std::string site;
  std::set<MeterId> meters;  // the database's
  Unsealed unsealed;
  std::optional<Error> seal_error;  // of the last try; tried again by sync()

  Result<void> load();
  Result<Sequence> append(std::span<const Batch> batches);
  Result<void> sync();
  Result<void> name_meter(MeterId meter, std::string_view name);
  Result<void> restamp(const Restamp& restamp);
  Result<std::uint64_t> let_go(UtcTime before);

 private:
  template <class Work>
  Result<void> in_transaction(Work work);
  Result<void> go_on();
  Result<void> mend();
  Result<void> pay_what_is_owed();
  Result<std::vector<std::byte>> make_record(std::span<const Batch> batches);
  Result<void> commit_first(std::span<const Batch> batches, const std::vector<std::byte>& record);
  Result<void> seal();
  bool knows_all(std::span<const Batch> batches) const;
};

namespace {

/// Nothing in the file is touched before it is known to be ours.
Result<Database> open_database(const std::filesystem::path& file) {
  FITHOME_TRY(Database db, Database::open(file, Access::write));
  if (!db.writable()) return not_writable(file, EACCES);
  db.checkpoint_on_close(false);
  FITHOME_TRY(const State state, inspect(db, file));
  db.checkpoint_on_close(true);
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
  if (auto whole = check_tables(db); !whole) {
    return Failure(explain(std::move(whole).error(), file));
  }
  return db;
}

/// It stays under a name of its own; nothing is written over.
Result<void> put_aside(const std::filesystem::path& journal, std::string_view why) {
  std::filesystem::path aside;
  for (int n = 1; aside.empty() || std::filesystem::exists(aside); ++n) {
    aside = fmt::format("{}-aside-{}", journal.string(), n);
  }
  log_error("store: {}: it is put aside as {}, keep it", why, aside.string());
  std::error_code error;
  std::filesystem::rename(journal, aside, error);
  if (error) return os_failure(Code::transient, "rename " + journal.string(), error.value());
  return sync_directory(journal.parent_path());
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
  FITHOME_TRY(Journal journal, Journal::open(whole / kJournalName));
  auto impl = std::make_unique<Impl>(file, std::move(lock), std::move(db), std::move(journal));
  if (auto loaded = impl->load(); !loaded) {
    return Failure(explain(std::move(loaded).error(), file));
  }
  FITHOME_TRY_VOID(sync_directory(whole));  // the journal's name
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
  auto done = impl_->sync();
  if (!done) return within("store: sync", std::move(done).error());
  return done;
}

const std::optional<Error>& Store::seal_error() const { return impl_->seal_error; }

Result<std::uint64_t> Store::let_go(UtcTime before) {
  auto done = impl_->let_go(before);
  if (!done) return within("store: let old readings go", std::move(done).error());
  return done;
}

Result<void> Store::restamp(const Restamp& restamp) {
  auto done = impl_->restamp(restamp);
  if (done) return done;
  return within("store: put times right", std::move(done).error());
}

Result<void> Store::Impl::load() {
  const std::filesystem::path at = file.parent_path() / kJournalName;
  FITHOME_TRY(JournalReader reader, JournalReader::open(at));
  FITHOME_TRY(unsealed, read_unsealed(db, reader));
  if (unsealed.fit == Fit::mended) FITHOME_TRY_VOID(mend());
  if (unsealed.fit == Fit::foreign) {
    FITHOME_TRY_VOID(put_aside(at, unsealed.doubt));
    FITHOME_TRY(journal, Journal::open(at));
  }
  site = unsealed.header.site;
  FITHOME_TRY(const auto ids, meter_ids(db));
  meters = {ids.begin(), ids.end()};
  FITHOME_TRY_VOID(go_on());
  return in_transaction([this] { return mend_days(db); });
}

// Where a journal has no header yet, what it holds becomes blocks, and the next has one.
Result<void> Store::Impl::go_on() {
  const bool headless = unsealed.front.kind == JournalFront::Kind::headless;
  if (headless && unsealed.tail.records() > 0) return seal();
  if (headless || unsealed.end.at == chain_start(unsealed.header).at) {
    journal.begin(unsealed.header);
  } else {
    journal.go_on(unsealed.end);
  }
  return {};
}

/// The database's own word, as the journal has it.
Result<void> Store::Impl::mend() {
  const JournalHeader& header = unsealed.header;
  log_warning("store: {}; put right by what the journal says, which has a sum", unsealed.doubt);
  const auto mended = in_transaction([&]() -> Result<void> {
    FITHOME_TRY(Statement meta, db.prepare("UPDATE meta SET value = ? WHERE key = 'site'"));
    FITHOME_TRY_VOID(meta.bind(header.site).run());
    FITHOME_TRY(Statement row, db.prepare("UPDATE journal SET generation = ?, sequence = ?"));
    return row.bind(header.generation).bind(header.sequence).run();
  });
  if (!mended) return mended;
  unsealed.generation = header.generation;
  unsealed.fit = Fit::good;
  return {};
}

template <class Work>
Result<void> Store::Impl::in_transaction(Work work) {
  FITHOME_TRY_VOID(db.execute("BEGIN IMMEDIATE"));
  Result<void> done = work();
  if (done) done = db.execute("COMMIT");
  // SQLite may have rolled back by itself, as when the disk is full.
  if (!done && db.in_transaction()) (void)db.execute("ROLLBACK");
  return done;
}

bool Store::Impl::knows_all(std::span<const Batch> batches) const {
  return std::ranges::all_of(batches,
                             [this](const Batch& batch) { return meters.contains(batch.meter); });
}

// A batch becomes safe in one of two ways. Of readings alone, by its record in the journal. One
// with more, by a commit that holds its record too: that one follows into the journal, now or
// when the store is opened next.
Result<Sequence> Store::Impl::append(std::span<const Batch> batches) {
  for (const Batch& batch : batches) FITHOME_TRY_VOID(check_times(batch));
  const bool known = knows_all(batches);
  if (known && std::ranges::all_of(batches, empty)) return unsealed.tail.last();
  FITHOME_TRY_VOID(pay_what_is_owed());
  FITHOME_TRY(const auto record, make_record(batches));
  if (!known || std::ranges::any_of(batches, for_database)) {
    FITHOME_TRY_VOID(commit_first(batches, record));
    for (const Batch& batch : batches) meters.insert(batch.meter);
    unsealed.owed = record;
    (void)pay_what_is_owed();  // it is safe already
  } else {
    FITHOME_TRY_VOID(journal.append(record));
  }
  FITHOME_TRY_VOID(unsealed.tail.apply(record));
  if (unsealed.tail.longest() < kChunkReadings || seal_error) return unsealed.tail.last();
  if (auto sealed = seal(); !sealed) seal_error = std::move(sealed).error();
  return unsealed.tail.last();
}

Result<void> Store::Impl::pay_what_is_owed() {
  if (unsealed.owed.empty()) return {};
  FITHOME_TRY_VOID(journal.append(unsealed.owed));
  unsealed.owed.clear();
  return {};
}

/// A record, and room for it. Where the journal finds none, sealing makes some.
Result<std::vector<std::byte>> Store::Impl::make_record(std::span<const Batch> batches) {
  auto record = unsealed.tail.encode(batches);
  if (journal.reserve(record.size())) return record;
  FITHOME_TRY_VOID(seal());
  record = unsealed.tail.encode(batches);
  FITHOME_TRY_VOID(journal.reserve(record.size()));
  return record;
}

// What the database says must not be ahead of the readings that a power cut leaves.
Result<void> Store::Impl::commit_first(std::span<const Batch> batches,
                                       const std::vector<std::byte>& record) {
  FITHOME_TRY_VOID(journal.sync());
  return in_transaction([&]() -> Result<void> {
    Sequence sequence = unsealed.tail.last();
    std::set<MeterId> known = meters;  // a new one may come with several batches
    for (const Batch& batch : batches) {
      if (known.insert(batch.meter).second) FITHOME_TRY_VOID(keep_meter(db, batch.meter));
      FITHOME_TRY_VOID(keep_for_database(db, batch, sequence + 1));
      sequence += batch.readings.size();
    }
    return keep_record(db, unsealed.tail.records() + 1, record);
  });
}

Result<void> Store::Impl::seal() {
  const Tail& tail = unsealed.tail;
  FITHOME_TRY_VOID(in_transaction([&] { return keep_tail(db, tail); }));
  std::map<MeterId, reading::Ledger> ledgers;
  for (const auto& [id, of] : tail.meters()) {
    if (of.latest.ledger) ledgers[id] = *of.latest.ledger;
  }
  Unsealed next;
  next.generation = unsealed.generation + 1;
  next.header = {site, next.generation, tail.last()};
  next.tail = Tail(tail.last(), ledgers);
  next.end = chain_start(next.header);
  unsealed = std::move(next);
  journal.begin(unsealed.header);
  seal_error.reset();
  return {};
}

Result<void> Store::Impl::sync() {
  FITHOME_TRY_VOID(pay_what_is_owed());
  FITHOME_TRY_VOID(journal.sync());
  if (!seal_error) return {};
  if (auto sealed = seal(); !sealed) seal_error = std::move(sealed).error();
  return {};
}

// Blocks whose minutes are not there would be lost altogether.
Result<std::uint64_t> Store::Impl::let_go(UtcTime before) {
  std::int64_t readings = 0;
  FITHOME_TRY_VOID(in_transaction([&]() -> Result<void> {
    const std::string old = fmt::format(
        "(SELECT id FROM block WHERE last_ms < {} AND id IN (SELECT block FROM minutes)"
        " ORDER BY id LIMIT {})",
        ms(before), kMostLetGo);
    FITHOME_TRY(readings, db.integer("SELECT ifnull(sum(count), 0) FROM block WHERE id IN " + old));
    return db.execute("DELETE FROM block WHERE id IN " + old);
  }));
  return static_cast<std::uint64_t>(readings);
}

Result<void> Store::Impl::name_meter(MeterId meter, std::string_view name) {
  auto done = in_transaction([&]() -> Result<void> {
    if (!meters.contains(meter)) FITHOME_TRY_VOID(keep_meter(db, meter));
    FITHOME_TRY(Statement update, db.prepare("UPDATE meter SET name = ?2 WHERE id = ?1"));
    return update.bind(meter).bind(name).run();
  });
  if (done) meters.insert(meter);
  return done;
}

Result<void> Store::Impl::restamp(const Restamp& restamp) {
  if (unsealed.tail.records() > 0) FITHOME_TRY_VOID(seal());
  FITHOME_TRY_VOID(in_transaction([&] { return store::restamp(db, restamp); }));
  return load();  // the ledgers' times have moved
}

}  // namespace fithome::store
