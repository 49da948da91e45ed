// SPDX-License-Identifier: MIT
//
// What a thread says of itself to the system.
//
// Threads: each its own
#pragma once

#include <string>

namespace fithome {

/// As debuggers and `ps -L` show it: the first 15 letters.
void name_this_thread(const std::string& name);

/// How far it gives way to others, 19 the most; below 0 before them, where that is allowed, else it
/// stays as it is. Of this thread alone, as Linux has it.
void nice_this_thread(int nice);

}  // namespace fithome
