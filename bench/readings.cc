// SPDX-License-Identifier: MIT
#include "bench/readings.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "reading/from_sample.h"
#include "sim/sim_bus.h"

namespace fithome::bench {

Readings noisy_readings() {
  std::shared_ptr<const sim::House> house = sim::generated_house(1, Hertz{60}, Volts{120});
  return [house, dice = sim::Dice(7)](std::int64_t second) {
    return noisy_reading(*house, dice, second);
  };
}

Result<Readings> replayed_readings(const std::string& file, const std::string& columns) {
  FITHOME_TRY(auto all, chip_readings(file, columns, std::numeric_limits<std::size_t>::max()));
  return [all = std::move(all)](std::int64_t second) {
    Reading reading = all[static_cast<std::size_t>(second) % all.size()];
    reading.time = to_stamp(kStart + std::chrono::seconds(second));
    return reading;
  };
}

std::vector<Reading> chip_readings(const sim::House& house, UtcInstant begin, std::size_t count,
                                   chip::ChipConfig config) {
  ManualClock clock(begin);
  sim::SimChip simulated(clock, house);
  sim::SimBus bus(simulated);
  chip::EnergyPad pad{};
  chip::reset(pad, {});
  chip::Chip chip(bus, clock, config, pad);
  std::vector<Reading> readings;
  if (!chip.start({})) return readings;
  while (readings.size() < count) {
    clock.advance(1s);
    const auto sample = chip.sample();
    if (sample) readings.push_back(reading::make_reading(*sample, {}, to_stamp(clock.utc())));
  }
  return readings;
}

Result<std::vector<Reading>> chip_readings(const std::string& file, const std::string& columns,
                                           std::size_t most) {
  FITHOME_TRY(const auto house, sim::csv_house({.file = file, .columns = columns}));
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(*house->end() - *house->begin());
  chip::ChipConfig config{.grid = chip::Grid::hz50, .wiring = chip::Wiring::single_phase};
  config.nominal = Volts{230};
  return chip_readings(*house, *house->begin(),
                       std::min(static_cast<std::size_t>(seconds.count()), most), config);
}

std::vector<reading::ChannelId> channels_of(const Reading& reading) {
  std::vector<reading::ChannelId> channels;
  for (reading::ChannelId id = 0; id < reading::kChannelCount; ++id) {
    if (reading.value(id)) channels.push_back(id);
  }
  return channels;
}

}  // namespace fithome::bench
