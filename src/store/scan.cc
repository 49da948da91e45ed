// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "store/reader_impl.h"

namespace fithome::store {

// Where the last chunk ended is all that is kept from one call to the next: no transaction stays
// open, so the writer's journal never grows because somebody reads slowly.
struct Scan::Impl {
  Statement query;
  Range range;
  UtcTime last_time;
  std::int64_t last_sequence = -1;
  bool done = false;
};

namespace {

Result<void> check_channels(const std::vector<reading::ChannelId>& channels) {
  const auto unknown = std::ranges::find_if(
      channels, [](reading::ChannelId id) { return id >= reading::kChannelCount; });
  if (unknown == channels.end()) return {};
  return fail(Code::invalid, fmt::format("no channel number {}", *unknown));
}

Chunk empty_chunk(const std::vector<reading::ChannelId>& channels) {
  Chunk chunk;
  for (const reading::ChannelId id : channels) chunk.columns.push_back(Column{id, {}, {}});
  return chunk;
}

void reserve(Chunk& chunk) {
  chunk.sequence.reserve(kChunkReadings);
  chunk.time.reserve(kChunkReadings);
  chunk.flags.reserve(kChunkReadings);
  for (Column& column : chunk.columns) {
    column.steps.reserve(kChunkReadings);
    column.present.reserve(kChunkReadings);
  }
}

void add_row(const Rows& rows, Chunk& chunk) {
  chunk.sequence.push_back(static_cast<Sequence>(rows.integer(0)));
  chunk.time.push_back(from_ms(rows.integer(1)));
  chunk.flags.push_back(static_cast<reading::Flags>(rows.integer(2)));
  int at = 3;
  for (Column& column : chunk.columns) {
    column.steps.push_back(rows.integer32(at));  // SQLite reads an absent one as 0
    column.present.push_back(rows.null(at) ? 0 : 1);
    ++at;
  }
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
    range.channels.resize(reading::kChannelCount);
    std::iota(range.channels.begin(), range.channels.end(), reading::ChannelId{0});
  }
  FITHOME_TRY(Statement query,
              impl_->db.prepare(fmt::format(
                  "SELECT sequence, time_ms, flags, {} FROM reading INDEXED BY reading_by_time"
                  " WHERE meter = ? AND (time_ms, sequence) > (?, ?) AND time_ms < ?"
                  " ORDER BY time_ms, sequence LIMIT {}",
                  channel_columns(range.channels), kChunkReadings)));
  auto impl = std::make_unique<Scan::Impl>(
      Scan::Impl{.query = std::move(query), .range = range, .last_time = range.from});
  return Scan(std::move(impl));
}

Result<Chunk> Scan::next() {
  Chunk chunk = empty_chunk(impl_->range.channels);
  if (impl_->done) return chunk;
  reserve(chunk);
  impl_->query.bind(impl_->range.meter)
      .bind(ms(impl_->last_time))
      .bind(impl_->last_sequence)
      .bind(ms(impl_->range.to));
  Rows rows = impl_->query.rows();
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) break;
    add_row(rows, chunk);
  }
  impl_->done = chunk.size() < kChunkReadings;
  if (chunk.size() > 0) {
    impl_->last_time = chunk.time.back();
    impl_->last_sequence = static_cast<std::int64_t>(chunk.sequence.back());
  }
  return chunk;
}

}  // namespace fithome::store
