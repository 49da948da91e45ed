// SPDX-License-Identifier: MIT
//
// A Bus with a simulated chip behind it, which measures a simulated house.
//
// Flow:    House -> SimChip -> Wire -> SimBus -> chip::Chip
// Threads: one at a time (the sampler's); faults may be set from the same thread only
#pragma once

#include <span>
#include <string>

#include "sim/wire.h"
#include "spi/bus.h"

namespace fithome::sim {

class SimBus final : public spi::Bus {
 public:
  /// The chip must outlive the bus.
  explicit SimBus(SimChip& chip) : wire(chip), faults(wire.faults) {}
  Result<void> transfer(std::span<spi::Frame> frames) override;
  std::string describe() const override { return "simulated chip"; }

  Wire wire;
  BusFaults& faults;  // of the wire
};

}  // namespace fithome::sim
