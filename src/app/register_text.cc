// SPDX-License-Identifier: MIT
#include "app/register_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "chip/decode.h"

namespace fithome::app {
namespace {

using chip::Reg;
using chip::Sign;
using chip::Word;

constexpr int kAttempts = 4;

// The gain that a peak has to be multiplied with; nothing for other registers.
std::optional<std::uint16_t> gain_of(const chip::Register& entry) {
  const auto line_of = [&](Reg first) { return entry.address - chip::address(first); };
  const auto gain = [](Reg of_a, int line) { return chip::address(chip::on_line(of_a, line, 4)); };
  if (entry.unit.starts_with("Ugain")) return gain(Reg::UgainA, line_of(Reg::UPeakA));
  if (entry.unit.starts_with("Igain")) return gain(Reg::IgainA, line_of(Reg::IPeakA));
  return {};
}

double long_value(const chip::Register& entry, Word high, Word low) {
  if (entry.sign == Sign::twos_complement) return chip::as_signed(high, low) * entry.weight;
  if (entry.unit.empty()) return (raw(high) * 65536.0 + raw(low)) * entry.weight;
  return chip::rms_counts(high, low) * entry.weight;
}

std::optional<double> short_value(const chip::Register& entry, Word word) {
  switch (entry.sign) {
    case Sign::bits:
      return {};
    case Sign::positive:
      // 0..3600 by one table of the datasheet, signed by another.
      if (entry.unit == "°") return chip::angle(word).value;
      return raw(word) * entry.weight;
    case Sign::twos_complement:
      return chip::as_signed(word) * entry.weight;
    case Sign::sign_magnitude:
      return ((raw(word) & 0x8000) != 0 ? -1 : 1) * (raw(word) & 0xFF) * entry.weight;
  }
  return {};
}

// What is read to understand one register: itself; a peak's gain; a long value high, low, high.
std::vector<std::uint16_t> addresses_for(const chip::Register& entry) {
  if (const auto gain = gain_of(entry)) return {entry.address, *gain};
  if (entry.low_word == 0) return {entry.address};
  return {entry.address, entry.low_word, entry.address};
}

// Nothing where the chip renewed a long value while it was read.
std::optional<ShownRegister> understand(const chip::Register& entry, std::span<const Word> words) {
  ShownRegister shown{&entry, words[0], {}, {}, entry.unit};
  if (gain_of(entry)) {
    shown.value = chip::peak_counts(words[0]) * entry.weight * raw(words[1]);
    shown.unit.remove_prefix(shown.unit.find(' ') + 1);
  } else if (entry.low_word == 0) {
    shown.value = short_value(entry, words[0]);
  } else {
    if (words[0] != words[2]) return {};
    shown.low = words[1];
    shown.value = long_value(entry, words[0], words[1]);
  }
  return shown;
}

Result<ShownRegister> read_again(const RegisterReader& read, const chip::Register& entry) {
  for (int attempt = 1; attempt < kAttempts; ++attempt) {
    FITHOME_TRY(const auto words, read(addresses_for(entry)));
    if (const auto shown = understand(entry, words)) return *shown;
  }
  return fail(Code::transient,
              fmt::format("{} changed each time it was read; look at the wires", entry.name));
}

}  // namespace

Result<std::vector<ShownRegister>> read_registers(const RegisterReader& read,
                                                  std::span<const chip::Register* const> entries) {
  std::vector<std::uint16_t> addresses;
  for (const chip::Register* entry : entries) {
    std::ranges::copy(addresses_for(*entry), std::back_inserter(addresses));
  }
  FITHOME_TRY(const auto words, read(addresses));
  std::span<const Word> rest = words;
  std::vector<ShownRegister> all;
  for (const chip::Register* entry : entries) {
    const auto own = rest.first(addresses_for(*entry).size());
    rest = rest.subspan(own.size());
    if (const auto shown = understand(*entry, own)) {
      all.push_back(*shown);
      continue;
    }
    FITHOME_TRY(const auto again, read_again(read, *entry));
    all.push_back(again);
  }
  return all;
}

std::string raw_text(const ShownRegister& shown) {
  if (!shown.low) return fmt::format("0x{:04X}", raw(shown.word));
  return fmt::format("0x{:04X}{:04X}", raw(shown.word), raw(*shown.low));
}

std::string quantity_text(const ShownRegister& shown) {
  if (!shown.value) return "";
  return fmt::format("{:.7g}{}{}", *shown.value, shown.unit.empty() ? "" : " ", shown.unit);
}

std::string register_table(std::span<const ShownRegister> rows, Style style) {
  std::string out = style.bold(left("ADDR", 7) + left("REGISTER", 14) + left("HOLDS", 12) +
                               right("VALUE", 16) + "  MEANING") +
                    "\n";
  for (const ShownRegister& row : rows) {
    out += left(fmt::format("0x{:02X}", row.entry->address), 7) + left(row.entry->name, 14) +
           left(raw_text(row), 12) + right(quantity_text(row), 16) + "  " +
           style.dim(row.entry->meaning) + "\n";
  }
  return out;
}

Json register_json(const ShownRegister& shown) {
  Json json{{"address", shown.entry->address},
            {"name", shown.entry->name},
            {"word", raw(shown.word)},
            {"meaning", shown.entry->meaning}};
  if (shown.low) json["low_word"] = raw(*shown.low);
  if (shown.value) json["value"] = *shown.value;
  if (!shown.unit.empty()) json["unit"] = shown.unit;
  return json;
}

}  // namespace fithome::app
