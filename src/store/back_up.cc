// SPDX-License-Identifier: MIT
//
// A copy is a store like any other: what stands in the journal is sealed in it. So the next copy
// finds blocks that the store itself never had, and drops them.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "store/lock.h"
#include "store/reader_impl.h"
#include "store/tables.h"

namespace fithome::store {
namespace {

// All but blocks and journal: small, or at least not large.
constexpr std::array<std::string_view, 9> kSmall{
    "meta", "meter", "channel", "ledger", "ledger_mark", "event", "cursor", "calibration", "skew"};

Failure stopped() { return fail(Code::transient, "stopped; the copy is as it was"); }

Result<void> copy_rows(const Database& from, const Database& to, std::string_view table) {
  FITHOME_TRY_VOID(to.execute(fmt::format("DELETE FROM {}", table)));
  FITHOME_TRY(Statement query, from.prepare(fmt::format("SELECT * FROM {}", table)));
  Rows rows = query.rows();
  FITHOME_TRY(Statement insert, to.prepare(fmt::format("INSERT INTO {} VALUES({})", table,
                                                       placeholders(rows.columns()))));
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) return {};
    for (int column = 0; column < rows.columns(); ++column) insert.bind(rows, column);
    FITHOME_TRY_VOID(insert.run());
  }
}

// What tells one block from another: its first bytes hold a sum of its head, and that has a sum of
// each column.
struct Head {
  std::array<std::int64_t, 3> numbers;  // meter, first and last reading
  std::array<std::byte, 8> bytes;
  friend bool operator==(const Head&, const Head&) = default;
};
using Heads = std::map<std::int64_t, Head>;

Result<Heads> heads_of(const Database& db) {
  FITHOME_TRY(Statement query,
              db.prepare("SELECT id, meter, first_sequence, last_sequence FROM block"));
  Rows rows = query.rows();
  Heads heads;
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) return heads;
    Head& head = heads[rows.integer(0)];
    head.numbers = {rows.integer(1), rows.integer(2), rows.integer(3)};
    FITHOME_TRY(const Blob data, db.blob("block", "data", rows.integer(0)));
    if (data.size() >= head.bytes.size()) FITHOME_TRY_VOID(data.read(head.bytes, 0));
  }
}

Result<void> copy_blocks(const Database& from, const Database& to, const Went& went,
                         BackedUp& done) {
  FITHOME_TRY(const Heads wanted, heads_of(from));
  FITHOME_TRY(const Heads there, heads_of(to));
  FITHOME_TRY(Statement remove, to.prepare("DELETE FROM block WHERE id = ?"));
  for (const auto& [id, head] : there) {
    const auto same = wanted.find(id);
    if (same == wanted.end() || same->second != head) FITHOME_TRY_VOID(remove.bind(id).run());
  }
  FITHOME_TRY(Statement query,
              from.prepare("SELECT id, meter, first_sequence, last_sequence, first_ms,"
                           " last_ms, count, data FROM block WHERE id = ?"));
  FITHOME_TRY(Statement insert,
              to.prepare("INSERT INTO block(id, meter, first_sequence, last_sequence,"
                         " first_ms, last_ms, count, data) VALUES(?,?,?,?,?,?,?,?)"));
  for (const auto& [id, head] : wanted) {
    if (!went(static_cast<double>(done.copied + done.kept) / static_cast<double>(wanted.size()))) {
      return stopped();
    }
    if (const auto same = there.find(id); same != there.end() && same->second == head) {
      ++done.kept;
      continue;
    }
    Rows rows = query.bind(id).rows();
    FITHOME_TRY([[maybe_unused]] const bool found, rows.next());
    for (int column = 0; column < rows.columns(); ++column) insert.bind(rows, column);
    FITHOME_TRY_VOID(insert.run());
    ++done.copied;
  }
  return {};
}

// Empty, or an earlier copy of the same site.
Result<Database> open_copy(const std::filesystem::path& file, const std::string& site) {
  if (const auto journal = file.parent_path() / kJournalName; std::filesystem::exists(journal)) {
    return fail(Code::invalid,
                fmt::format("{} is there: a daemon has written here, so this is no copy; name "
                            "another directory",
                            journal.string()));
  }
  FITHOME_TRY(Database db, Database::open(file, Access::write));
  FITHOME_TRY(const State state, inspect(db, file));
  FITHOME_TRY_VOID(
      db.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                 "PRAGMA cache_size = -2048; PRAGMA temp_store = MEMORY"));
  if (state == State::empty) {
    FITHOME_TRY_VOID(create(db));
    return db;
  }
  if (state == State::older) FITHOME_TRY_VOID(bring_along(db));
  FITHOME_TRY(const std::string other, read_site(db));
  if (other == site) return db;
  return fail(Code::invalid,
              fmt::format("{} is the store of another house (site {}, not {}); name another "
                          "directory",
                          file.string(), other, site));
}

}  // namespace

Result<BackedUp> Reader::back_up(const std::filesystem::path& to, const Went& went) const {
  const std::filesystem::path whole = std::filesystem::absolute(to);
  std::error_code error;
  if (std::filesystem::equivalent(whole, impl_->file.parent_path(), error)) {
    return fail(Code::invalid,
                fmt::format("{} is the store itself; name another directory", whole.string()));
  }
  FITHOME_TRY_VOID(make_directory(whole));
  FITHOME_TRY(const Lock lock, Lock::take(whole));
  const std::filesystem::path file = whole / kFileName;
  FITHOME_TRY(const std::string site, read_site(impl_->db));
  auto copy = open_copy(file, site);
  if (!copy) return Failure(explain(std::move(copy).error(), file));

  BackedUp done;
  FITHOME_TRY(const View view, impl_->view());
  FITHOME_TRY_VOID(copy->execute("BEGIN IMMEDIATE"));
  const auto fill = [&]() -> Result<void> {
    for (const std::string_view table : kSmall)
      FITHOME_TRY_VOID(copy_rows(impl_->db, *copy, table));
    FITHOME_TRY_VOID(copy_blocks(impl_->db, *copy, went, done));
    return keep_tail(*copy, view.tail());
  };
  Result<void> filled = fill();
  if (filled) filled = copy->execute("COMMIT");
  if (!filled) {
    if (copy->in_transaction()) (void)copy->execute("ROLLBACK");
    return within("back up to " + whole.string(), std::move(filled).error());
  }
  FITHOME_TRY_VOID(copy->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  FITHOME_TRY_VOID(sync_directory(whole));
  done.readings = view.tail().last();
  done.bytes = std::filesystem::file_size(file, error);
  went(1);
  return done;
}

Result<void> check_free(const std::filesystem::path& directory) {
  FITHOME_TRY_VOID(Lock::take(std::filesystem::absolute(directory)));
  return {};
}

Result<void> compact(const std::filesystem::path& directory) {
  const std::filesystem::path whole = std::filesystem::absolute(directory);
  const std::filesystem::path file = whole / kFileName;
  FITHOME_TRY_VOID(Reader::open(whole));
  FITHOME_TRY(const Lock lock, Lock::take(whole));
  FITHOME_TRY(const Database db, Database::open(file, Access::write));
  auto done = db.execute("PRAGMA synchronous = FULL; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  if (!done) return Failure(explain(std::move(done).error(), file));
  return {};
}

}  // namespace fithome::store
