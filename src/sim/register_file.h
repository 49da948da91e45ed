// SPDX-License-Identifier: MIT
//
// The simulated chip's registers as plain words: what they hold after a reset, who may write them,
// which clear when read.
//
// Source:  datasheet Atmel-46003B tables 5 to 15; hidden trim registers: application note
// 46103, 7.1 Threads: one at a time
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "chip/registers.h"

namespace fithome::sim {

constexpr std::uint16_t kConfigEnd = 0x70;   // 0x00..0x6F: locked, and watched by the CRC
constexpr std::uint16_t kAddresses = 0x400;  // ten bits, datasheet 4.2.1

enum class Access : std::uint8_t {
  reserved,  // reads 0, takes nothing
  config,    // written while unlocked
  read_only,
  clear_on_read,
  write_one_to_clear,
  open,     // written at any time
  command,  // a write acts, a read gives 0
};

Access access(std::uint16_t address);

class RegisterFile {
 public:
  /// Defaults everywhere; the current detector's (0x10..0x13) outlive all but a loss of power.
  void reset(bool detector_too);

  std::uint16_t operator[](chip::Reg reg) const { return words_[chip::address(reg)]; }
  std::uint16_t& operator[](chip::Reg reg) { return words_[chip::address(reg)]; }
  std::uint16_t& at(std::uint16_t address) { return words_[address]; }
  std::uint16_t at(std::uint16_t address) const { return words_[address]; }
  std::int16_t signed_word(chip::Reg reg) const { return static_cast<std::int16_t>((*this)[reg]); }

  std::span<const std::uint16_t, kConfigEnd> config() const {
    return std::span(words_).first<kConfigEnd>();
  }

 private:
  std::array<std::uint16_t, kAddresses> words_{};
};

}  // namespace fithome::sim
