// SPDX-License-Identifier: MIT
//
// Single questions to the chip, asked again when the wire was noisy, and what a wrong answer says
// about the wires.
//
// Flow:    Chip::start, Chip::sample, take_energy -> spi::Bus
// Errors:  transient - the transfer failed, or the chip never took what was written
// Threads: the sampler's only
// Source:  datasheet 4.2; application note 46103 section 2 (LastSPIData)
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "chip/frame.h"
#include "spi/bus.h"

namespace fithome::chip {

/// Times a question is put before the wire is given up.
constexpr int kAttempts = 3;

Result<Word> read(spi::Bus& bus, Reg reg);
Result<void> write(spi::Bus& bus, Reg reg, Word data);

/// Writes until LastSPIData says that the data arrived. That proves the wire only: a locked chip
/// takes no setting, so settings are read back as well.
Result<void> write_checked(spi::Bus& bus, Reg reg, Word data);

/// What answers in place of an expected word tell of the wiring.
enum class Wire { good, all_high, all_low, shifted, other };

/// `expected` and `got` in the same order; good when they are equal.
Wire judge(std::span<const Word> expected, std::span<const Word> got);

/// A transient error that says which wire to look at; for all_high, all_low and shifted.
Failure wiring_failure(const spi::Bus& bus, Wire wire);

}  // namespace fithome::chip
