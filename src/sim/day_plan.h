// SPDX-License-Identifier: MIT
//
// What is switched on in the generated house, and when: one local day at a time.
//
// Flow:    Dice -> plan_day -> DayPlan -> generated_house
// Shape:   steps of constant load, end to end from midnight to midnight
// Units:   milliseconds of the house's local time since 1970; watts and vars at nominal voltage
// Threads: plain values
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/dice.h"

namespace fithome::sim {

constexpr int kLegs = 2;
constexpr std::int64_t kDayMs = 86'400'000;

struct LegLoad {
  double resistive = 0;  // W, follows the square of the voltage
  double steady = 0;     // W, whatever the voltage
  double q = 0;          // var, lagging
};
using Load = std::array<LegLoad, kLegs>;

struct Step {
  std::int64_t start;
  std::int64_t end;
  Load load;
};

struct DayPlan {
  std::int64_t day = -1;  // since 1970
  std::vector<Step> steps;

  const Step& at(std::int64_t local_ms) const;
};

/// Degrees Celsius outside, at a second of local time: seasons, night and day, weather.
double outside_temperature(const Dice& dice, double local_s);
/// Sine of the sun's height, below zero at night.
double sun_height(double local_s);

/// `low_voltage`: a house of 120 V legs, whose kettle is smaller.
DayPlan plan_day(const Dice& dice, std::int64_t day, bool low_voltage);

}  // namespace fithome::sim
