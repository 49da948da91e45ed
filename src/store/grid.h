// SPDX-License-Identifier: MIT
//
// Times and sequence numbers as what they differ from regular ones.
//
// Shape:   numbers of 64 bits, any of them; a difference is two columns of 32, see block_header.h
// Exact:   all sums and products modulo 2^64
// Threads: pure functions
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "store/block_header.h"

namespace fithome::store {

/// The grid most of the numbers are near: its step is the median of theirs.
Grid fit_grid(std::span<const std::uint64_t> numbers);

struct Deviations {
  std::vector<std::int32_t> low, high;  // each empty where it can be left out
};
Deviations deviations(const Grid& grid, std::span<const std::uint64_t> numbers);

/// The other way; `low` and `high` are as long as `out`, or empty.
void add_grid(const Grid& grid, std::span<const std::int32_t> low,
              std::span<const std::int32_t> high, std::span<std::uint64_t> out);

}  // namespace fithome::store
