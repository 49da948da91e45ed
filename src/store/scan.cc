// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "store/block.h"
#include "store/block_table.h"
#include "store/chunk.h"
#include "store/reader_impl.h"

namespace fithome::store {
namespace {

RowNumbers rows_within(const Chunk& chunk, UtcTime from, UtcTime to) {
  RowNumbers rows;
  for (std::uint32_t row = 0; row < chunk.size(); ++row) {
    if (chunk.time[row] >= from && chunk.time[row] < to) rows.push_back(row);
  }
  return rows;
}

/// Of the readings that are not sealed.
UtcTime first_within(const View& view, const Range& range) {
  UtcTime first = UtcTime::max();
  const MeterTail* tail = view.tail().find(range.meter);
  if (tail == nullptr) return first;
  for (const UtcTime time : tail->readings.time) {
    if (time >= range.from && time < range.to) first = std::min(first, time);
  }
  return first;
}

void sort_by_time(Chunk& chunk, const std::vector<reading::ChannelId>& channels) {
  if (std::ranges::is_sorted(chunk.time)) return;
  RowNumbers rows = rows_from(0, chunk.size());
  std::ranges::sort(rows, {}, [&chunk](std::uint32_t row) {
    return std::pair(chunk.time[row], chunk.sequence[row]);
  });
  Chunk sorted = empty_chunk(channels);
  add_rows(chunk, rows, sorted);
  chunk = std::move(sorted);
}

}  // namespace

Result<void> check_channels(std::span<const reading::ChannelId> channels) {
  const auto unknown = std::ranges::find_if(
      channels, [](reading::ChannelId id) { return id >= reading::kChannelCount; });
  if (unknown == channels.end()) return {};
  return fail(Code::invalid, fmt::format("no channel number {}", *unknown));
}

// Blocks come in order of their first time, the tail where its own first time puts it; as a rule at
// the end, so it is looked at as late as that. What lies before all that is still to come can go
// out: with a clock that never fell, each block as it is.
struct Scan::Impl {
  const Reader::Impl& reader;
  Range range;
  BlockWalk walk;
  UtcTime tail_first = {};  // as it was last looked at
  std::optional<BlockRow> next_block = {};
  bool tail_taken = false;
  Chunk tail = {};     // once it is taken
  Chunk waiting = {};  // in order of time

  /// The next block or the tail, whichever begins first.
  struct Coming {
    bool is_tail = false;
    UtcTime first = UtcTime::max();
    std::size_t count = 0;  // 0: nothing is to come
  };
  Coming coming() const;
  Result<void> look_ahead();
  Result<void> load_next();
  void add(Chunk chunk);
};

namespace {

/// The first rows of `waiting`, those before `settled` and no more than a chunk.
Chunk take_front(Chunk& waiting, UtcTime settled, const std::vector<reading::ChannelId>& channels) {
  const auto end = std::ranges::lower_bound(waiting.time, settled);
  const auto count = std::min(static_cast<std::size_t>(end - waiting.time.begin()), kChunkReadings);
  if (count == waiting.size()) return std::exchange(waiting, empty_chunk(channels));
  Chunk front = empty_chunk(channels), rest = empty_chunk(channels);
  add_rows(waiting, rows_from(0, count), front);
  add_rows(waiting, rows_from(count, waiting.size() - count), rest);
  waiting = std::move(rest);
  return front;
}

}  // namespace

Scan::Scan(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Scan::Scan(Scan&&) noexcept = default;
Scan& Scan::operator=(Scan&&) noexcept = default;
Scan::~Scan() = default;

Result<Scan> Reader::scan(const Range& asked) const {
  FITHOME_TRY_VOID(check_channels(asked.channels));
  Range range = asked;
  if (range.channels.empty()) {
    range.channels.assign(all_channels().begin(), all_channels().end());
  }
  FITHOME_TRY(BlockWalk walk, BlockWalk::begin(impl_->db, range));
  return Scan(std::make_unique<Scan::Impl>(Scan::Impl{.reader = *impl_,
                                                      .range = range,
                                                      .walk = std::move(walk),
                                                      .tail = empty_chunk(range.channels),
                                                      .waiting = empty_chunk(range.channels)}));
}

/// Takes the tail if it is its turn, together with what has been sealed since the walk ended.
Result<void> Scan::Impl::look_ahead() {
  if (tail_taken || (next_block && next_block->first <= tail_first)) return {};
  FITHOME_TRY(const View view, reader.view());
  if (!next_block) {
    FITHOME_TRY(next_block, walk.next());
  }
  tail_first = first_within(view, range);
  if (next_block && next_block->first <= tail_first) return {};
  walk.end_at(view.tail().sealed());  // the rest is in the tail
  tail_taken = true;
  const MeterTail* of = view.tail().find(range.meter);
  if (of == nullptr) return {};
  add_rows(of->readings, rows_within(of->readings, range.from, range.to), tail);
  sort_by_time(tail, range.channels);
  return {};
}

Scan::Impl::Coming Scan::Impl::coming() const {
  const bool is_tail = tail.size() > 0 && (!next_block || tail.time.front() < next_block->first);
  if (is_tail) return {true, tail.time.front(), tail.size()};
  if (next_block) return {false, next_block->first, next_block->count};
  return {};
}

void Scan::Impl::add(Chunk chunk) {
  if (waiting.size() == 0) {
    waiting = std::move(chunk);
  } else {
    add_rows(chunk, rows_from(0, chunk.size()), waiting);
  }
  sort_by_time(waiting, range.channels);
}

Result<void> Scan::Impl::load_next() {
  if (coming().is_tail) {
    add(std::exchange(tail, empty_chunk(range.channels)));
    return {};
  }
  FITHOME_TRY(auto chunk, reader.blocks.load(reader.db, *next_block, range.channels));
  if (chunk) {
    const RowNumbers rows = rows_within(*chunk, range.from, range.to);
    if (rows.size() < chunk->size()) {
      Chunk within = empty_chunk(range.channels);
      add_rows(*chunk, rows, within);
      chunk = std::move(within);
    }
    add(*std::move(chunk));
  }
  FITHOME_TRY(next_block, walk.next());
  return {};
}

Result<Chunk> Scan::next() {
  Impl& of = *impl_;
  while (true) {
    FITHOME_TRY_VOID(of.look_ahead());
    const auto coming = of.coming();
    if (coming.count == 0) return take_front(of.waiting, coming.first, of.range.channels);
    const bool settled = of.waiting.size() > 0 && of.waiting.time.front() < coming.first;
    if (settled && of.waiting.size() + coming.count > kChunkReadings) {
      return take_front(of.waiting, coming.first, of.range.channels);
    }
    FITHOME_TRY_VOID(of.load_next());
  }
}

}  // namespace fithome::store
