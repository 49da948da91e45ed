// SPDX-License-Identifier: MIT
//
// Whole numbers as bytes, the low byte first, whatever the processor's own order.
//
// Shape:   load_u64 may be asked beyond the end: what is not there is read as 0
// Errors:  put_* never fail; the others are for bytes whose length was checked
// Threads: pure functions
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace fithome::store {

/// The eight bytes from `at` on as a number.
inline std::uint64_t load_u64(std::span<const std::byte> bytes, std::size_t at) {
  std::uint64_t word = 0;
  if (at + sizeof word <= bytes.size()) {
    std::memcpy(&word, bytes.data() + at, sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    return word;
  }
  for (unsigned n = 0; at + n < bytes.size(); ++n) {
    word |= static_cast<std::uint64_t>(bytes[at + n]) << (8 * n);
  }
  return word;
}

/// The `width` bytes from `at` on, 1 to 8.
inline std::uint64_t load_number(std::span<const std::byte> bytes, std::size_t at, unsigned width) {
  return load_u64(bytes, at) & (~std::uint64_t{0} >> (64 - 8 * width));
}

/// The low `width` bytes, 1 to 8.
inline void put_number(std::vector<std::byte>& out, std::uint64_t number, unsigned width) {
  for (unsigned n = 0; n < width; ++n) out.push_back(static_cast<std::byte>(number >> (8 * n)));
}

/// Over what stands at `at` already.
inline void set_number(std::span<std::byte> bytes, std::size_t at, std::uint64_t number,
                       unsigned width) {
  for (unsigned n = 0; n < width; ++n) bytes[at + n] = static_cast<std::byte>(number >> (8 * n));
}

}  // namespace fithome::store
