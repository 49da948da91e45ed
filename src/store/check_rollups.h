// SPDX-License-Identifier: MIT
//
// Kept hours and days beside what the kept minutes come to: tables have no sums of their own. Days
// of another time zone than this process's are left out.
//
// Errors:  those of SQLite; what is wrong is named in `found`, up to twenty steps a level
// Memory:  a thousand hours, some 700 KB
// Threads: pure, but for the connection handed in, inside a transaction
#pragma once

#include <span>

#include "store/sqlite.h"
#include "store/store.h"

namespace fithome::store {

Result<void> check_rollups(const Database& db, std::span<const MeterId> meters, Checked& found);

}  // namespace fithome::store
