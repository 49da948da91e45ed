// SPDX-License-Identifier: MIT
#include "store/unsealed.h"

#include "store/schema.h"
#include "store/stamp.h"

namespace fithome::store {
namespace {

Result<std::map<MeterId, reading::Ledger>> read_ledgers(const Database& db) {
  FITHOME_TRY(Statement query, db.prepare("SELECT " + ledger_columns() + " FROM ledger"));
  Rows rows = query.rows();
  std::map<MeterId, reading::Ledger> ledgers;
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) return ledgers;
    ledgers[rows.integer32(0)] = read_ledger(rows);
  }
}

/// Applies what the file holds from `to.end` on.
Result<void> read_on(JournalReader& journal, Unsealed& to) {
  journal.go_on(to.end);
  while (true) {
    FITHOME_TRY(const auto record, journal.next());
    if (record.empty()) return {};
    FITHOME_TRY_VOID(to.tail.apply(record));
    to.end = journal.place();
  }
}

}  // namespace

Result<JournalRow> read_journal_row(const Database& db) {
  FITHOME_TRY(Statement query,
              db.prepare("SELECT generation, sequence, number, record FROM journal"));
  Rows rows = query.rows();
  FITHOME_TRY(const bool found, rows.next());
  if (!found) return fail(Code::corrupt, "the table \"journal\" is empty");
  JournalRow row;
  row.generation = rows.integer(0);
  row.sequence = static_cast<Sequence>(rows.integer(1));
  row.number = rows.integer(2);
  row.record = rows.blob(3);
  return row;
}

Result<Unsealed> read_unsealed(const Database& db, JournalReader& journal) {
  Unsealed unsealed;
  FITHOME_TRY_VOID(catch_up(db, journal, unsealed));
  return unsealed;
}

Result<void> catch_up(const Database& db, JournalReader& journal, Unsealed& to) {
  FITHOME_TRY(const JournalRow row, read_journal_row(db));
  // What was owed may stand in the file by now, which is read from its own end on.
  if (row.generation != to.generation || !to.owed.empty()) {
    FITHOME_TRY(const auto ledgers, read_ledgers(db));
    FITHOME_TRY(const std::string site, read_site(db));
    to = Unsealed{
        row.generation, Tail(row.sequence, ledgers), chain_start(site, row.generation), {}};
  }
  FITHOME_TRY_VOID(read_on(journal, to));
  if (row.record.empty() || row.number != to.tail.records() + 1) return {};
  FITHOME_TRY_VOID(to.tail.apply(row.record));
  to.owed = row.record;
  return {};
}

}  // namespace fithome::store
