// SPDX-License-Identifier: MIT
#include "store/block.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>

#include "store/block_header.h"
#include "store/column_order.h"
#include "store/crc32.h"
#include "store/grid.h"

namespace fithome::store {
namespace {

using reading::ChannelId;
using reading::kChannelCount;
using reading::kChannels;

bool any_present(const Column& column) {
  return std::ranges::find(column.present, 1) != column.present.end();
}
bool all_present(const Column& column) {
  return std::ranges::find(column.present, 0) == column.present.end();
}

class BlockWriter {
 public:
  BlockWriter(MeterId meter, const Chunk& readings) : readings_(readings) {
    header_.meter = meter;
    header_.count = readings.size();
  }

  std::vector<std::byte> write() {
    write_times();
    write_flags();
    write_sequence();
    write_channels();
    std::vector<std::byte> out = header_bytes(header_);
    out.insert(out.end(), body_.begin(), body_.end());
    return out;
  }

 private:
  void write_times() {
    std::vector<std::uint64_t> times;
    for (const UtcTime time : readings_.time) {
      times.push_back(static_cast<std::uint64_t>(time.time_since_epoch().count()));
    }
    header_.time = fit_grid(times);
    const Deviations found = deviations(header_.time, times);
    write_special(kTimeColumn, found.low);
    write_special(kTimeHighColumn, found.high);
  }
  void write_sequence() {
    header_.sequence = fit_grid(readings_.sequence);
    const Deviations found = deviations(header_.sequence, readings_.sequence);
    write_special(kSequenceColumn, found.low);
    write_special(kSequenceHighColumn, found.high);
  }
  void write_flags() {
    std::vector<std::int32_t> flags;
    bool any = false;
    for (const reading::Flags one : readings_.flags) {
      flags.push_back(static_cast<std::int32_t>(one));
      any = any || one != 0;
    }
    if (any) write_special(kFlagsColumn, flags);
  }
  void write_special(std::string_view name, const std::vector<std::int32_t>& numbers) {
    if (!numbers.empty()) write_column(name, 0, {numbers, {}}, {});
    // It is no one's kin: what it was made of may go.
    if (!numbers.empty()) views_.back() = {};
  }

  void write_channels() {
    std::array<const Column*, kChannelCount> columns{};
    std::array<bool, kChannelCount> measured{};
    for (const Column& column : readings_.columns) {
      columns[column.channel] = &column;
      measured[column.channel] = any_present(column);
    }
    for (const ChannelId id : column_order()) {
      if (!measured[id]) continue;
      const auto kin = kin_of(id, measured);
      numbers_[id] = static_cast<std::uint8_t>(header_.columns.size());
      ColumnView view{columns[id]->steps, columns[id]->present};
      if (all_present(*columns[id])) view.present = {};
      write_column(kChannels[id].name, kChannels[id].decimals, view, kin);
    }
  }
  std::vector<Kinship> kin_of(ChannelId id, const std::array<bool, kChannelCount>& measured) const {
    std::vector<Kinship> kin;
    for (const Relative& relative : relatives(id, measured)) {
      Kinship kinship{.relation = relative.relation};
      for (const ChannelId operand : relative.operands) {
        kinship.operands[kinship.count++] = numbers_[operand];
      }
      kin.push_back(kinship);
    }
    return kin;
  }

  void write_column(std::string_view name, int decimals, const ColumnView& view,
                    std::span<const Kinship> kin) {
    ColumnEntry entry{.name = std::string(name), .decimals = static_cast<std::uint8_t>(decimals)};
    entry.code = choose_code(view, kin, views_);
    const std::size_t begin = body_.size();
    append_column(view, entry.code, views_, body_);
    entry.size = body_.size() - begin;
    entry.crc = crc32(std::span(body_).subspan(begin));
    header_.columns.push_back(std::move(entry));
    views_.push_back(view);
  }

  const Chunk& readings_;
  BlockHeader header_;
  std::vector<std::byte> body_;
  std::vector<ColumnView> views_;
  std::array<std::uint8_t, kChannelCount> numbers_{};  // of the channels' columns
};

// What is needed of a block for some channels: their columns, and all that these are reckoned from.
std::vector<bool> needed_columns(const BlockHeader& header, std::span<const ChannelId> channels) {
  std::vector<bool> needed(header.columns.size() + 1);  // one more for those that are not there
  for (const auto name :
       {kTimeColumn, kTimeHighColumn, kSequenceColumn, kSequenceHighColumn, kFlagsColumn}) {
    needed[find_column(header, name)] = true;
  }
  for (const ChannelId id : channels) needed[find_column(header, kChannels[id].name)] = true;
  needed.pop_back();
  for (std::size_t n = needed.size(); n-- > 0;) {
    if (!needed[n]) continue;
    for (const std::uint8_t kin : header.columns[n].code.kinship.columns()) needed[kin] = true;
  }
  return needed;
}

class BlockReader {
 public:
  BlockReader(std::span<const std::byte> bytes, const BlockHeader& header)
      : bytes_(bytes),
        header_(header),
        columns_(header.columns.size()),
        views_(header.columns.size()) {}

