// SPDX-License-Identifier: MIT
//
// From register words to quantities: the only place where a Word gets its sign and its unit.
//
// Units:   base/units.h; weights as in chip/register_table.h
// Errors:  none; whether a value can be true is judged in chip/measure.cc
// Threads: plain functions
// Source:  datasheet tables 11 to 17; docs/registers.md
#pragma once

#include <cstdint>

#include "base/units.h"
#include "chip/frame.h"

namespace fithome::chip {

constexpr double kPowerWeight = 0.00032;  // W, var or VA a count, totals and lines alike

constexpr std::int16_t as_signed(Word word) { return static_cast<std::int16_t>(raw(word)); }

constexpr std::int32_t as_signed(Word high, Word low) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(raw(high)) << 16 | raw(low));
}

constexpr Watts active_power(Word high, Word low) {
  return Watts{as_signed(high, low) * kPowerWeight};
}
constexpr Vars reactive_power(Word high, Word low) {
  return Vars{as_signed(high, low) * kPowerWeight};
}
constexpr VoltAmps apparent_power(Word high, Word low) {
  return VoltAmps{as_signed(high, low) * kPowerWeight};
}

/// The upper byte of an RMS value's LSB word counts, the lower is always 0.
constexpr double rms_counts(Word high, Word lsb) { return raw(high) + (raw(lsb) >> 8) / 256.0; }
constexpr Volts voltage(Word high, Word lsb) { return Volts{rms_counts(high, lsb) / 100}; }
constexpr Amps current(Word high, Word lsb) { return Amps{rms_counts(high, lsb) / 1000}; }
/// Without an LSB word, and without a direction.
constexpr Amps neutral_current(Word word) { return Amps{raw(word) / 1000.0}; }

constexpr double power_factor(Word word) { return as_signed(word) / 1000.0; }
constexpr Hertz frequency(Word word) { return Hertz{raw(word) / 100.0}; }
constexpr Celsius temperature(Word word) { return Celsius{static_cast<double>(as_signed(word))}; }

/// -180..180. Table 15 says 0..3600, table 17 says signed: both are understood.
constexpr Degrees angle(Word word) {
  int tenths = raw(word);
  if (tenths > 3600) tenths = as_signed(word);
  if (tenths > 1800) tenths -= 3600;
  return Degrees{tenths / 10.0};
}

/// Peaks are on the raw scale of the converter, so the gain comes in here.
constexpr int peak_counts(Word word) {
  const int counts = as_signed(word);
  return counts < 0 ? -counts : counts;
}
constexpr Volts voltage_peak(Word word, std::uint16_t gain) {
  return Volts{peak_counts(word) * (gain / (100.0 * 8192))};
}
constexpr Amps current_peak(Word word, std::uint16_t gain) {
  return Amps{peak_counts(word) * (gain / (1000.0 * 8192))};
}
/// The converter's range ends at 32767; at 32700 a wave's top is cut off.
constexpr bool peak_clipped(Word word) { return peak_counts(word) >= 32700; }

}  // namespace fithome::chip
