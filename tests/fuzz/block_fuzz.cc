// SPDX-License-Identifier: MIT
//
// Any bytes as a block of the store, as they are and with their sums put right, for a sum would
// turn nearly all away: refused with a reason, or read; what was read is the same when it is
// written and read again; and a twin of the decoder, slow and written from the document, reads the
// same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "check.h"
#include "store/block.h"
#include "store/block_header.h"
#include "store/crc32.h"
#include "store/little_endian.h"
#include "store/naive_block.h"

namespace {

using namespace fithome;

// Goes through the entries as docs/block-format.md has them, as far as they make sense.
void mend_sums(std::vector<std::byte>& bytes) {
  constexpr std::size_t kEntries = 41;
  if (bytes.size() < kEntries) return;
  const auto header = static_cast<std::size_t>(store::load_number(bytes, 8, 2));
  if (header < kEntries || header > bytes.size()) return;
  std::size_t column = header;
  const auto byte_at = [&](std::size_t at) {
    return at < header ? static_cast<std::size_t>(bytes[at]) : 0;
  };
  for (std::size_t entry = kEntries; entry < header;) {
    std::size_t at = entry + 1 + byte_at(entry) + 1;
    const bool has_kin = (byte_at(at++) & 0x70) != 0;
    if (has_kin) at += 1 + byte_at(at);
    if (at + 6 > header) break;
    const auto size = static_cast<std::size_t>(store::load_number(bytes, at, 2));
    if (column + size > bytes.size()) break;
    store::set_number(bytes, at + 2, store::crc32(std::span(bytes).subspan(column, size)), 4);
    column += size;
    entry = at + 6;
  }
  const auto all = std::span(bytes).first(header);
  store::set_number(bytes, 4, store::crc32(all.subspan(8), store::crc32(all.first(4))), 4);
}

bool same(const store::Chunk& a, const store::Chunk& b) {
  if (a.time != b.time || a.sequence != b.sequence || a.flags != b.flags) return false;
  for (std::size_t n = 0; n < a.columns.size(); ++n) {
    if (a.columns[n].steps != b.columns[n].steps) return false;
    if (a.columns[n].present != b.columns[n].present) return false;
  }
  return a.columns.size() == b.columns.size();
}

/// Whether decode_block has looked at every column, as the twin does, and the document says what
/// each of them means.
bool all_known(const store::BlockHeader& header) {
  for (std::size_t n = 0; n < header.columns.size(); ++n) {
    const std::string& name = header.columns[n].name;
    const bool special = name == store::kTimeColumn || name == store::kTimeHighColumn ||
                         name == store::kSequenceColumn || name == store::kSequenceHighColumn ||
                         name == store::kFlagsColumn;
    if (special ? header.columns[n].code.gaps : !reading::find_channel(name)) return false;
    if (store::find_column(header, name) != n) return false;
  }
  return true;
}

// Its time grows with the square of the readings.
void compare_with_twin(std::span<const std::byte> bytes, const store::Block& block) {
  constexpr std::size_t kMost = 600;
  const auto header = store::read_header(bytes);
  check(header.has_value());
  if (header->count > kMost || !all_known(*header)) return;
  const store::naive::Block twin = store::naive::decode({bytes.begin(), bytes.end()});
  check(twin.meter == block.meter);
  check(same(store::naive::to_chunk(twin, store::all_channels()), block.readings));
}

void read(std::span<const std::byte> bytes) {
  const auto all = store::all_channels();
  const auto block = store::decode_block(bytes, all);
  if (!block) return check(!block.error().what.empty());
  check(block->readings.size() >= 1 && block->readings.size() <= store::kChunkReadings);
  const auto prefix = store::block_prefix(bytes, all);
  check(prefix && *prefix <= bytes.size());
  compare_with_twin(bytes.first(*prefix), *block);

  const auto again = store::encode_block(block->meter, block->readings);
  const auto back = store::decode_block(again, all);
  check(back && back->meter == block->meter && same(back->readings, block->readings));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* begin = reinterpret_cast<const std::byte*>(data);
  std::vector<std::byte> bytes(begin, begin + size);
  read(bytes);
  mend_sums(bytes);
  read(bytes);
  return 0;
}
