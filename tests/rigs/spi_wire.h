// SPDX-License-Identifier: MIT
//
// The four wires between a host's SPI controller and the simulated chip, with all that a controller
// can get wrong: mode, speed, chip-select.
//
// Shape:   whatever the chip would not understand is not refused but goes wrong as on a real wire
// Source:  datasheet Atmel-46003B 4.2 and 6.1
// Threads: one at a time
#pragma once

#include <cstdint>
#include <span>

#include "sim/sim_chip.h"

namespace fithome::rigs {

class SpiWire {
 public:
  /// The chip must outlive the wire.
  explicit SpiWire(sim::SimChip& chip) : chip_(chip) {}

  /// Clocks `tx` out and `rx`, as long as it, in. Chip-select falls first, unless it is down
  /// already, and stays down. `mode` as linux/spi/spi.h has it.
  void shift(std::span<const std::uint8_t> tx, std::span<std::uint8_t> rx, std::uint32_t mode,
             std::uint32_t speed_hz);
  /// Chip-select rises.
  void lift();

 private:
  bool clock(bool out, bool edges_swapped, bool too_fast);

  sim::SimChip& chip_;
  bool selected_ = false;
  bool level_ = true;  // of the chip's answer, as it last was; the board pulls it up
  unsigned clocks_ = 0;
};

}  // namespace fithome::rigs
