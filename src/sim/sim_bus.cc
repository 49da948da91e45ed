// SPDX-License-Identifier: MIT
#include "sim/sim_bus.h"

namespace fithome::sim {
namespace {

/// The n-th random number of a seed (splitmix64).
std::uint64_t random_at(std::uint64_t seed, std::uint64_t n) {
  std::uint64_t z = seed + n * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

}  // namespace

Result<void> SimBus::transfer(std::span<spi::Frame> frames) {
  for (spi::Frame& frame : frames) {
    if (faults.before_frame) {
      faults.before_frame(static_cast<std::uint16_t>(frame.tx[0] << 8 | frame.tx[1]));
    }
    if (faults.absent) {
      frame.rx.fill(faults.absent_level);
      continue;
    }
    chip_.select();
    for (std::size_t i = 0; i < frame.tx.size(); ++i) frame.rx[i] = chip_.exchange(frame.tx[i]);
    chip_.deselect();
    if (faults.bit_flips <= 0) continue;
    const std::uint64_t dice = random_at(faults.seed, ++random_);
    if (static_cast<double>(dice >> 11) * 0x1p-53 >= faults.bit_flips) continue;
    const std::uint64_t bit = dice % 16;  // the low bits of the dice did not decide
    frame.rx[2 + bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
  }
  return {};
}

}  // namespace fithome::sim
