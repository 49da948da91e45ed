// SPDX-License-Identifier: MIT
//
// The simulated chip's measuring: from the house to the pins, from the pins to physical values,
// from those to register words.
//
// Flow:    HouseState -> sense() -> Sensed -> measure() -> Measured -> publish() -> registers
// Units:   Sensed is millivolts RMS as phasors: turned clockwise by how far each is behind UA.
//          Measured is what the chip believes: volts, amperes, watts, degrees
// Source:  application note 46103 4.2; the gain of one (board.h) is inferred from the datasheet's
//          threshold formula (1.2 V peak is full scale) and from boards' own calibrations
// Threads: plain values
#pragma once

#include <array>
#include <complex>
#include <cstdint>

#include "base/units.h"
#include "sim/board.h"
#include "sim/house.h"
#include "sim/register_file.h"

namespace fithome::sim {

/// W, var or VA a count of offsets, thresholds and powers.
constexpr double kPowerUnit = 0.00032;

using Phasor = std::complex<double>;

/// The same noise for the same seed.
class NoiseSource {
 public:
  explicit NoiseSource(std::uint64_t seed) : state_(seed) {}
  double next();  // evenly between -1 and 1

 private:
  std::uint64_t state_;
};

struct Sensed {
  std::array<Phasor, chip::kLines> u{}, i{};
  std::array<double, chip::kLines> u_floor{}, i_floor{};  // millivolts RMS, of no fixed phase
  std::array<double, chip::kLines> p_noise{};             // watts
  double harmonic_share = 0;
  Hertz f{};
  Celsius temperature{};
};

Sensed sense(const Board& board, const HouseState& house, NoiseSource& noise);

struct LineMeasured {
  std::uint32_t u_word = 0, i_word = 0;  // high and low register, low byte 0
  double u = 0, i = 0;                   // as those words say
  double p = 0, q = 0, s = 0, pf = 0;
  double p_fundamental = 0, p_harmonic = 0;
  double angle = 0;                     // of the current behind the voltage
  double u_angle = 0;                   // of the voltage behind UA
  double i_angle = 0;                   // of the current behind UA
  double u_peak_mv = 0, i_peak_mv = 0;  // at the converter, after PGA, up to full scale
};

struct Measured {
  std::array<LineMeasured, chip::kLines> lines{};
  double p = 0, q = 0, s = 0, pf = 0, p_fundamental = 0, p_harmonic = 0;
  double neutral = 0;
};

/// MMode0's say in the totals.
struct Totalling {
  explicit Totalling(const RegisterFile& registers);
  double sum(std::array<double, chip::kLines> lines, bool absolute) const;

  std::array<bool, chip::kLines> counted;
  bool absolute_active, absolute_reactive;
};

Measured measure(const Sensed& sensed, const RegisterFile& registers);

/// Writes the measurement registers; the frequency is the status logic's (0 when all is lost).
void publish(const Measured& measured, Hertz frequency, Celsius temperature,
             RegisterFile& registers);

}  // namespace fithome::sim
