// SPDX-License-Identifier: MIT
#include "sim/sim_bus.h"

namespace fithome::sim {

Result<void> SimBus::transfer(std::span<spi::Frame> frames) {
  for (spi::Frame& frame : frames) {
    if (faults.before_frame) {
      faults.before_frame(static_cast<std::uint16_t>(frame.tx[0] << 8 | frame.tx[1]));
    }
    wire.select();
    for (std::size_t i = 0; i < frame.tx.size(); ++i) frame.rx[i] = wire.exchange(frame.tx[i]);
    wire.deselect();
  }
  return {};
}

}  // namespace fithome::sim
