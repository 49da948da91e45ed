// SPDX-License-Identifier: MIT
//
// What must hold whatever the bytes are: else the fuzzer has found something.
#pragma once

#include <cstdlib>

inline void check(bool holds) {
  if (!holds) std::abort();
}
