// SPDX-License-Identifier: MIT
//
// What is soldered and plugged around the simulated chip.
//
// Source:  CircuitSetup split-phase board v1.4: 9 V adapter over 100 k / 1 k, CTs on 12 ohms
// Units:   millivolts RMS at the chip's pins
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>

#include "base/units.h"
#include "chip/registers.h"

namespace fithome::sim {

struct Board {
  double adapter_mv_per_volt = 0.8085;
  std::array<double, chip::kLines> ct_mv_per_amp{6, 6, 6};  // SCT-013-000; 0 is unplugged
  std::array<bool, chip::kLines> ct_reversed{};
  std::array<bool, chip::kLines> voltage_connected{true, true, true};
  /// How far each line's voltage is behind A's: 0 with one adapter for all (JP3), 180 for the other
  /// leg's own, 120 and 240 in a three-phase house.
  std::array<Degrees, chip::kLines> voltage_angle{};
  double harmonic_share = 0;  // of the active power
  bool noise = false;
  std::uint64_t noise_seed = 1;
  std::array<bool, chip::kLines> voltage_reversed{};  // the adapter is plugged in the other way
  std::array<std::size_t, chip::kLines> ct_around{0, 1, 2};  // the line each transformer is around
  std::chrono::milliseconds reset_time{16};                  // 5..40, datasheet 6.4
  std::chrono::milliseconds soft_reset_time{16};  // not published; as long as a power-on at most
  bool accept_locked_writes = false;
  std::uint8_t floating_level = 0xFF;  // what the host reads while the chip's pin is high-impedance
};

/// The chip shows volts at a gain of 30000 per millivolt, amperes at 300000 (inferred, see
/// Measured).
constexpr double kVoltageGainOfOne = 30000;
constexpr double kCurrentGainOfOne = 300000;

/// Gains with which the registers show what flows in the house. Whole numbers: v1.4's voltage comes
/// out 7 ppm high, an SCT-013-000 at PGA 2 exact. 0 for an unplugged transformer.
inline std::uint16_t matching_gain(double gain_of_one, double mv) {
  if (mv <= 0) return 0;
  return static_cast<std::uint16_t>(std::lround(std::min(gain_of_one / mv, 65535.0)));
}
inline std::uint16_t matching_voltage_gain(const Board& board) {
  return matching_gain(kVoltageGainOfOne, board.adapter_mv_per_volt);
}
inline std::uint16_t matching_current_gain(const Board& board, int line, int pga) {
  return matching_gain(kCurrentGainOfOne,
                       board.ct_mv_per_amp[static_cast<std::size_t>(line)] * pga);
}

}  // namespace fithome::sim
