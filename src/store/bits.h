// SPDX-License-Identifier: MIT
//
// A stream of bits: the first is the lowest of the first byte.
//
// Shape:   fields of 0 to 32 bits, their low bits first
// Errors:  reading beyond the end gives zeros, and exhausted() says so
// Threads: one at a time
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "store/little_endian.h"

namespace fithome::store {

/// Appends to `out` from its end on; the last byte is there after finish(), filled up with zeros.
class BitWriter {
 public:
  explicit BitWriter(std::vector<std::byte>& out) : out_(out) {}

  /// `value` must be less than 2^width.
  void put(std::uint64_t value, unsigned width) {
    word_ |= value << used_;
    used_ += width;
    if (used_ < 64) return;
    flush(8);
    used_ -= 64;
    word_ = value >> (width - used_);
  }
  void finish() {
    flush((used_ + 7) / 8);
    word_ = 0;
    used_ = 0;
  }

 private:
  void flush(std::size_t bytes) {
    std::uint64_t word = word_;
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    const auto* from = reinterpret_cast<const std::byte*>(&word);
    out_.insert(out_.end(), from, from + bytes);
  }

  std::vector<std::byte>& out_;
  std::uint64_t word_ = 0;
  unsigned used_ = 0;
};

class BitReader {
 public:
  explicit BitReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::uint32_t take(unsigned width) {
    const std::uint64_t word = load_u64(bytes_, at_ / 8) >> (at_ % 8);
    at_ += width;
    return static_cast<std::uint32_t>(word & ((std::uint64_t{1} << width) - 1));
  }
  bool exhausted() const { return at_ > 8 * bytes_.size(); }
  /// Bytes read, the one that was begun included.
  std::size_t bytes_taken() const { return (at_ + 7) / 8; }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;  // in bits
};

}  // namespace fithome::store
