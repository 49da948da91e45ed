// SPDX-License-Identifier: MIT
//
// Up to an hour of readings of one meter as bytes: a tenth of what they are as rows.
//
// Flow:    readings, an hour of them -> encode_block -> bytes -> decode_block -> columns
// Shape:   1 to kChunkReadings readings, in any order of time and of sequence numbers. What is
//          regular costs nothing: sequence numbers that follow one another, flags that stay, a
//          channel that is always or never there
// Size:    9 bytes a reading of 18 channels with noise of 0.8 W on each power; never more than 4.2
//          bytes a value and 1.5 KB
// Promise: decoding gives what was encoded, or says that the bytes are damaged: each column has a
//          sum of its own, so columns can be read, and trusted, without the rest
// Errors:  corrupt     - the bytes are damaged or cut off; says which part
//          unsupported - of a later version of the format
// Memory:  of decoding, 18 KB a column asked for or reckoned from, and 70 KB meanwhile; nothing the
//          bytes claim makes it more
// Threads: pure functions
// Source:  docs/block-format.md
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "reading/channels.h"
#include "store/store.h"

namespace fithome::store {

struct Block {
  MeterId meter = kFirstMeter;
  Chunk readings;
};

/// Every channel of the table, by its number.
std::span<const reading::ChannelId> all_channels();

/// All vectors of `readings` are of one length, 1 to kChunkReadings; no channel stands in it twice;
/// absent steps are 0. A channel that is not there is absent in all readings.
std::vector<std::byte> encode_block(MeterId meter, const Chunk& readings);

/// The columns of `channels`, in that order; one that the block does not have is all absent.
///
/// `bytes` may be cut off behind the columns that are needed: block_prefix() says where.
Result<Block> decode_block(std::span<const std::byte> bytes,
                           std::span<const reading::ChannelId> channels);

/// Enough of a block for block_prefix, whatever it holds.
constexpr std::size_t kBlockHead = 1024;

/// How many bytes of a block decode_block must be given for these channels. `head`: the first
/// kBlockHead bytes of it, or all where it is shorter.
Result<std::size_t> block_prefix(std::span<const std::byte> head,
                                 std::span<const reading::ChannelId> channels);

}  // namespace fithome::store
