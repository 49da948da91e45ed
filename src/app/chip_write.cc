// SPDX-License-Identifier: MIT
#include "app/chip_write.h"

#include <fmt/format.h>

#include "base/number.h"
#include "chip/wire.h"

namespace fithome::app {
namespace {

using chip::Reg;
using chip::Word;

constexpr std::uint16_t kLastProtected = 0x6F;

Result<void> unlock(spi::Bus& bus) {
  constexpr auto kKey = static_cast<Word>(chip::kUnlockKey);
  FITHOME_TRY_VOID(chip::write_checked(bus, Reg::CfgRegAccEn, kKey));
  FITHOME_TRY(const Word lock, chip::read(bus, Reg::CfgRegAccEn));
  if (lock == kKey) return {};
  return fail(Code::transient, fmt::format("the chip on {} cannot be unlocked: 0x7F reads 0x{:04X}",
                                           bus.describe(), raw(lock)));
}

Result<void> lock(spi::Bus& bus) {
  FITHOME_TRY_VOID(chip::write_checked(bus, Reg::CfgRegAccEn, Word{}));
  FITHOME_TRY(const Word lock, chip::read(bus, Reg::CfgRegAccEn));
  if (lock == Word{}) return {};
  return fail(Code::transient, fmt::format("the chip on {} stayed unlocked: 0x7F reads 0x{:04X}; "
                                           "fithome run will configure it anew",
                                           bus.describe(), raw(lock)));
}

Result<void> write_and_read_back(spi::Bus& bus, const chip::Register& entry, Word word) {
  const auto reg = static_cast<Reg>(entry.address);
  FITHOME_TRY_VOID(chip::write_checked(bus, reg, word));
  // Writing ones to a latch clears it; it may be set again at once.
  if (entry.access == chip::Access::write_1_clears) return {};
  FITHOME_TRY(const Word got, chip::read(bus, reg));
  if (got == word) return {};
  return fail(Code::transient,
              fmt::format("{} was to hold 0x{:04X} and reads 0x{:04X}: it has bits that cannot be "
                          "set, or the wire is bad",
                          entry.name, raw(word), raw(got)));
}

}  // namespace

Result<Word> parse_word(std::string_view text, const chip::Register& entry) {
  std::string_view digits = text;
  const bool hex = digits.starts_with("0x") || digits.starts_with("0X");
  if (hex) digits.remove_prefix(2);
  const auto value = parse_number<int>(digits, hex ? 16 : 10);
  const int least = !hex && entry.sign == chip::Sign::twos_complement ? -32768 : 0;
  if (!value || *value < least || *value > 0xFFFF) {
    return fail(Code::invalid, fmt::format("\"{}\" is no value for {}; say {} to 65535, or 0x0000 "
                                           "to 0xFFFF",
                                           text, entry.name, least));
  }
  return static_cast<Word>(*value & 0xFFFF);
}

Result<void> check_write(const chip::Register& entry) {
  const auto refuse = [&](std::string_view why) {
    return fail(Code::invalid,
                fmt::format("{} (0x{:02X}) is not written: {}", entry.name, entry.address, why));
  };
  const auto reg = static_cast<Reg>(entry.address);
  if (entry.access == chip::Access::read || entry.access == chip::Access::read_clears) {
    return refuse("it can only be read");
  }
  if (reg >= Reg::DetectCtrl && reg <= Reg::DetectTh3) {
    return refuse("it belongs to the current detector, and what it holds outlives every reset");
  }
  if (reg == Reg::SoftReset) {
    return refuse(
        "a reset drops settings and counts of energy; take the meter's supply away for "
        "10 s, or let fithome run configure it");
  }
  if (reg == Reg::CfgRegAccEn) return refuse("unlocking and locking is done for you");
  if (!entry.initial) return refuse("it trims the chip's reference and is set in the factory");
  return {};
}

Result<void> write_register(spi::Bus& bus, const chip::Register& entry, Word word) {
  FITHOME_TRY_VOID(check_write(entry));
  if (entry.address > kLastProtected) return write_and_read_back(bus, entry, word);
  auto done = unlock(bus);
  if (done) done = write_and_read_back(bus, entry, word);
  const auto locked = lock(bus);
  return done ? locked : done;
}

}  // namespace fithome::app
