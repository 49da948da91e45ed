// SPDX-License-Identifier: MIT
#include "store/unsealed.h"

#include <fmt/format.h>

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

/// The number of the last reading that the journal holds by its own word; nothing where it has no
/// record.
Result<std::optional<Sequence>> last_held(JournalReader& journal, const JournalHeader& header) {
  journal.go_on(chain_start(header));
  std::vector<std::byte> last;
  while (true) {
    FITHOME_TRY(const auto record, journal.next());
    if (record.empty()) break;
    last.assign(record.begin(), record.end());
  }
  if (last.empty()) return std::optional<Sequence>();
  Tail tail(ByteReader(last).varint64(), {});
  (void)tail.apply(last);  // its sum fits
  return std::optional(tail.last());
}

std::string told(const JournalHeader& header) {
  return fmt::format("site {}, generation {}, behind reading {}", header.site, header.generation,
                     header.sequence);
}

// A power cut may leave a header without a record, and an earlier life of the file, but no other.
Result<void> judge_header(JournalReader& journal, const JournalHeader& theirs, Unsealed& to) {
  JournalHeader& ours = to.header;
  if (theirs == ours) return {};
  FITHOME_TRY(const auto last, last_held(journal, theirs));
  to.judged = journal.place();
  if (!last) return {};
  const bool same_site = theirs.site == ours.site;
  const bool same_generation = theirs.generation == ours.generation;
  const bool same_sequence = theirs.sequence == ours.sequence;
  if (same_site && theirs.generation < ours.generation && *last <= ours.sequence) return {};
  to.doubt = fmt::format("journal: {} readings that are not sealed go with {}; the database has {}",
                         *last - theirs.sequence, told(theirs), told(ours));
  // All houses are alike in front of their first block.
  const bool one_differs = same_site + same_generation + same_sequence == 2;
  to.fit = one_differs && (same_site || ours.sequence > 0) ? Fit::mended : Fit::foreign;
  if (to.fit == Fit::mended) ours = theirs;
  return {};
}

// The header alone is damaged, or more than that.
Result<void> judge_records(JournalReader& journal, Unsealed& to) {
  journal.go_on(chain_start(to.header));
  FITHOME_TRY(const auto first, journal.next());
  to.judged = journal.place();
  to.fit = first.empty() ? Fit::foreign : Fit::good;
  to.doubt = first.empty() ? "journal: its header is damaged, and what stands behind it"
                           : "journal: its header is damaged; the next hour brings another";
  return {};
}

Result<Unsealed> begin(const Database& db, JournalReader& journal, const JournalRow& row) {
  FITHOME_TRY(const auto ledgers, read_ledgers(db));
  FITHOME_TRY(const std::string site, read_site(db));
  FITHOME_TRY(const JournalFront front, journal.front());
  Unsealed begun;
  begun.generation = row.generation;
  begun.header = {site, row.generation, row.sequence};
  begun.front = front;
  using Kind = JournalFront::Kind;
  if (front.kind == Kind::whole) FITHOME_TRY_VOID(judge_header(journal, front.header, begun));
  if (front.kind == Kind::damaged) FITHOME_TRY_VOID(judge_records(journal, begun));
  begun.tail = Tail(begun.header.sequence, ledgers);
  begun.end = front.kind == Kind::headless ? chain_start_of_4(site, row.generation)
                                           : chain_start(begun.header);
  return begun;
}

/// Whether what a judgement was made of has changed since: another header, or another record behind
/// one that is not ours.
Result<bool> outdated(JournalReader& journal, const Unsealed& judgement) {
  FITHOME_TRY(const JournalFront front, journal.front());
  if (front != judgement.front) return true;
  if (!judgement.judged) return false;
  journal.go_on(*judgement.judged);
  FITHOME_TRY(const auto record, journal.next());
  return !record.empty();
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
  bool anew = row.generation != to.generation || !to.owed.empty();
  if (!anew && to.tail.records() == 0) {
    FITHOME_TRY(anew, outdated(journal, to));
  }
  if (anew) {
    FITHOME_TRY(to, begin(db, journal, row));
  }
  FITHOME_TRY_VOID(read_on(journal, to));
  if (row.record.empty() || row.number != to.tail.records() + 1) return {};
  FITHOME_TRY_VOID(to.tail.apply(row.record));
  to.owed = row.record;
  return {};
}

}  // namespace fithome::store
