// SPDX-License-Identifier: MIT
//
// Chance without state: the same seed, stream and index always fall the same way.
//
// Shape:   a stream is one thing left to chance (cloud cover, start of the kettle); its index is a
//          day, a cycle or a second
// Threads: plain values
// Source:  the mixing function is splitmix64 (S. Vigna, public domain)
#pragma once

#include <cmath>
#include <cstdint>

namespace fithome::sim {

class Dice {
 public:
  explicit constexpr Dice(std::uint64_t seed) : seed_(mix(seed)) {}

  /// Evenly in [0, 1).
  constexpr double roll(int stream, std::int64_t index = 0) const {
    const auto bits =
        mix(mix(seed_ + static_cast<std::uint64_t>(stream)) ^ static_cast<std::uint64_t>(index));
    return static_cast<double>(bits >> 11) * 0x1p-53;
  }
  constexpr double between(double low, double high, int stream, std::int64_t index = 0) const {
    return low + (high - low) * roll(stream, index);
  }

  /// In [-1, 1], smooth: a new chance value every `period`, and an easy way from one to the next.
  double wander(int stream, double time, double period) const {
    const double at = time / period;
    const double whole = std::floor(at);
    const double part = at - whole;
    const double ease = part * part * (3 - 2 * part);
    const auto index = static_cast<std::int64_t>(whole);
    return 2 * std::lerp(roll(stream, index), roll(stream, index + 1), ease) - 1;
  }

 private:
  static constexpr std::uint64_t mix(std::uint64_t x) {
    x += 0x9E3779B97F4A7C15;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
  }

  std::uint64_t seed_;
};

}  // namespace fithome::sim
