// SPDX-License-Identifier: MIT
//
// What one chip-select says: 16 bits of address, then 16 bits of data, the high byte first.
//
// Shape:   a Word is what a register held, before anyone knows what it means (chip/decode.h)
// Threads: plain values
// Source:  datasheet 4.2.2; bit 15 of the address is 1 to read, the chip looks at bits 9..0
#pragma once

#include <cstdint>

#include "chip/registers.h"
#include "spi/bus.h"

namespace fithome::chip {

enum class Word : std::uint16_t {};

constexpr std::uint16_t raw(Word word) { return static_cast<std::uint16_t>(word); }
constexpr Word word(int value) { return static_cast<Word>(value); }

constexpr spi::Frame read_frame(Reg reg) {
  const std::uint16_t a = address(reg);
  return {{static_cast<std::uint8_t>(0x80 | a >> 8), static_cast<std::uint8_t>(a & 0xFF), 0, 0},
          {}};
}

constexpr spi::Frame write_frame(Reg reg, Word data) {
  const std::uint16_t a = address(reg);
  return {{static_cast<std::uint8_t>(a >> 8), static_cast<std::uint8_t>(a & 0xFF),
           static_cast<std::uint8_t>(raw(data) >> 8), static_cast<std::uint8_t>(raw(data) & 0xFF)},
          {}};
}

/// The data of a frame that has been read.
constexpr Word answer(const spi::Frame& frame) {
  return static_cast<Word>(frame.rx[2] << 8 | frame.rx[3]);
}

}  // namespace fithome::chip
