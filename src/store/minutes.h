// SPDX-License-Identifier: MIT
//
// What the readings of a block come to in each of their minutes: kept beside the block, and for
// ever, when the readings themselves are let go.
//
// Flow:    readings of a block -> minutes_of -> encode_minutes -> table `minutes` -> hours, days,
//          answers
// Shape:   1 to kChunkReadings minutes, in order of time. A minute that two blocks share stands in
//          both, each time with the readings of that block
// Units:   whole steps, sums exact
// Size:    5 KB for an hour of 18 channels with noise, an eighth of its block
// Errors:  corrupt - damaged bytes;  unsupported - of a later version
// Threads: pure functions
// Source:  docs/store-format.md#roll-ups
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "reading/aggregate.h"
#include "store/store.h"

namespace fithome::store {

struct Minutes {
  std::vector<UtcTime> start;
  std::vector<std::uint32_t> readings;  // at least 1
  std::vector<reading::Flags> flags;    // of any of them
  struct Column {
    reading::ChannelId channel;
    std::vector<reading::Summary> values;
    friend bool operator==(const Column&, const Column&) = default;
  };
  std::vector<Column> columns;
  std::size_t size() const { return start.size(); }
  friend bool operator==(const Minutes&, const Minutes&) = default;
};

UtcTime minute_begin(UtcTime time);

/// Of the chunk's columns; its readings may be in any order of time.
Minutes minutes_of(const Chunk& readings);

/// A channel that was never there is left out.
std::vector<std::byte> encode_minutes(const Minutes& minutes);

/// The columns of `channels`, in that order.
Result<Minutes> decode_minutes(std::span<const std::byte> bytes,
                               std::span<const reading::ChannelId> channels);

}  // namespace fithome::store
