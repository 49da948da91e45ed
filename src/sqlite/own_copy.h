// SPDX-License-Identifier: MIT
//
// Whether a program's SQLite is the one that the store uses.
//
// Threads: pure function
#pragma once

namespace fithome::sqlite {

/// Asked with the program's sqlite3_libversion_number.
bool is_own_copy(int (*version_number)());

}  // namespace fithome::sqlite
