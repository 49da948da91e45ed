// SPDX-License-Identifier: MIT
#include "store/block_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/block.h"
#include "store/chunk.h"
#include "store/rollup_table.h"
#include "store/stamp.h"

namespace fithome::store {
namespace {

Result<void> keep_block(const Database& db, MeterId meter, const Chunk& readings) {
  FITHOME_TRY(const std::int64_t id, next_block_id(db));
  FITHOME_TRY(Statement insert,
              db.prepare("INSERT INTO block(id, meter, first_sequence, last_sequence, first_ms,"
                         " last_ms, count, data) VALUES(?, ?, ?, ?, ?, ?, ?, ?)"));
  const auto [first, last] = std::ranges::minmax(readings.time);
  FITHOME_TRY_VOID(insert.bind(id)
                       .bind(meter)
                       .bind(readings.sequence.front())
                       .bind(readings.sequence.back())
                       .bind(ms(first))
                       .bind(ms(last))
                       .bind(readings.size())
                       .bind(encode_block(meter, readings))
                       .run());
  return keep_rollups(db, meter, id, readings);
}

// A damaged row may lead to another meter's readings, or to another time's.
bool fits(const BlockRow& row, const Block& block) {
  if (block.meter != row.meter || block.readings.size() != row.count) return false;
  const auto [first, last] = std::ranges::minmax(block.readings.time);
  return first == row.first && last == row.last;
}

Result<Chunk> load(const Database& db, const BlockRow& row,
                   std::span<const reading::ChannelId> channels) {
  FITHOME_TRY(const Blob blob, db.blob("block", "data", row.id));
  std::vector<std::byte> bytes(std::min(kBlockHead, blob.size()));
  FITHOME_TRY_VOID(blob.read(bytes, 0));
  FITHOME_TRY(const std::size_t needed, block_prefix(bytes, channels));
  const std::size_t head = bytes.size();
  if (needed > blob.size()) return fail(Code::corrupt, "a block is cut off");
  if (needed > head) {
    bytes.resize(needed);
    FITHOME_TRY_VOID(blob.read(std::span(bytes).subspan(head), head));
  }
  FITHOME_TRY(Block block, decode_block(bytes, channels));
  if (!fits(row, block))
    return fail(Code::corrupt, "what is in the block is not what its row says");
  return std::move(block.readings);
}

}  // namespace

BlockRow read_block_row(const Rows& rows, MeterId meter) {
  return {rows.integer(0), meter, from_ms(rows.integer(1)), from_ms(rows.integer(2)),
          static_cast<std::size_t>(rows.integer(3))};
}

std::string hour_text(const BlockRow& row) {
  return fmt::format("meter {}, {} to {}", row.meter, to_iso(row.first), to_iso(row.last));
}

Result<void> keep_blocks(const Database& db, MeterId meter, const Chunk& readings) {
  for (std::size_t at = 0; at < readings.size(); at += kChunkReadings) {
    const std::size_t count = std::min(kChunkReadings, readings.size() - at);
    if (count == readings.size()) return keep_block(db, meter, readings);
    Chunk part = empty_chunk(all_channels());
    add_rows(readings, rows_from(at, count), part);
    FITHOME_TRY_VOID(keep_block(db, meter, part));
  }
  return {};
}

Result<BlockWalk> BlockWalk::begin(const Database& db, const Range& range) {
  FITHOME_TRY(Statement query,
              db.prepare("SELECT id, first_ms, last_ms, count FROM block"
                         " WHERE meter = ? AND (first_ms, id) > (?, ?) AND first_ms < ?"
                         " AND last_ms >= ? AND last_sequence <= ?"
                         " ORDER BY first_ms, id LIMIT 1"));
  return BlockWalk(std::move(query), range);
}

Result<std::optional<BlockRow>> BlockWalk::next() {
  Rows rows =
      query_.bind(meter_).bind(ms(at_)).bind(id_).bind(ms(to_)).bind(ms(from_)).bind(last_).rows();
  FITHOME_TRY(const bool found, rows.next());
  if (!found) return std::optional<BlockRow>();
  const BlockRow row = read_block_row(rows, meter_);
  at_ = row.first;
  id_ = row.id;
  return std::optional(row);
}

Result<Chunk> load_block(const Database& db, const BlockRow& row,
                         std::span<const reading::ChannelId> channels) {
  auto chunk = load(db, row, channels);
  if (!chunk) return within(hour_text(row), std::move(chunk).error());
  return chunk;
}

Result<std::optional<Chunk>> BlockLoader::load(const Database& db, const BlockRow& row,
                                               std::span<const reading::ChannelId> channels) {
  auto chunk = load_block(db, row, channels);
  if (chunk) return std::optional(*std::move(chunk));
  if (chunk.error().code != Code::corrupt) return Failure(std::move(chunk).error());
  const auto known = [&row](const BadBlock& bad) {
    return bad.meter == row.meter && bad.first == row.first && bad.last == row.last;
  };
  if (std::ranges::none_of(left_out_, known)) {
    left_out_.push_back({row.meter, row.first, row.last, row.count, std::move(chunk).error().what});
  }
  return std::optional<Chunk>();
}

Result<void> replace_block(const Database& db, const BlockRow& row, const Chunk& readings) {
  const auto [first, last] = std::ranges::minmax(readings.time);
  FITHOME_TRY(Statement update,
              db.prepare("UPDATE block SET first_ms = ?, last_ms = ?, data = ? WHERE id = ?"));
  FITHOME_TRY_VOID(update.bind(ms(first))
                       .bind(ms(last))
                       .bind(encode_block(row.meter, readings))
                       .bind(row.id)
                       .run());
  return replace_minutes(db, row.meter, row.id, readings);
}

}  // namespace fithome::store
