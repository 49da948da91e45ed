// SPDX-License-Identifier: MIT
#include "store/minutes.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>

#include "store/block.h"
#include "store/test_support.h"

namespace fithome::store {
namespace {

constexpr std::int32_t kLeast = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();

/// Readings at any times, of any values.
Chunk any_readings() {
  Chunk chunk = empty_chunk(all_channels());
  const auto count = *rc::gen::inRange<std::size_t>(1, 300);
  for (std::size_t n = 0; n < count; ++n) {
    chunk.sequence.push_back(n + 1);
    chunk.time.push_back(kStart + std::chrono::milliseconds(*rc::gen::inRange(0, 9'000'000)));
    chunk.flags.push_back(static_cast<reading::Flags>(*rc::gen::inRange(0, 1 << 20)));
    for (Column& column : chunk.columns) {
      const bool present = *rc::gen::inRange(0, 4) != 0 && column.channel % 5 != 0;
      column.present.push_back(present ? 1 : 0);
      const auto steps = *rc::gen::element(0, 7, -120'000, 2'400'000, kLeast, kMost);
      column.steps.push_back(present ? steps : 0);
    }
  }
  return chunk;
}

TEST(Minutes, ComeBackFromTheirBytesExactly) {
  EXPECT_TRUE(rc::check([] {
    const Minutes minutes = minutes_of(any_readings());
    const auto bytes = encode_minutes(minutes);
    RC_ASSERT(decode_minutes(bytes, all_channels()).value() == minutes);
    RC_ASSERT(encode_minutes(minutes) == bytes);
    const std::vector<reading::ChannelId> two{7, 3};
    const Minutes some = decode_minutes(bytes, two).value();
    RC_ASSERT(some.columns.at(0) == minutes.columns[7]);
    RC_ASSERT(some.columns.at(1) == minutes.columns[3]);
  }));
}

TEST(Minutes, ReachFrom1970To9999) {
  Chunk chunk = empty_chunk(all_channels());
  chunk.time = {UtcTime{}, UtcTime(std::chrono::milliseconds(253'402'300'799'999))};
  chunk.sequence = {1, 2};
  chunk.flags = {0, 0};
  for (Column& column : chunk.columns) column.steps = {1, 2}, column.present = {1, 1};
  const Minutes minutes = minutes_of(chunk);
  EXPECT_EQ(decode_minutes(encode_minutes(minutes), all_channels()).value(), minutes);
}

TEST(Minutes, AnyDamageIsFound) {
  Chunk chunk = empty_chunk(all_channels());
  for (const auto& kept : readings_of(1, 600)) {
    chunk.sequence.push_back(chunk.size() + 1);
    chunk.time.push_back(kept.time);
    chunk.flags.push_back(kept.flags);
    for (Column& column : chunk.columns) {
      const auto steps = kept.steps[column.channel];
      column.steps.push_back(steps.value_or(0));
      column.present.push_back(steps ? 1 : 0);
    }
  }
  const auto bytes = encode_minutes(minutes_of(chunk));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    auto torn = bytes;
    torn[at] ^= std::byte{0x10};
    EXPECT_FALSE(decode_minutes(torn, all_channels())) << at;
    EXPECT_FALSE(decode_minutes(std::span(bytes).first(at), all_channels())) << at;
  }
}

}  // namespace
}  // namespace fithome::store
