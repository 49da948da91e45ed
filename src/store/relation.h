// SPDX-License-Identifier: MIT
//
// What a channel will be, going by other channels at the same instant: apparent power from active
// and reactive, current and power factor as ratios, the house from its lines.
//
// Flow:    columns in front of this one -> related -> what this one will be, nearly
// Shape:   a number a reading; an absent one is 0
// Exact:   whole numbers only, the result modulo 2^32: the same on every processor
// Threads: pure functions
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fithome::store {

/// The numbers are those of the format; never changed, only added to.
enum class Relation : std::uint8_t {
  none = 0,   // nothing to go by: 0
  hypot = 1,  // of two: the root of the sum of their squares, rounded down
  ratio = 2,  // of two: 1000 times the first by the second, to the nearest; see ratio_of()
  sum = 3,    // of one to three
};
constexpr std::size_t kRelations = 4;
constexpr std::size_t kMostOperands = 3;

/// Whether the relation has a meaning for so many operands.
bool takes_operands(Relation relation, std::size_t count);

/// All columns are as long as `out`.
void related(Relation relation, std::span<const std::span<const std::int32_t>> operands,
             std::span<std::int32_t> out);

/// The root, rounded down, of at most 2^63. `guess` may be anything; the nearer it is, the sooner
/// this is done.
std::uint32_t root_of(std::uint64_t square, std::uint32_t guess);

/// 1000 a / b to the nearest whole number, halves away from 0; 0 where b is not positive.
std::int32_t ratio_of(std::int32_t a, std::int32_t b);

}  // namespace fithome::store
