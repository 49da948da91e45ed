// SPDX-License-Identifier: MIT
//
// One register written by hand: what may be, and how.
//
// Flow:    `fithome chip write` -> check_write -> write_register -> the chip
// Shape:   a protected register (0x00 to 0x6F) is unlocked for, and the chip locked again whatever
//          happens; each write is confirmed by LastSPIData, then by reading back
// Errors:  invalid - the register must not, or cannot be written; says why and what to do instead
//          transient - the chip did not take it
// Threads: one
// Source:  datasheet 4.2, 5.2.1; docs/registers.md
#pragma once

#include <string_view>

#include "base/result.h"
#include "chip/frame.h"
#include "chip/register_table.h"
#include "spi/bus.h"

namespace fithome::app {

/// "0x90F2", "37106", or "-5" where the register holds a signed number.
Result<chip::Word> parse_word(std::string_view text, const chip::Register& entry);

/// Whether it may be written by hand at all.
Result<void> check_write(const chip::Register& entry);

Result<void> write_register(spi::Bus& bus, const chip::Register& entry, chip::Word word);

}  // namespace fithome::app
