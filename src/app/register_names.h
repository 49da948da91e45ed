// SPDX-License-Identifier: MIT
//
// Registers as people and programs name them.
//
// Threads: plain functions
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "chip/register_table.h"

namespace fithome::app {

/// "UgainA" (in any case), "0x61" or "97". Errors: invalid - no such register; says which is near
Result<const chip::Register*> find_register_like(std::string_view text);

/// All that can be read without changing anything in the chip.
std::vector<const chip::Register*> harmless_registers();

}  // namespace fithome::app
