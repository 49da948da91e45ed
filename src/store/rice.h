// SPDX-License-Identifier: MIT
//
// Small numbers in few bits: what a prediction left over, in Rice groups of 64.
//
// Flow:    residuals (predict.h) -> append_rice -> bytes of a column -> read_rice
// Shape:   any count of 32-bit numbers without sign; each group of 64, the last maybe shorter, has
//          a width of its own. Never more than 4 bytes a number and 1 byte a group
// Layout:  widths, remainders, quotients, escapes; docs/block-format.md#rice. The parts stand apart
//          so that a decoder unpacks remainders without waiting for quotients, and numpy reads
//          either as one array
// Threads: pure functions
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace fithome::store {

constexpr std::size_t kRiceGroup = 64;
/// A quotient of this many zeros says that its true value stands with the escapes.
constexpr std::uint32_t kRiceEscape = 16;

/// Appends `numbers` to `out`.
void append_rice(std::span<const std::uint32_t> numbers, std::vector<std::byte>& out);

/// Reads as many numbers as `numbers` holds; `bytes` must end with them. Returns what is wrong with
/// the bytes, or nothing: then all of `numbers` are set.
std::string_view read_rice(std::span<const std::byte> bytes, std::span<std::uint32_t> numbers);

/// How many bits the remainders and quotients of one group take at the width that suits it best.
std::uint64_t rice_bits(std::span<const std::uint32_t> group);

/// A number with sign as one without: 0, -1, 1, -2, 2 are 0, 1, 2, 3, 4.
constexpr std::uint32_t zigzag(std::int32_t number) {
  return (static_cast<std::uint32_t>(number) << 1) ^ static_cast<std::uint32_t>(number >> 31);
}
constexpr std::int32_t unzigzag(std::uint32_t number) {
  return static_cast<std::int32_t>((number >> 1) ^ (0U - (number & 1)));
}

}  // namespace fithome::store
