// SPDX-License-Identifier: MIT
//
// Puts other settings into effect between two readings, on the thread that owns the chip.
//
// Promise: no count is lost: what was counted so far is booked at the old sign and scale
// Errors:  as Chip::reconfigure; then nothing was changed, or the chip's start() puts it back
// Threads: the sampler's only
#pragma once

#include "app/meter_settings.h"
#include "chip/chip.h"
#include "reading/ledger.h"

namespace fithome::app {

inline Result<void> apply_settings(chip::Chip& chip, reading::Ledger& ledger,
                                   reading::LineRules& rules, const MeterSettings& after) {
  FITHOME_TRY_VOID(chip.reconfigure(after.chip));
  book(ledger, chip.energy(), rules, ledger.time);
  rules = after.rules;
  return {};
}

}  // namespace fithome::app
