// SPDX-License-Identifier: MIT
//
// The checksum of what the store writes: CRC-32 as in zip, PNG and Python's zlib.crc32.
//
// Shape:   crc32 of "123456789" is 0xCBF43926; a sum of two pieces is crc32(second, crc32(first))
// Threads: a pure function
// Source:  ISO 3309; reflected polynomial 0xEDB88320, begun and ended with all bits turned
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fithome::store {

/// Goes on from `before`, the sum of what stands in front of `bytes`.
std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t before = 0);

}  // namespace fithome::store
