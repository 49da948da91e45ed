// SPDX-License-Identifier: MIT
//
// In which order the channels stand in a block, and which others each may be reckoned from.
//
// Shape:   what is read most often first, so that it is read without the rest: active power,
//          reactive power, voltage; then what follows from those nearly of itself. Lines in front
//          of the house, which is their sum
// Threads: constants
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "reading/channels.h"
#include "store/relation.h"

namespace fithome::store {

/// All channels, those that may be reckoned from others behind them.
const std::array<reading::ChannelId, reading::kChannelCount>& column_order();

struct Relative {
  Relation relation = Relation::none;
  std::vector<reading::ChannelId> operands;
};

/// What is worth trying for a channel in a house where only some are measured: `measured[id]`.
std::vector<Relative> relatives(reading::ChannelId channel,
                                const std::array<bool, reading::kChannelCount>& measured);

}  // namespace fithome::store
