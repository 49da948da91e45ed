// SPDX-License-Identifier: MIT
//
// A shared object of our own, loaded only where the configuration asks for what it does: its
// libraries cost no memory elsewhere. It is built together with the program and shares its C++
// types; by its entry it says no to a program of another version.
//
// Errors:  not_found - it is not installed, or does not load; says which package has it
// Threads: any
#pragma once

#include <string>

#include "base/result.h"

namespace fithome {

struct Module {
  std::string file;     // "libfithome_mongodb.so"
  std::string entry;    // the function it is entered by
  std::string package;  // that has it
};

/// The address of its entry. Once loaded it stays. Looks beside the program, then in
/// /usr/lib/fithome.
Result<void*> load_module(const Module& module);

/// unsupported: what its entry's no means.
Failure other_version(const Module& module);

}  // namespace fithome
