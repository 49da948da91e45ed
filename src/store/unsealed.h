// SPDX-License-Identifier: MIT
//
// Where database and journal meet: what the journal holds beyond what the database has sealed.
//
// Flow:    the database says which journal it goes with, the journal's header which database ->
//          Fit -> the records -> Unsealed -> writer, readers
// Errors:  those of Database, JournalReader and Tail
// Threads: one
// Source:  docs/store-format.md#journal
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/journal.h"
#include "store/sqlite.h"
#include "store/tail.h"

namespace fithome::store {

/// The one row of the table `journal`.
struct JournalRow {
  std::int64_t generation = 0;
  Sequence sequence = 0;  // of the last reading that is sealed
  /// A batch with more than readings is committed here first; its record follows into the file.
  std::int64_t number = 0;  // of that record, from 1
  std::vector<std::byte> record;
};
Result<JournalRow> read_journal_row(const Database& db);

/// Whether database and journal belong together.
enum class Fit : std::uint8_t {
  good,     // they do, or the journal holds nothing that is not sealed
  mended,   // of what both say, one number or the site differs: the database's is damaged
  foreign,  // the journal holds readings, and they are not of this database
};

struct Unsealed {
  std::int64_t generation = -1;  // the database's
  JournalHeader header;          // what the records follow: the database's, or as mended
  JournalFront front;            // what the file began with when it was judged
  /// Behind what the judgement was made of, where that is not ours: more there may change it.
  std::optional<JournalPlace> judged;
  Fit fit = Fit::good;
  std::string doubt;  // what is wrong, where something is
  Tail tail{0, {}};
  JournalPlace end;             // of the file, behind the last record taken from it
  std::vector<std::byte> owed;  // a record that is in the tail, but not yet in the file
};

/// The unsealed readings as they stand, from the beginning of the journal; none where it is
/// foreign.
Result<Unsealed> read_unsealed(const Database& db, JournalReader& journal);
/// Goes on where `to` was read to; begins anew where it has been sealed since.
Result<void> catch_up(const Database& db, JournalReader& journal, Unsealed& to);

}  // namespace fithome::store
