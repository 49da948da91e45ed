// SPDX-License-Identifier: MIT
//
// Moves frames to and from the chip. Knows nothing of what they mean.
//
// Flow:    chip -> Bus -> wire (SpidevBus) or simulated chip (sim/SimBus)
// Shape:   a Frame is one chip-select: exactly 4 bytes each way, 32 clocks. The chip takes one
//          register per chip-select and drops a write of any other length (datasheet 4.2.2).
// Errors:  transient - the transfer failed; some frames may have reached the chip
// Threads: one at a time; the sampler's
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"

namespace fithome::spi {

struct Frame {
  std::array<std::uint8_t, 4> tx{};
  std::array<std::uint8_t, 4> rx{};  // the first two bytes mean nothing: the chip's pin floats then
};

class Bus {
 public:
  virtual ~Bus() = default;
  /// Exchanges the frames in order, each in a chip-select of its own, and fills their rx.
  virtual Result<void> transfer(std::span<Frame> frames) = 0;
  /// For messages: "/dev/spidev0.0 (mode 3, 500 kHz)", "simulated chip".
  virtual std::string describe() const = 0;
};

}  // namespace fithome::spi
