// SPDX-License-Identifier: MIT
//
// From what the chip says to what the house does: signs, scales, and flags of doubt.
//
// Flow:    chip::Sample -> make_reading -> Reading
// Threads: a pure function
#pragma once

#include "chip/chip.h"
#include "reading/ledger.h"
#include "reading/reading.h"

namespace fithome::reading {

/// The reading of a sample taken at `time`.
///
/// A reversed line's powers change their sign, a scaled line's current and powers are multiplied.
/// Where any line is reversed or scaled, the house's totals are summed from the lines, for the
/// chip's own total does not know; else they are the chip's.
/// Of a line that carries current but shows no voltage, voltage and powers are left absent, and so
/// are the house's: they are not 0, they are not known.
Reading make_reading(const chip::Sample& sample, const LineRules& rules, UtcTime time);

}  // namespace fithome::reading
