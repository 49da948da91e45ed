// SPDX-License-Identifier: MIT
#include "app/register_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>

#include "app/nearest.h"
#include "base/number.h"

namespace fithome::app {
namespace {

std::string lower(std::string_view text) {
  std::string low(text);
  std::ranges::transform(low, low.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return low;
}

std::optional<unsigned> address_of(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  return parse_number<unsigned>(text, hex ? 16 : 10);
}

}  // namespace

Result<const chip::Register*> find_register_like(std::string_view text) {
  if (const auto address = address_of(text)) {
    const auto* entry =
        *address <= 0xFFFF ? chip::find_register(static_cast<std::uint16_t>(*address)) : nullptr;
    if (entry) return entry;
    return fail(Code::invalid,
                fmt::format("the chip has no register {}; fithome chip dump lists them", text));
  }
  std::vector<std::string> names;
  for (const chip::Register& entry : chip::kRegisters) {
    if (lower(entry.name) == lower(text)) return &entry;
    names.emplace_back(entry.name);
  }
  const auto near = nearest(text, names);
  return fail(Code::invalid,
              fmt::format("the chip has no register \"{}\"; {}", text.substr(0, 40),
                          near ? fmt::format("did you mean {}?", *near)
                               : "name one as in docs/registers.md, or say its address: 0x61"));
}

std::vector<const chip::Register*> harmless_registers() {
  std::vector<const chip::Register*> found;
  for (const chip::Register& entry : chip::kRegisters) {
    if (entry.access == chip::Access::write || entry.access == chip::Access::read_clears) continue;
    found.push_back(&entry);
  }
  return found;
}

}  // namespace fithome::app
