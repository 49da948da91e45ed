// SPDX-License-Identifier: MIT
//
// The beginning of a block: what it holds, and where.
//
// Shape:   a fixed part, then an entry a column, in the order in which the columns stand behind it.
//          Columns are known by their names: channels.h promises those for ever, and a number only
//          to this program. So a block says itself what it holds, and one with a channel that came
//          later can still be read
// Errors:  corrupt     - no block, or a damaged header
//          unsupported - of a later version of the format
// Source:  docs/block-format.md#header
// Threads: pure functions
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/column_codec.h"
#include "store/store.h"

namespace fithome::store {

/// Regular numbers: that of reading n is first + n * step, modulo 2^64.
struct Grid {
  std::uint64_t first = 0;
  std::uint32_t step = 0;
  friend bool operator==(const Grid&, const Grid&) = default;
};

struct ColumnEntry {
  std::string name;           // of the channel, or one of those below; 1 to 15 characters
  std::uint8_t decimals = 0;  // of a step
  ColumnCode code{};
  std::size_t offset = 0, size = 0;  // from the block's beginning
  std::uint32_t crc = 0;
};

/// What no channel is. Deviations from the grids are of 64 bits: the high half is left out where
/// the low one says it, as a number with sign; both where there are none.
inline constexpr std::string_view kTimeColumn = "time", kTimeHighColumn = "time_high";
inline constexpr std::string_view kSequenceColumn = "sequence";
inline constexpr std::string_view kSequenceHighColumn = "sequence_high";
inline constexpr std::string_view kFlagsColumn = "flags";  // left out where all are 0

struct BlockHeader {
  MeterId meter = kFirstMeter;
  std::size_t count = 0;  // of readings, 1 to kChunkReadings
  Grid time{};            // milliseconds, as in UtcTime
  Grid sequence{};
  std::vector<ColumnEntry> columns;
  std::size_t size = 0;  // bytes; set by read_header
};

/// The number of a column, or columns.size() where there is none.
std::size_t find_column(const BlockHeader& header, std::string_view name);

/// Where the columns' sizes and sums are set, their offsets need not be.
std::vector<std::byte> header_bytes(const BlockHeader& header);

/// `bytes` may go on behind the header. What it says of the columns can be relied upon: their kin
/// stand in front of them, and they behind one another.
Result<BlockHeader> read_header(std::span<const std::byte> bytes);

}  // namespace fithome::store
