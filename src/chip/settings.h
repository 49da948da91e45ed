// SPDX-License-Identifier: MIT
//
// What the chip is to hold for a given house: every setting, in the order it is written.
//
// Flow:    ChipConfig -> settings_for -> Chip::start, which writes and reads back each
// Errors:  invalid - a configuration the chip cannot take; names the value and its range
// Threads: plain functions
// Source:  datasheet 5.2 to 5.4; application note 46103 section 4; docs/registers.md
#pragma once

#include <array>
#include <cstdint>

#include "base/result.h"
#include "chip/chip.h"
#include "chip/frame.h"

namespace fithome::chip {

struct Setting {
  Reg reg;
  Word value;
  std::uint16_t mask = 0xFFFF;  // bits that count when it is read back

  constexpr bool held_by(Word got) const { return ((raw(got) ^ raw(value)) & mask) == 0; }
};

constexpr int kSettings = 52;
using Settings = std::array<Setting, kSettings>;

Result<void> validate(const ChipConfig& config);

/// Checked as by validate().
Result<Settings> settings_for(const ChipConfig& config);

/// MMode0: mains frequency and which lines count into the totals. Sums are arithmetic, so that
/// solar export is subtracted.
Word metering_mode(Grid grid, Wiring wiring);

/// A detector threshold: `rms` in the counts of its RMS register (0.01 V, 1 mA), on the raw scale
/// of the converter behind `gain`. Ends at 65535, where the detector can no longer fire.
Word peak_threshold(double rms_counts, std::uint16_t gain);

/// Sign and magnitude: bit 15 delays the voltage in place of the current.
Word phase_delay(std::int16_t cycles);

}  // namespace fithome::chip
