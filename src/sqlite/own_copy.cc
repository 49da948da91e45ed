// SPDX-License-Identifier: MIT
//
// A source of its own: sqlite3ext.h makes macros of all of SQLite's names.
#include "sqlite/own_copy.h"

#include <sqlite3.h>

namespace fithome::sqlite {

bool is_own_copy(int (*version_number)()) { return version_number == &sqlite3_libversion_number; }

}  // namespace fithome::sqlite
