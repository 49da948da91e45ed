// SPDX-License-Identifier: MIT
//
// Chip::peek: registers for those who want to see them, without harm to what is counted.
#include <fmt/format.h>

#include "chip/chip.h"
#include "chip/register_table.h"

namespace fithome::chip {

Result<std::vector<Word>> Chip::peek(std::span<const Reg> registers) {
  std::vector<spi::Frame> frames;
  for (const Reg reg : registers) {
    const Register* entry = find_register(address(reg));
    if (!entry || entry->access == Access::write) {
      return fail(Code::invalid, fmt::format("register 0x{:02X} cannot be read", address(reg)));
    }
    if (entry->access == Access::read_clears) {
      return fail(Code::invalid,
                  fmt::format("{} is cleared by reading it, and what it counted would be missing "
                              "from the totals; see fithome energy",
                              entry->name));
    }
    frames.push_back(read_frame(reg));
  }
  FITHOME_TRY_VOID(recover(bus_, pad_));
  FITHOME_TRY_VOID(bus_.transfer(frames));
  std::vector<Word> words;
  for (const spi::Frame& frame : frames) words.push_back(answer(frame));
  return words;
}

}  // namespace fithome::chip
