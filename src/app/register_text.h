// SPDX-License-Identifier: MIT
//
// What registers hold, with unit and meaning, for people and programs.
//
// Flow:    RegisterReader -> read_registers -> ShownRegister -> table or JSON
// Shape:   a long value is one row, at its high word; its low word is read with it, high, low, high
// Errors:  those of the reader; transient - a long value changed each time it was read
// Threads: plain functions
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/control.h"
#include "app/print_text.h"
#include "base/result.h"
#include "chip/frame.h"
#include "chip/register_table.h"

namespace fithome::app {

/// Reads addresses, in this order, from a chip or by way of the daemon.
using RegisterReader =
    std::function<Result<std::vector<chip::Word>>(std::span<const std::uint16_t>)>;

struct ShownRegister {
  const chip::Register* entry = nullptr;
  chip::Word word{};
  std::optional<chip::Word> low;  // of a long value
  std::optional<double> value;    // nothing for fields of bits
  std::string_view unit;          // of the value
};

Result<std::vector<ShownRegister>> read_registers(const RegisterReader& read,
                                                  std::span<const chip::Register* const> entries);

/// "0x5AB0", or "0x0012F5C0" of a long value.
std::string raw_text(const ShownRegister& shown);
/// "121.44 V"; empty where there is no value.
std::string quantity_text(const ShownRegister& shown);
std::string register_table(std::span<const ShownRegister> rows, Style style);
Json register_json(const ShownRegister& shown);

}  // namespace fithome::app
