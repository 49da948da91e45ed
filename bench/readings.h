// SPDX-License-Identifier: MIT
//
// What the benches of the store keep: readings of a generated house, or of a file that is replayed.
//
// Threads: one
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/noisy_house.h"
#include "chip/chip.h"

namespace fithome::bench {

/// The reading at the end of a second since kStart; of the same second always the same.
using Readings = std::function<Reading(std::int64_t second)>;

/// noisy_house.h: 18 channels.
Readings noisy_readings();

/// A file of one line at 50 Hz through the simulated chip and our driver, from its begin to its end
/// over and over: 12 channels. `columns` as in sim::CsvHouseOptions.
/// Errors: of sim::csv_house
Result<Readings> replayed_readings(const std::string& file, const std::string& columns);

/// What the driver makes of a simulated chip in that house, a reading a second.
std::vector<Reading> chip_readings(const sim::House& house, UtcInstant begin, std::size_t count,
                                   chip::ChipConfig config);
/// Those of a file, from its begin, `most` at most.
Result<std::vector<Reading>> chip_readings(const std::string& file, const std::string& columns,
                                           std::size_t most);

/// The channels that are in all of them.
std::vector<reading::ChannelId> channels_of(const Reading& reading);

}  // namespace fithome::bench
