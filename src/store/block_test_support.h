// SPDX-License-Identifier: MIT
//
// What the tests of the block codec share: readings of all kinds, as columns.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "store/block.h"

namespace fithome::store {

/// Readings each second from a time and number on, with no channels yet.
inline Chunk regular_chunk(std::size_t count) {
  Chunk chunk;
  for (std::size_t n = 0; n < count; ++n) {
    chunk.time.emplace_back(std::chrono::milliseconds(1'795'334'400'000 + 1000 * n));
    chunk.sequence.push_back(1'000'000 + n);
    chunk.flags.push_back(1);
  }
  return chunk;
}

inline Column full_column(reading::ChannelId id, std::vector<std::int32_t> steps) {
  const std::vector<std::uint8_t> present(steps.size(), 1);
  return {id, std::move(steps), present};
}

inline bool same(const Column& a, const Column& b) {
  return a.channel == b.channel && a.steps == b.steps && a.present == b.present;
}
inline bool same(const Chunk& a, const Chunk& b) {
  return a.sequence == b.sequence && a.time == b.time && a.flags == b.flags &&
         std::ranges::equal(a.columns, b.columns, [](auto& x, auto& y) { return same(x, y); });
}

/// Any readings at all; the same for the same seed.
class AnyReadings {
 public:
  explicit AnyReadings(std::uint64_t seed) : dice_(seed) {}

  std::size_t below(std::size_t limit) { return dice_() % limit; }
  std::uint64_t any() { return dice_(); }
  std::int32_t any_number() { return static_cast<std::int32_t>(static_cast<std::uint32_t>(any())); }

  /// All channels, in order of their numbers; some are all absent.
  Chunk chunk() {
    constexpr std::array<std::size_t, 8> counts{1, 2, 3, 64, 65, 66, 129, 500};
    return chunk(below(20) == 0 ? kChunkReadings : counts[below(counts.size())]);
  }
  Chunk chunk(std::size_t count) {
    Chunk chunk;
    for (const std::uint64_t time : regular_or_not(count)) {
      chunk.time.emplace_back(std::chrono::milliseconds(static_cast<std::int64_t>(time)));
    }
    chunk.sequence = regular_or_not(count);
    for (const std::int32_t flags : numbers(count)) {
      chunk.flags.push_back(static_cast<reading::Flags>(flags));
    }
    for (const reading::ChannelId id : all_channels()) {
      Column column{id, numbers(count), presence(count)};
      for (std::size_t n = 0; n < count; ++n) {
        if (column.present[n] == 0) column.steps[n] = 0;
      }
      chunk.columns.push_back(std::move(column));
    }
    return chunk;
  }

  std::vector<std::int32_t> numbers(std::size_t count) {
    constexpr std::array<std::int32_t, 6> extremes{std::numeric_limits<std::int32_t>::min(),
                                                   std::numeric_limits<std::int32_t>::max(),
                                                   0,
                                                   1,
                                                   -1,
                                                   100'000};
    std::vector<std::int32_t> numbers;
    const std::size_t kind = below(6);
    std::int32_t now = any_number() >> below(32);
    const std::int32_t noise = std::int32_t{1} << below(20);
    for (std::size_t n = 0; n < count; ++n) {
      if (kind == 1) now = any_number();
      if (kind == 2) now = extremes[below(extremes.size())];
      if (kind == 3) now = any_number() >> 8;
      if (kind == 3 && below(100) != 0) now = numbers.empty() ? 0 : numbers.back();
      numbers.push_back(now);
      if (kind >= 4)
        numbers.back() =
            static_cast<std::int32_t>(any() % static_cast<unsigned>(noise)) + (now >> 2);
    }
    return numbers;
  }

 private:
  std::vector<std::uint8_t> presence(std::size_t count) {
    std::vector<std::uint8_t> present;
    const std::size_t kind = below(6);
    std::uint8_t now = 1;
    for (std::size_t n = 0; n < count; ++n) {
      if (kind == 0) now = 0;
      if (kind == 1) now = static_cast<std::uint8_t>(below(2));
      if (kind == 2 && below(40) == 0) now = now == 0 ? 1 : 0;
      present.push_back(now);
    }
    return present;
  }
  // Times, and sequence numbers: on a grid, nearly, with jumps in both directions, or any.
  std::vector<std::uint64_t> regular_or_not(std::size_t count) {
    std::vector<std::uint64_t> numbers;
    const std::size_t kind = below(5);
    std::uint64_t now = any() >> below(40);
    const std::uint64_t step = any() >> (32 + below(32));
    for (std::size_t n = 0; n < count; ++n) {
      if (kind == 1) now += below(5) - 2;
      if (kind == 2 && below(30) == 0) now += any() >> 20;
      if (kind == 3 && below(30) == 0) now -= any() >> (24 + below(30));
      if (kind == 4) now = any();
      numbers.push_back(now);
      now += step;
    }
    return numbers;
  }

  std::mt19937_64 dice_;
};

}  // namespace fithome::store
