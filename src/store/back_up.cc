// SPDX-License-Identifier: MIT
//
// A copy is a store like any other: what stands in the journal is sealed in it. So the next copy
// finds blocks that the store itself never had, and drops them.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "store/lock.h"
#include "store/reader_impl.h"
#include "store/rollup_table.h"
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

// What is copied row by row, and only where it is not there yet.
struct Sealed {
  const char* table;
  std::string_view columns;  // number, meter, first and last time, data; and others
};
constexpr Sealed kBlocks{
    "block", "id, meter, first_ms, last_ms, data, first_sequence, last_sequence, count"};
constexpr Sealed kMinutes{"minutes", "block, meter, first_ms, last_ms, data"};

// What tells one from another: its first bytes hold a sum of all of it, or of its head, and that
// has a sum of each column.
struct Head {
  MeterId meter = 0;
  Span span{};
  std::array<std::byte, 8> bytes{};
  friend bool operator==(const Head&, const Head&) = default;
};
using Heads = std::map<std::int64_t, Head>;

Result<Heads> heads_of(const Database& db, const Sealed& of) {
  FITHOME_TRY(Statement query,
              db.prepare(fmt::format("SELECT {} FROM {}",
                                     of.columns.substr(0, of.columns.find(", data")), of.table)));
  Rows rows = query.rows();
  Heads heads;
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) return heads;
    Head& head = heads[rows.integer(0)];
    head.meter = rows.integer32(1);
    head.span = {from_ms(rows.integer(2)), from_ms(rows.integer(3))};
    FITHOME_TRY(const Blob data, db.blob(of.table, "data", rows.integer(0)));
    if (data.size() >= head.bytes.size()) FITHOME_TRY_VOID(data.read(head.bytes, 0));
  }
}

// What rows of the copy came or went: how many were there and stay, and of what times the others
// are.
struct Copied {
  std::uint64_t copied = 0, kept = 0;
  std::map<MeterId, Span> changed = {};

  void change(const Head& head) {
    Span& span = changed.try_emplace(head.meter, head.span).first->second;
    span.from = std::min(span.from, head.span.from);
    span.to = std::max(span.to, head.span.to);
  }
};

Result<Copied> copy_sealed(const Database& from, const Database& to, const Sealed& of,
                           const Went& went) {
  FITHOME_TRY(const Heads wanted, heads_of(from, of));
  FITHOME_TRY(const Heads there, heads_of(to, of));
  const std::string_view key = of.columns.substr(0, of.columns.find(','));
  FITHOME_TRY(Statement remove,
              to.prepare(fmt::format("DELETE FROM {} WHERE {} = ?", of.table, key)));
  Copied done;
  for (const auto& [id, head] : there) {
    const auto same = wanted.find(id);
    if (same != wanted.end() && same->second == head) continue;
    FITHOME_TRY_VOID(remove.bind(id).run());
    done.change(head);
  }
  FITHOME_TRY(Statement query, from.prepare(fmt::format("SELECT {} FROM {} WHERE {} = ?",
                                                        of.columns, of.table, key)));
  const auto columns = 1 + static_cast<int>(std::ranges::count(of.columns, ','));
  FITHOME_TRY(Statement insert, to.prepare(fmt::format("INSERT INTO {}({}) VALUES({})", of.table,
                                                       of.columns, placeholders(columns))));
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
    for (int column = 0; column < columns; ++column) insert.bind(rows, column);
    FITHOME_TRY_VOID(insert.run());
    done.change(head);
    ++done.copied;
  }
  return done;
}

// All at once into a new copy; into one that is there, what the changed minutes come to.
Result<void> copy_rollups(const Database& from, const Database& to, const Copied& minutes) {
  if (minutes.kept > 0) {
    for (const auto& [meter, span] : minutes.changed) {
      FITHOME_TRY_VOID(refill(to, meter, span));
    }
    return mend_days(to);
  }
  for (const Level* level : {&kHours, &kDays}) {
    FITHOME_TRY_VOID(copy_rows(from, to, level->table));
    FITHOME_TRY_VOID(copy_rows(from, to, level->values));
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
    FITHOME_TRY(const Copied blocks, copy_sealed(impl_->db, *copy, kBlocks, went));
    done.copied = blocks.copied;
    done.kept = blocks.kept;
    FITHOME_TRY(const Copied minutes,
                copy_sealed(impl_->db, *copy, kMinutes, [&went](double) { return went(1); }));
    FITHOME_TRY_VOID(copy_rollups(impl_->db, *copy, minutes));
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

}  // namespace fithome::store
