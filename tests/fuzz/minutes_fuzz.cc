// SPDX-License-Identifier: MIT
//
// Any bytes as minutes of the store, as they are and with their sum put right: refused with a
// reason, or read; and what was read is the same when it is written and read again.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "check.h"
#include "store/block.h"
#include "store/crc32.h"
#include "store/little_endian.h"
#include "store/minutes.h"

namespace {

using namespace fithome;

void read(std::span<const std::byte> bytes) {
  const auto all = store::all_channels();
  const auto minutes = store::decode_minutes(bytes, all);
  if (!minutes) return check(!minutes.error().what.empty());
  check(minutes->size() >= 1 && minutes->size() <= store::kChunkReadings);
  const auto back = store::decode_minutes(store::encode_minutes(*minutes), all);
  check(back && *back == *minutes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* begin = reinterpret_cast<const std::byte*>(data);
  std::vector<std::byte> bytes(begin, begin + size);
  read(bytes);
  if (size < 8) return 0;
  for (std::size_t n = 0; n < 4; ++n) bytes[n] = std::byte("FHM\1"[n]);
  store::set_number(bytes, 4, store::crc32(std::span(bytes).subspan(8)), 4);
  read(bytes);
  return 0;
}
