// SPDX-License-Identifier: MIT
//
// Takes whole numbers from the front of bytes that may be damaged, or end anywhere.
//
// Errors:  what goes beyond the end, or is no number, reads as 0, and so does all that follows;
//          failed() says so
// Threads: one at a time
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "store/little_endian.h"

namespace fithome::store {

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  /// A number of `width` bytes, 1 to 8, the low one first.
  std::uint64_t number(unsigned width) {
    const auto bytes = take(width);
    return bytes.empty() ? 0 : load_number(bytes, 0, width);
  }
  /// A number of 32 bits in 1 to 5 bytes, seven bits in each, the low ones first; the top bit says
  /// that more follow.
  std::uint32_t varint() {
    std::uint64_t result = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
      const std::uint64_t byte = number(1);
      result |= (byte & 0x7F) << shift;
      if ((byte & 0x80) != 0) continue;
      if (result >> 32 != 0) failed_ = true;
      return failed_ ? 0 : static_cast<std::uint32_t>(result);
    }
    failed_ = true;
    return 0;
  }
  /// The same with 64 bits in 1 to 10 bytes.
  std::uint64_t varint64() {
    std::uint64_t result = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      const std::uint64_t byte = number(1);
      result |= (byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return result;
    }
    failed_ = true;
    return 0;
  }
  /// The next `size` bytes, or none.
  std::span<const std::byte> take(std::size_t size) {
    if (size > bytes_.size()) failed_ = true;
    if (failed_) return {};
    const auto taken = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return taken;
  }
  std::span<const std::byte> rest() const { return bytes_; }
  bool failed() const { return failed_; }

 private:
  std::span<const std::byte> bytes_;
  bool failed_ = false;
};

/// For varint and varint64.
inline void put_varint(std::vector<std::byte>& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<std::byte>(number | 0x80));
  out.push_back(static_cast<std::byte>(number));
}

}  // namespace fithome::store
