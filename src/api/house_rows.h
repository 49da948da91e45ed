// SPDX-License-Identifier: MIT
//
// The power of a house that is a sum of meters, over time: what /api/v1/readings?meter=house tells.
//
// Flow:    readings of each term of the sum -> HouseRows -> Table
// Shape:   channel `p` alone. A reading of the house is there where all meters of the sum have one
//          of that instant; a step is there where all have readings in it, its mean the sum of
//          theirs, and `after_gap` is set where they have not equally many
// Threads: one
#pragma once

#include <string>
#include <vector>

#include "api/readings_table.h"
#include "reading/house.h"
#include "store/store.h"

namespace fithome::api {

struct HouseTermOf {
  store::MeterId meter;
  int sign;
  reading::ChannelId channel;
};

/// The terms of the status' sum by the meters' numbers.
std::vector<HouseTermOf> house_terms(const Status& status);

/// Steps of the house in [from, to).
Result<std::vector<store::Rolled>> house_steps(const store::Reader& reader,
                                               const std::vector<HouseTermOf>& terms, UtcTime from,
                                               UtcTime to, std::chrono::milliseconds step);

/// Readings of the house in [from, to), as a chunk with the one column `p`.
Result<store::Chunk> house_readings(const store::Reader& reader,
                                    const std::vector<HouseTermOf>& terms, UtcTime from,
                                    UtcTime to);

}  // namespace fithome::api
