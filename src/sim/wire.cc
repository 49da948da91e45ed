// SPDX-License-Identifier: MIT
#include "sim/wire.h"

namespace fithome::sim {
namespace {

/// The n-th random number of a seed (splitmix64).
std::uint64_t random_at(std::uint64_t seed, std::uint64_t n) {
  std::uint64_t z = seed + n * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

constexpr int kAnswerBegins = 16;  // the chip drives its pin from the 17th clock on

}  // namespace

void Wire::select() {
  if (faults.before_select) faults.before_select();
  clocks_ = 0;
  flipped_ = -1;
  absent_ = faults.absent || faults.floating;
  clean_ = !absent_ && !faults.miso_stuck && !faults.mosi_stuck && !faults.writes_lost &&
           faults.bit_flips <= 0;
  if (absent_) return;
  chip_.select();
  if (faults.bit_flips <= 0) return;
  const std::uint64_t dice = random_at(faults.seed, ++random_);
  if (static_cast<double>(dice >> 11) * 0x1p-53 >= faults.bit_flips) return;
  const int bit = static_cast<int>(dice % 16);  // the low bits of the dice did not decide
  flipped_ = kAnswerBegins + bit / 8 * 8 + 7 - bit % 8;
}

bool Wire::chance() { return (random_at(~faults.seed, ++floating_) & 1) != 0; }

bool Wire::answer(bool mosi) {
  if (absent_) {
    if (faults.floating) return chance();
    return ((faults.absent_level >> (7 - clocks_ % 8)) & 1) != 0;
  }
  const bool heard = faults.mosi_stuck.value_or(mosi);
  if (clocks_ == 0) writing_ = !heard;
  const bool told = chip_.clock_bit(heard);
  return clocks_ == flipped_ ? !told : told;
}

bool Wire::clock_bit(bool mosi) {
  const bool told = answer(mosi);
  ++clocks_;
  return faults.miso_stuck.value_or(told);
}

std::uint8_t Wire::exchange(std::uint8_t byte) {
  if (clean_) return chip_.exchange(byte);
  unsigned miso = 0;
  for (int bit = 7; bit >= 0; --bit) miso = miso << 1 | (clock_bit((byte >> bit) & 1) ? 1u : 0u);
  return static_cast<std::uint8_t>(miso);
}

void Wire::deselect() {
  if (absent_) return;
  if (faults.writes_lost && writing_ && clocks_ > 0) chip_.clock_bit(false);
  chip_.deselect();
}

}  // namespace fithome::sim
