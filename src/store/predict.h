// SPDX-License-Identifier: MIT
//
// What a number will be, going by those before it, and what is left over.
//
// Flow:    a series -> residuals -> Rice groups; Rice groups -> restore -> the series
// Shape:   a series of 32-bit numbers with sign, any of them; its first number is known to both
//          sides, and stands for all that came before it
// Exact:   whole numbers only: predictions are reckoned in 64 bits, halves rounded down, and all
//          differences are taken modulo 2^32. So the bytes are the same on every processor
// Threads: pure functions
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fithome::store {

/// The numbers are those of the format; never changed, only added to.
enum class Predictor : std::uint8_t {
  zero = 0,    // 0: what is left over from another prediction has no memory
  last = 1,    // the one before
  mean2 = 2,   // mean of the last two, rounded down; of four: mean4
  mean4 = 3,   //
  linear = 4,  // as far from the last as that was from the one before
  ewma4 = 5,   // a mean that moves a quarter of the way to each number
};
constexpr std::size_t kPredictors = 6;

/// What each number but the first leaves over, as zigzag; `out` has one place less than `series`.
void residuals(Predictor predictor, std::span<const std::int32_t> series,
               std::span<std::uint32_t> out);

/// The other way: series[0] is given, the rest is set.
void restore(Predictor predictor, std::span<const std::uint32_t> residuals,
             std::span<std::int32_t> series);

/// Their difference and sum modulo 2^32: defined for all numbers, and each undoes the other.
constexpr std::int32_t wrapped_difference(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) - static_cast<std::uint32_t>(b));
}
constexpr std::int32_t wrapped_sum(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

}  // namespace fithome::store
