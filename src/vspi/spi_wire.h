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

#include "sim/wire.h"
#include "vspi/misuse.h"

namespace fithome::vspi {

class SpiWire {
 public:
  /// Both must outlive this.
  SpiWire(sim::Wire& wire, Misuse& misuse) : wire_(wire), misuse_(misuse) {}

  /// Clocks `tx` out and `rx`, as long as it, in. Chip-select falls first, unless it is down
  /// already, and stays down. `mode` as linux/spi/spi.h has it.
  void shift(std::span<const std::uint8_t> tx, std::span<std::uint8_t> rx, std::uint32_t mode,
             std::uint32_t speed_hz);
  /// Chip-select rises.
  void lift();

 private:
  bool clock(bool out, bool edges_swapped, bool too_fast);

  void judge(std::uint32_t mode, std::uint32_t speed_hz);

  sim::Wire& wire_;
  Misuse& misuse_;
  bool selected_ = false;
  bool level_ = true;    // of the chip's answer, as it last was; the board pulls it up
  unsigned clocks_ = 0;  // of the host, in this chip-select
};

}  // namespace fithome::vspi
