// SPDX-License-Identifier: MIT
//
// A store of format 1 or 2 kept each reading as a row: they become blocks.
//
// Flow:    table `reading` -> blocks; the table is gone then
// Errors:  those of SQLite
// Threads: pure, but for the connection handed in
#pragma once

#include "store/sqlite.h"

namespace fithome::store {

/// Inside a transaction, the tables of format 3 made.
Result<void> rows_to_blocks(const Database& db);

}  // namespace fithome::store
