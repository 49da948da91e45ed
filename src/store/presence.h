// SPDX-License-Identifier: MIT
//
// Which readings of a block have a value of a channel, where some have and some have not.
//
// Shape:   1 or 0 a reading, as in Column::present. Kept as lengths of runs, or as a bit each,
//          whichever is shorter: a line that is dead for an hour costs a few bytes
// Source:  docs/block-format.md#presence
// Threads: pure functions
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "store/byte_reader.h"

namespace fithome::store {

void append_presence(std::span<const std::uint8_t> present, std::vector<std::byte>& out);

/// Sets all of `present`. Returns what is wrong with the bytes, or nothing.
std::string_view read_presence(ByteReader& bytes, std::span<std::uint8_t> present);

}  // namespace fithome::store
