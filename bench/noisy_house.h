// SPDX-License-Identifier: MIT
//
// A house with noise as the design of the store assumes it: 0.8 W rms on P, Q and S of each line,
// each for itself, the least that a predictor can use. 18 channels, split phase.
#pragma once

#include <array>
#include <chrono>
#include <cmath>
#include <numbers>

#include "reading/reading.h"
#include "sim/dice.h"
#include "sim/house.h"

namespace fithome::bench {

using namespace std::chrono_literals;
using enum reading::Quantity;
using reading::house_channel;
using reading::line_channel;
using reading::Reading;

inline const UtcInstant kStart = std::chrono::sys_days(std::chrono::year(2026) / 6 / 1);
inline constexpr std::array kLines{0, 2};  // a split-phase house

// Gaussian, of variance 1; the same for the same stream and second.
inline double noise(const sim::Dice& dice, int stream, std::int64_t second) {
  const double a = 1 - dice.roll(2 * stream, second);
  const double b = dice.roll(2 * stream + 1, second);
  return std::sqrt(-2 * std::log(a)) * std::cos(2 * std::numbers::pi * b);
}

/// The reading at the end of a second since kStart.
inline Reading noisy_reading(const sim::House& house, const sim::Dice& dice, std::int64_t second) {
  constexpr double kPower = 0.8, kVolts = 0.02, kHertz = 0.003;
  const UtcInstant end = kStart + std::chrono::seconds(second);
  const sim::HouseState state = house.mean(end - 1s, end);
  Reading reading;
  reading.time = to_stamp(end) + std::chrono::milliseconds(dice.roll(99, second) < 0.02 ? 1 : 0);
  reading.flags = bit(reading::Flag::simulated);
  double p = 0, q = 0, s = 0;
  for (const int line : kLines) {
    const sim::LineState& of = state.lines[static_cast<std::size_t>(line)];
    const int stream = 100 + 10 * line;
    const double u = of.u.value + kVolts * noise(dice, stream, second);
    const double p_line = of.p.value + kPower * noise(dice, stream + 1, second);
    const double q_line = of.q.value + kPower * noise(dice, stream + 2, second);
    const double s_line =
        std::hypot(of.p.value, of.q.value) + kPower * noise(dice, stream + 3, second);
    reading.set(line_channel(voltage, line), u);
    reading.set(line_channel(active_power, line), p_line);
    reading.set(line_channel(reactive_power, line), q_line);
    reading.set(line_channel(apparent_power, line), s_line);
    reading.set(line_channel(current, line), s_line / u);
    reading.set(line_channel(power_factor, line), p_line / s_line);
    p += p_line;
    q += q_line;
    s += s_line;
  }
  reading.set(house_channel(active_power), p);
  reading.set(house_channel(reactive_power), q);
  reading.set(house_channel(apparent_power), s);
  reading.set(house_channel(power_factor), p / s);
  reading.set(house_channel(frequency),
              60 + 0.02 * dice.wander(98, static_cast<double>(second), 40) +
                  kHertz * noise(dice, 90, second));
  reading.set(house_channel(temperature),
              std::round(41 + 3 * dice.wander(97, static_cast<double>(second), 7200)));
  return reading;
}

}  // namespace fithome::bench
