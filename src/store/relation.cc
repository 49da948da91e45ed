// SPDX-License-Identifier: MIT
#include "store/relation.h"

#include <algorithm>
#include <bit>

namespace fithome::store {
namespace {

using Operands = std::span<const std::span<const std::int32_t>>;

std::uint64_t squared(std::int32_t number) {
  return static_cast<std::uint64_t>(std::int64_t{number} * number);
}

// Small processors divide 32 bits much faster than 64.
std::uint64_t divided(std::uint64_t a, std::uint64_t b) {
  if (((a | b) >> 32) == 0) return static_cast<std::uint32_t>(a) / static_cast<std::uint32_t>(b);
  return a / b;
}

void hypot_of(Operands operands, std::span<std::int32_t> out) {
  std::uint32_t root = 0;
  for (std::size_t n = 0; n < out.size(); ++n) {
    root = root_of(squared(operands[0][n]) + squared(operands[1][n]), root);
    out[n] = static_cast<std::int32_t>(root);
  }
}

void sum_of(Operands operands, std::span<std::int32_t> out) {
  std::ranges::copy(operands[0], out.begin());
  for (const auto& operand : operands.subspan(1)) {
    for (std::size_t n = 0; n < out.size(); ++n) {
      out[n] = static_cast<std::int32_t>(static_cast<std::uint32_t>(out[n]) +
                                         static_cast<std::uint32_t>(operand[n]));
    }
  }
}

}  // namespace

bool takes_operands(Relation relation, std::size_t count) {
  switch (relation) {
    case Relation::none:
      return count == 0;
    case Relation::hypot:
    case Relation::ratio:
      return count == 2;
    case Relation::sum:
      return count >= 1 && count <= kMostOperands;
  }
  return false;
}

std::uint32_t root_of(std::uint64_t square, std::uint32_t guess) {
  if (square == 0) return 0;
  // Between the powers of two around the root a step of Newton's lands at or above it, near it, and
  // its square still fits 64 bits.
  const std::uint64_t low = std::uint64_t{1} << ((std::bit_width(square) - 1U) / 2);
  std::uint64_t root = std::clamp(std::uint64_t{guess}, low, 2 * low);
  while (true) {
    root = (root + divided(square, root)) / 2;
    if (root * root <= square) return static_cast<std::uint32_t>(root);
    --root;
    if (root * root <= square) return static_cast<std::uint32_t>(root);
  }
}

std::int32_t ratio_of(std::int32_t a, std::int32_t b) {
  if (b <= 0) return 0;
  const auto divisor = static_cast<std::uint64_t>(b);
  const auto positive = static_cast<std::uint64_t>(a < 0 ? -std::int64_t{a} : std::int64_t{a});
  const auto ratio = static_cast<std::uint32_t>(divided(2000 * positive + divisor, 2 * divisor));
  return static_cast<std::int32_t>(a < 0 ? 0U - ratio : ratio);
}

void related(Relation relation, Operands operands, std::span<std::int32_t> out) {
  switch (relation) {
    case Relation::none:
      std::ranges::fill(out, 0);
      return;
    case Relation::hypot:
      return hypot_of(operands, out);
    case Relation::ratio:
      for (std::size_t n = 0; n < out.size(); ++n) {
        out[n] = ratio_of(operands[0][n], operands[1][n]);
      }
      return;
    case Relation::sum:
      return sum_of(operands, out);
  }
}

}  // namespace fithome::store
