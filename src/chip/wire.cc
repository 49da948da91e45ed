// SPDX-License-Identifier: MIT
#include "chip/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace fithome::chip {
namespace {

constexpr bool all_are(std::span<const Word> words, std::uint16_t value) {
  return std::ranges::all_of(words, [=](Word word) { return raw(word) == value; });
}

// A clock edge too early or too late moves all bits by one; what comes in at the end is chance
// (0x55AA becomes 0xAB54, 0xAB55, 0x2AD5 or 0xAAD5).
bool shifted(std::span<const Word> expected, std::span<const Word> got) {
  bool left = true;
  bool right = true;
  for (std::size_t n = 0; n < got.size(); ++n) {
    left = left && (raw(got[n]) & 0xFFFE) == (raw(expected[n]) << 1 & 0xFFFE);
    right = right && (raw(got[n]) & 0x7FFF) == raw(expected[n]) >> 1;
  }
  return left || right;
}

}  // namespace

Result<Word> read(spi::Bus& bus, Reg reg) {
  std::array frames{read_frame(reg)};
  FITHOME_TRY_VOID(bus.transfer(frames));
  return answer(frames[0]);
}

Result<void> write(spi::Bus& bus, Reg reg, Word data) {
  std::array frames{write_frame(reg, data)};
  return bus.transfer(frames);
}

Result<void> write_checked(spi::Bus& bus, Reg reg, Word data) {
  Word echo{};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::array frames{write_frame(reg, data), read_frame(Reg::LastSPIData)};
    FITHOME_TRY_VOID(bus.transfer(frames));
    echo = answer(frames[1]);
    if (echo == data) return {};
  }
  return fail(Code::transient,
              fmt::format("chip on {}: wrote 0x{:04X} to register 0x{:02X}, but 0x{:04X} arrived; "
                          "check the MOSI wire and that all wires are short",
                          bus.describe(), raw(data), address(reg), raw(echo)));
}

Wire judge(std::span<const Word> expected, std::span<const Word> got) {
  if (std::ranges::equal(expected, got)) return Wire::good;
  if (all_are(got, 0xFFFF)) return Wire::all_high;
  if (all_are(got, 0x0000)) return Wire::all_low;
  if (shifted(expected, got)) return Wire::shifted;
  return Wire::other;
}

Failure wiring_failure(const spi::Bus& bus, Wire wire) {
  const char* text = "answers make no sense; check all wires";
  if (wire == Wire::all_high) {
    text =
        "no energy chip answers, every bit reads 1; check the CS wire and which CS is configured";
  } else if (wire == Wire::all_low) {
    text = "no energy chip answers, every bit reads 0; check the board's power and the MISO wire";
  } else if (wire == Wire::shifted) {
    text = "the energy chip's answers are shifted by one bit; use SPI mode 3 and at most 500 kHz";
  }
  return fail(Code::transient, fmt::format("chip on {}: {}", bus.describe(), text));
}

}  // namespace fithome::chip
