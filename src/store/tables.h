// SPDX-License-Identifier: MIT
//
// What the writer puts into the tables of readings.db. Inside a transaction, all of it.
//
// Errors:  those of SQLite
// Threads: pure, but for the connection handed in
// Source:  docs/store-format.md
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "store/sqlite.h"
#include "store/store.h"
#include "store/tail.h"

namespace fithome::store {

/// A new meter, with its channels.
Result<void> keep_meter(const Database& db, MeterId meter);

/// Era, calibrations, events and cursors of a batch; `first` is the number of its first reading.
Result<void> keep_for_database(const Database& db, const Batch& batch, Sequence first);

/// The record of such a batch, until it stands in the journal: its `number`th.
Result<void> keep_record(const Database& db, std::int64_t number,
                         std::span<const std::byte> record);

/// Blocks, ledgers, marks and skews. The journal is of another generation then.
Result<void> keep_tail(const Database& db, const Tail& tail);

}  // namespace fithome::store
