// SPDX-License-Identifier: MIT
//
// The block codec once more, for tests: slow, and as the document says it, one sentence after the
// other. It shares no code with the real one but the table of channels.
//
// Shape:   columns by name, in the order in which they stand in the block; a number or nothing
// Errors:  throws std::exception at anything that is wrong
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/store.h"

namespace fithome::store::naive {

using Bytes = std::vector<std::byte>;
using Values = std::vector<std::optional<std::int32_t>>;

struct Code {
  int predictor = 1;
  int relation = 0;
  std::vector<int> operands = {};
};
struct NamedColumn {
  std::string name;
  int decimals = 0;
  Code code = {};
  Values values = {};
};
struct Block {
  std::int32_t meter = 1;
  std::uint64_t first_ms = 0;
  std::uint32_t interval_ms = 0;
  std::uint64_t first_sequence = 0;
  std::uint32_t stride = 0;
  std::size_t count = 0;
  std::vector<NamedColumn> columns = {};
};

/// The width of a group: anything that holds its numbers, as a test likes it.
using ChooseWidth = std::function<int(std::span<const std::uint32_t> group)>;
/// The least width that is shortest, by trying all.
int best_width(std::span<const std::uint32_t> group);

Bytes encode(const Block& block, const ChooseWidth& choose = best_width);
Block decode(const Bytes& bytes);

/// A decoded block as the store's columns, to be compared with those of the real decoder.
Chunk to_chunk(const Block& block, std::span<const reading::ChannelId> channels);

/// The sum that stands in blocks, bit by bit.
std::uint32_t crc(std::span<const std::byte> bytes);

}  // namespace fithome::store::naive
