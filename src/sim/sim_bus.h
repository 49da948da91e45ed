// SPDX-License-Identifier: MIT
//
// A Bus with a simulated chip behind it, which measures a simulated house.
//
// Flow:    House -> SimChip -> SimBus -> chip::Chip
// Threads: one at a time (the sampler's); faults may be set from the same thread only
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "sim/house.h"
#include "sim/sim_chip.h"
#include "spi/bus.h"

namespace fithome::sim {

/// What can go wrong on the wire; all off unless set.
struct BusFaults {
  bool absent = false;               // no chip: every answer is `absent_level` bytes
  std::uint8_t absent_level = 0xFF;  // 0xFF pull-up, 0x00 unpowered board
  double bit_flips = 0;              // probability that one bit of an answer is wrong, per frame
  std::uint64_t seed = 1;            // of the flips
  /// Called before each frame, with the address word; may advance a clock, or reset the chip.
  std::function<void(std::uint16_t)> before_frame;
};

class SimBus final : public spi::Bus {
 public:
  /// The chip must outlive the bus.
  explicit SimBus(SimChip& chip) : chip_(chip) {}
  Result<void> transfer(std::span<spi::Frame> frames) override;
  std::string describe() const override { return "simulated chip"; }

  BusFaults faults;

 private:
  SimChip& chip_;
  std::uint64_t random_ = 0;
};

}  // namespace fithome::sim