  Result<Block> read(std::span<const ChannelId> channels) {
    const auto needed = needed_columns(header_, channels);
    for (std::size_t n = 0; n < needed.size(); ++n) {
      if (needed[n]) FITHOME_TRY_VOID(read_one(n));
    }
    Block block{.meter = header_.meter, .readings = {}};
    block.readings.time = times();
    block.readings.sequence = on_grid(header_.sequence, kSequenceColumn, kSequenceHighColumn);
    block.readings.flags = flags();
    for (std::size_t n = 0; n < channels.size(); ++n) {
      const auto before = std::ranges::find(channels.first(n), channels[n]);
      const auto at = static_cast<std::size_t>(before - channels.begin());
      block.readings.columns.push_back(at < n ? Column(block.readings.columns[at])
                                              : taken(channels[n]));
    }
    return block;
  }

 private:
  Result<void> read_one(std::size_t n) {
    const ColumnEntry& entry = header_.columns[n];
    if (entry.offset + entry.size > bytes_.size()) {
      return fail(Code::corrupt, fmt::format("block: cut off in column {}", entry.name));
    }
    const auto bytes = bytes_.subspan(entry.offset, entry.size);
    if (crc32(bytes) != entry.crc) {
      return fail(Code::corrupt, fmt::format("block: column {} is damaged", entry.name));
    }
    const auto wrong = read_column(bytes, entry.code, views_, header_.count, columns_[n]);
    if (!wrong.empty()) {
      return fail(Code::corrupt, fmt::format("block: column {}: {}", entry.name, wrong));
    }
    views_[n] = columns_[n].view();
    return {};
  }

  std::span<const std::int32_t> steps_of(std::string_view name) const {
    const std::size_t n = find_column(header_, name);
    if (n == columns_.size()) return {};
    return columns_[n].steps;
  }
  std::vector<std::uint64_t> on_grid(const Grid& grid, std::string_view low,
                                     std::string_view high) const {
    std::vector<std::uint64_t> numbers(header_.count);
    add_grid(grid, steps_of(low), steps_of(high), numbers);
    return numbers;
  }
  std::vector<UtcTime> times() const {
    std::vector<UtcTime> times;
    times.reserve(header_.count);
    for (const std::uint64_t time : on_grid(header_.time, kTimeColumn, kTimeHighColumn)) {
      times.emplace_back(std::chrono::milliseconds(static_cast<std::int64_t>(time)));
    }
    return times;
  }
  std::vector<reading::Flags> flags() const {
    std::vector<reading::Flags> flags(header_.count);
    const auto steps = steps_of(kFlagsColumn);
    for (std::size_t n = 0; n < steps.size(); ++n) flags[n] = static_cast<reading::Flags>(steps[n]);
    return flags;
  }
  Column taken(ChannelId id) {
    Column column{.channel = id, .steps = {}, .present = {}};
    const std::size_t n = find_column(header_, kChannels[id].name);
    const bool there = n < columns_.size();
    if (there) column.steps = std::move(columns_[n].steps);
    if (there) column.present = std::move(columns_[n].present);
    column.steps.resize(header_.count);
    if (column.present.empty()) column.present.resize(header_.count, there ? 1 : 0);
    return column;
  }

  std::span<const std::byte> bytes_;
  const BlockHeader& header_;
  std::vector<DecodedColumn> columns_;
  std::vector<ColumnView> views_;
};

void check_chunk(const Chunk& readings) {
  const std::size_t count = readings.size();
  FITHOME_CHECK(count >= 1 && count <= kChunkReadings, "a block holds 1 to 3600 readings");
  FITHOME_CHECK(readings.sequence.size() == count && readings.flags.size() == count,
                "columns of one block are equally long");
  std::array<bool, kChannelCount> seen{};
  for (const Column& column : readings.columns) {
    FITHOME_CHECK(column.steps.size() == count && column.present.size() == count,
                  "columns of one block are equally long");
    FITHOME_CHECK(column.channel < kChannelCount && !seen[column.channel],
                  "a channel of the table stands in a block once");
    seen[column.channel] = true;
  }
}

}  // namespace

std::span<const reading::ChannelId> all_channels() {
  static const auto all = [] {
    std::array<reading::ChannelId, reading::kChannelCount> ids{};
    std::iota(ids.begin(), ids.end(), reading::ChannelId{0});
    return ids;
  }();
  return all;
}

std::vector<std::byte> encode_block(MeterId meter, const Chunk& readings) {
  check_chunk(readings);
  return BlockWriter(meter, readings).write();
}

Result<Block> decode_block(std::span<const std::byte> bytes, std::span<const ChannelId> channels) {
  FITHOME_TRY(const BlockHeader header, read_header(bytes));
  return BlockReader(bytes, header).read(channels);
}

Result<std::size_t> block_prefix(std::span<const std::byte> head,
                                 std::span<const ChannelId> channels) {
  FITHOME_TRY(const BlockHeader header, read_header(head));
  const auto needed = needed_columns(header, channels);
  std::size_t end = header.size;
  for (std::size_t n = 0; n < needed.size(); ++n) {
    if (needed[n]) end = header.columns[n].offset + header.columns[n].size;
  }
  return end;
}

}  // namespace fithome::store
