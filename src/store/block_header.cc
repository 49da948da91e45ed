// SPDX-License-Identifier: MIT
#include "store/block_header.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/byte_reader.h"
#include "store/crc32.h"

namespace fithome::store {
namespace {

// The first twelve bytes mean the same in every version: mark, version, sum, size of the header.
constexpr std::uint64_t kBlockMark = 0x424846;  // "FHB"
constexpr std::uint8_t kBlockVersion = 1;
constexpr std::size_t kCrcAt = 4, kCrcEnd = 8, kSizeAt = 8;
constexpr std::size_t kFixedHeader = 41;
constexpr std::size_t kMostName = 15;

// A code in a byte: predictor, relation, gaps.
constexpr unsigned kRelationShift = 4, kGapsBit = 0x80;

std::uint8_t code_byte(const ColumnCode& code) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(code.predictor) |
                                   static_cast<unsigned>(code.kinship.relation) << kRelationShift |
                                   (code.gaps ? kGapsBit : 0U));
}

// The sum of all of the header but the sum itself.
std::uint32_t header_crc(std::span<const std::byte> header) {
  return crc32(header.subspan(kCrcEnd), crc32(header.first(kCrcAt)));
}

void put_entry(const ColumnEntry& entry, std::vector<std::byte>& out) {
  put_number(out, entry.name.size(), 1);
  for (const char letter : entry.name) out.push_back(static_cast<std::byte>(letter));
  put_number(out, entry.decimals, 1);
  put_number(out, code_byte(entry.code), 1);
  const Kinship& kinship = entry.code.kinship;
  if (kinship.relation != Relation::none) put_number(out, kinship.count, 1);
  for (const std::uint8_t operand : kinship.columns()) put_number(out, operand, 1);
  put_number(out, entry.size, 2);
  put_number(out, entry.crc, 4);
}

bool read_code(ByteReader& bytes, std::size_t columns_before, ColumnCode& code) {
  const auto byte = static_cast<unsigned>(bytes.number(1));
  const unsigned predictor = byte & 0xF;
  const unsigned relation = (byte & 0x70) >> kRelationShift;
  if (predictor >= kPredictors || relation >= kRelations) return false;
  code.predictor = static_cast<Predictor>(predictor);
  code.gaps = (byte & kGapsBit) != 0;
  Kinship& kinship = code.kinship;
  kinship.relation = static_cast<Relation>(relation);
  if (kinship.relation == Relation::none) return true;
  kinship.count = static_cast<std::uint8_t>(bytes.number(1));
  if (!takes_operands(kinship.relation, kinship.count)) return false;
  for (std::size_t n = 0; n < kinship.count; ++n) {
    kinship.operands[n] = static_cast<std::uint8_t>(bytes.number(1));
    if (kinship.operands[n] >= columns_before) return false;
  }
  return true;
}

bool read_entry(ByteReader& bytes, BlockHeader& header, std::size_t& offset) {
  ColumnEntry entry;
  const auto name_size = static_cast<std::size_t>(bytes.number(1));
  if (name_size < 1 || name_size > kMostName) return false;
  for (const std::byte letter : bytes.take(name_size)) entry.name += static_cast<char>(letter);
  entry.decimals = static_cast<std::uint8_t>(bytes.number(1));
  if (!read_code(bytes, header.columns.size(), entry.code)) return false;
  entry.offset = offset;
  entry.size = static_cast<std::size_t>(bytes.number(2));
  entry.crc = static_cast<std::uint32_t>(bytes.number(4));
  offset += entry.size;
  header.columns.push_back(std::move(entry));
  return !bytes.failed();
}

// Whether the bytes are a whole header, of a version that is known.
Result<std::size_t> checked_size(std::span<const std::byte> bytes) {
  if (bytes.size() < kFixedHeader || load_number(bytes, 0, 3) != kBlockMark) {
    return fail(Code::corrupt, "block: it does not begin as a block");
  }
  const auto size = static_cast<std::size_t>(load_number(bytes, kSizeAt, 2));
  if (size < kFixedHeader || size > bytes.size() ||
      header_crc(bytes.first(size)) != load_number(bytes, kCrcAt, 4)) {
    return fail(Code::corrupt, "block: its header is damaged");
  }
  const auto version = load_number(bytes, 3, 1);
  if (version != kBlockVersion) {
    return fail(Code::unsupported,
                fmt::format("block: written in format {}, known here is {}; update fithome",
                            version, kBlockVersion));
  }
  return size;
}

}  // namespace

std::size_t find_column(const BlockHeader& header, std::string_view name) {
  const auto found = std::ranges::find(header.columns, name, &ColumnEntry::name);
  return static_cast<std::size_t>(found - header.columns.begin());
}

std::vector<std::byte> header_bytes(const BlockHeader& header) {
  std::vector<std::byte> out;
  put_number(out, kBlockMark, 3);
  put_number(out, kBlockVersion, 1);
  put_number(out, 0, 4);  // sum and size, once they are known
  put_number(out, 0, 2);
  put_number(out, header.count, 2);
  put_number(out, static_cast<std::uint32_t>(header.meter), 4);
  put_number(out, header.time.first, 8);
  put_number(out, header.time.step, 4);
  put_number(out, header.sequence.first, 8);
  put_number(out, header.sequence.step, 4);
  put_number(out, header.columns.size(), 1);
  for (const ColumnEntry& entry : header.columns) put_entry(entry, out);
  set_number(out, kSizeAt, out.size(), 2);
  set_number(out, kCrcAt, header_crc(out), 4);
  return out;
}

Result<BlockHeader> read_header(std::span<const std::byte> bytes) {
  FITHOME_TRY(const std::size_t size, checked_size(bytes));
  const Failure damaged = fail(Code::corrupt, "block: its header makes no sense");
  BlockHeader header;
  header.size = size;
  ByteReader reader(bytes.first(size).subspan(kSizeAt + 2));
  header.count = static_cast<std::size_t>(reader.number(2));
  header.meter = static_cast<MeterId>(static_cast<std::uint32_t>(reader.number(4)));
  header.time.first = reader.number(8);
  header.time.step = static_cast<std::uint32_t>(reader.number(4));
  header.sequence.first = reader.number(8);
  header.sequence.step = static_cast<std::uint32_t>(reader.number(4));
  if (header.count < 1 || header.count > kChunkReadings) return damaged;
  std::size_t offset = size;
  for (auto left = reader.number(1); left > 0; --left) {
    if (!read_entry(reader, header, offset)) return damaged;
  }
  if (!reader.rest().empty()) return damaged;
  return header;
}

}  // namespace fithome::store
