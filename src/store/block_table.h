// SPDX-License-Identifier: MIT
//
// The sealed readings: blocks as rows of the table `block`.
//
// Flow:    Tail -> keep_blocks -> table `block` -> next_block, load_block -> Chunk
// Shape:   at most kChunkReadings readings a block. Blocks of one meter are in order of their
//          numbers; their times may overlap where the clock was set back
// Errors:  corrupt - a block is damaged: names its meter and hour
// Threads: pure, but for the connection handed in
// Source:  docs/store-format.md, docs/block-format.md
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>

#include "store/sqlite.h"
#include "store/store.h"

namespace fithome::store {

/// Inside a transaction. `readings` of any length, with all channels, in order of their numbers.
Result<void> keep_blocks(const Database& db, MeterId meter, const Chunk& readings);

/// A row of the table, without its bytes.
struct BlockRow {
  std::int64_t id = 0;
  MeterId meter = kFirstMeter;
  UtcTime first{}, last{};  // the earliest and the latest of its readings
  std::size_t count = 0;
};

/// Of the columns id, first_ms, last_ms and count, which come first.
BlockRow read_block_row(const Rows& rows, MeterId meter);

/// "meter 1, 2026-11-22T21:00:00.000Z to 2026-11-22T21:59:59.000Z"
std::string hour_text(const BlockRow& row);

/// Blocks of a meter that may hold readings in a range, in order of their first time.
class BlockWalk {
 public:
  static Result<BlockWalk> begin(const Database& db, const Range& range);
  /// Nothing at the end. Holds no transaction between two calls.
  Result<std::optional<BlockRow>> next();
  /// None that goes beyond this number comes any more.
  void end_at(Sequence last) { last_ = last; }

 private:
  BlockWalk(Statement query, const Range& range)
      : query_(std::move(query)), meter_(range.meter), from_(range.from), to_(range.to) {}

  Statement query_;
  MeterId meter_;
  UtcTime from_, to_;
  Sequence last_ = std::numeric_limits<std::int64_t>::max();
  UtcTime at_ = UtcTime::min();  // the first time and row of the one before
  std::int64_t id_ = 0;
};

/// Reads no more bytes than these channels need.
Result<Chunk> load_block(const Database& db, const BlockRow& row,
                         std::span<const reading::ChannelId> channels);

/// Leaves damaged blocks out, and remembers them.
class BlockLoader {
 public:
  /// Nothing where it is damaged.
  Result<std::optional<Chunk>> load(const Database& db, const BlockRow& row,
                                    std::span<const reading::ChannelId> channels);
  /// Each once.
  const std::vector<BadBlock>& left_out() const { return left_out_; }

 private:
  std::vector<BadBlock> left_out_;
};

/// Inside a transaction: the same block with other times or flags, and its minutes. Hours and days
/// are to be filled again.
Result<void> replace_block(const Database& db, const BlockRow& row, const Chunk& readings);

}  // namespace fithome::store
