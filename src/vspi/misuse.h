// SPDX-License-Identifier: MIT
//
// What a client of the virtual spidev does that the real chip would not understand.
//
// Flow:    SpiWire -> Misuse -> whoever wants to know (fithome sim: stderr)
// Shape:   each kind is told once, when it is first seen, and counted ever after
// Threads: seen() is the wire's; told() any
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace fithome::vspi {

enum class Mistake {
  wrong_mode,         // 1 or 2: answers are shifted by a bit
  mode_0,             // works, but is not what the datasheet says
  bits_reversed,      // least significant bit first
  never_selected,     // chip-select active high, or none at all
  too_fast,           // over 1.1 MHz: clocks are missed
  too_slow,           // under 400 Hz
  short_frame,        // fewer than 32 clocks: a write is dropped, a read is cut off
  long_frame,         // more, but no whole number of registers
  several_registers,  // 64, 96... clocks in one chip-select: there is no next register
};
constexpr std::size_t kMistakes = 9;

/// "mode 1 or 2: ...", one line, with what to do.
std::string_view describe(Mistake mistake);

class Misuse {
 public:
  /// Called when a kind is first seen; the wire's thread.
  std::function<void(Mistake)> first;

  void seen(Mistake mistake) {
    if (counts_[static_cast<std::size_t>(mistake)]++ == 0 && first) first(mistake);
  }
  std::uint64_t count(Mistake mistake) const { return counts_[static_cast<std::size_t>(mistake)]; }
  /// "3 times mode 1 or 2 ..., 12 times ...", empty if there was none.
  std::string summary() const;

 private:
  std::array<std::atomic<std::uint64_t>, kMistakes> counts_{};
};

}  // namespace fithome::vspi
