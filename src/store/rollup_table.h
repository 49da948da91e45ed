// SPDX-License-Identifier: MIT
//
// Roll-ups as they stand in readings.db: `minutes`, a row a block, and what follows from these
// alone, `rollup_hour` and `rollup_day`.
//
// Flow:    a block -> its minutes -> added to its hours and days;  a block that changes -> refill
// Shape:   hours are UTC's, days are those of the machine's time zone, 23 to 25 hours long
// Promise: whatever the order in which blocks came, moved and went, all three are what the readings
//          come to; made again they are the same to the byte
// Errors:  those of SQLite; corrupt - damaged minutes, see `fithome store rebuild`
// Threads: pure, but for the connection handed in; what changes anything, inside a transaction
// Source:  docs/store-format.md#roll-ups
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "store/minutes.h"
#include "store/sqlite.h"
#include "store/store.h"

namespace fithome::store {

/// A table of steps of time, and the table of its values.
struct Level {
  std::string_view name, table, values;
  UtcTime (*begin)(UtcTime);  // of the step that a time lies in
  UtcTime (*next)(UtcTime);   // the begin of the step behind the one that begins then
};
extern const Level kHours;
extern const Level kDays;

/// From `from` on, up to and without `to`.
struct Span {
  UtcTime from, to;
  friend bool operator==(const Span&, const Span&) = default;
};

/// For the next block: numbers of blocks that were let go are not given again.
Result<std::int64_t> next_block_id(const Database& db);

/// Of a block that is new.
Result<void> keep_rollups(const Database& db, MeterId meter, std::int64_t block,
                          const Chunk& readings);

/// The minutes of a block whose readings are others now, or that lost its minutes. Its hours and
/// days are to be filled again.
Result<void> replace_minutes(const Database& db, MeterId meter, std::int64_t block,
                             const Chunk& readings);

/// Hours and days that touch the span, from their minutes.
Result<void> refill(const Database& db, MeterId meter, const Span& span);

/// How many of the kept days begin at no midnight of this time zone.
Result<std::size_t> foreign_days(const Database& db);
/// Makes the days anew if they are not those of this time zone.
Result<void> mend_days(const Database& db);

/// The minutes of each row that begin within the span, as they stand in the table.
Result<void> each_minutes(const Database& db, MeterId meter, const Span& span,
                          std::span<const reading::ChannelId> channels,
                          const std::function<void(const Minutes&, std::size_t row)>& take);

/// All minutes that are not what their block's readings come to, then all hours and days.
/// Minutes whose block is damaged, or was let go, stay.
Result<Rebuilt> rebuild_all(const Database& db, const Went& went);

}  // namespace fithome::store
