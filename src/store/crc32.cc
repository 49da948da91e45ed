// SPDX-License-Identifier: MIT
#include "store/crc32.h"

#include <array>

#include "store/little_endian.h"

namespace fithome::store {
namespace {

// Eight bytes at once: table n is what a byte does that stands n bytes in front of the end.
using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr CrcTables make_crc_tables() {
  CrcTables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0xEDB88320U : 0U);
    tables[0][byte] = sum;
  }
  for (std::size_t byte = 0; byte < 256; ++byte) {
    for (std::size_t n = 1; n < tables.size(); ++n) {
      const std::uint32_t before = tables[n - 1][byte];
      tables[n][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr CrcTables kCrcTables = make_crc_tables();

}  // namespace

std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t before) {
  std::uint32_t sum = ~before;
  while (bytes.size() >= 8) {
    const std::uint64_t word = load_u64(bytes, 0) ^ sum;
    sum = 0;
#pragma GCC unroll 8
    for (unsigned n = 0; n < 8; ++n) sum ^= kCrcTables[7 - n][(word >> (8 * n)) & 0xFF];
    bytes = bytes.subspan(8);
  }
  for (const std::byte byte : bytes) {
    sum = (sum >> 8) ^ kCrcTables[0][(sum ^ static_cast<std::uint32_t>(byte)) & 0xFF];
  }
  return ~sum;
}

}  // namespace fithome::store
