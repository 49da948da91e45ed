// SPDX-License-Identifier: MIT
//
// Chunks made, and rows taken from them.
//
// Shape:   all columns of a chunk are of one length
// Threads: pure functions
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "reading/reading.h"
#include "store/store.h"

namespace fithome::store {

/// No readings, of these channels.
inline Chunk empty_chunk(std::span<const reading::ChannelId> channels) {
  Chunk chunk;
  for (const reading::ChannelId id : channels) chunk.columns.push_back({id, {}, {}});
  return chunk;
}

using RowNumbers = std::vector<std::uint32_t>;

inline RowNumbers rows_from(std::size_t first, std::size_t count) {
  RowNumbers rows(count);
  std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(first));
  return rows;
}

/// Adds rows of `from` to `to`, whose columns it has too, maybe among others.
void add_rows(const Chunk& from, const RowNumbers& rows, Chunk& to);

/// The reading in a row; channels without a column are absent.
reading::Reading reading_at(const Chunk& chunk, std::size_t row);

}  // namespace fithome::store
