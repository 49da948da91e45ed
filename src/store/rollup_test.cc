// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>

#include "store/test_support.h"

namespace fithome::store {
namespace {

using std::chrono::milliseconds;

/// The same said in the plainest way.
std::vector<Rolled> naive(const std::vector<reading::Reading>& readings, const Range& range,
                          milliseconds step) {
  std::map<std::int64_t, std::vector<reading::Reading>> steps;
  for (const auto& reading : readings) {
    if (reading.time < range.from || reading.time >= range.to) continue;
    steps[reading.time.time_since_epoch() / step].push_back(reading);
  }
  std::vector<Rolled> rolled;
  for (const auto& [number, members] : steps) {
    Rolled& one = rolled.emplace_back();
    one.start = UtcTime(number * step);
    one.readings = static_cast<std::uint32_t>(members.size());
    for (const auto& member : members) one.flags |= member.flags;
    for (const reading::ChannelId id : range.channels) {
      Rolled::Value& value = one.values.emplace_back();
      double sum = 0;
      for (const auto& member : members) {
        const auto present = member.value(id);
        if (!present) continue;
        value.min = value.count == 0 ? *present : std::min(value.min, *present);
        value.max = value.count == 0 ? *present : std::max(value.max, *present);
        sum += *present;
        ++value.count;
      }
      if (value.count > 0) value.mean = sum / value.count;
    }
  }
  return rolled;
}

void expect_same(const std::vector<Rolled>& got, const std::vector<Rolled>& wanted) {
  RC_ASSERT(got.size() == wanted.size());
  for (std::size_t n = 0; n < got.size(); ++n) {
    RC_ASSERT(got[n].start == wanted[n].start);
    RC_ASSERT(got[n].readings == wanted[n].readings);
    RC_ASSERT(got[n].flags == wanted[n].flags);
    RC_ASSERT(got[n].values.size() == wanted[n].values.size());
    for (std::size_t k = 0; k < got[n].values.size(); ++k) {
      const auto& value = got[n].values[k];
      const auto& other = wanted[n].values[k];
      RC_ASSERT(value.count == other.count);
      RC_ASSERT(value.min == other.min);
      RC_ASSERT(value.max == other.max);
      // The naive sum is of rounded values: a millionth of a step is far more than it is off.
      RC_ASSERT(std::abs(value.mean - other.mean) < 1e-8);
    }
  }
}

TEST(Rollup, EqualsTheNaiveReckoning) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  auto readings = readings_of(1, 8000);
  for (std::size_t n = 3000; n < readings.size(); ++n) readings[n].time += std::chrono::hours(5);
  ASSERT_TRUE(store.append({.readings = readings}));
  const Reader reader = open_reader(directory.path());

  const bool holds = rc::check([&] {
    Range range;
    range.from = kStart + milliseconds(*rc::gen::inRange(-5'000'000, 30'000'000));
    range.to = range.from + milliseconds(*rc::gen::inRange(0, 30'000'000));
    range.channels = *rc::gen::container<std::vector<reading::ChannelId>>(
        4, rc::gen::inRange<reading::ChannelId>(0, reading::kChannelCount));
    const milliseconds step(*rc::gen::inRange(1'000, 40'000'000));
    const auto rolled = reader.rollup(range, step);
    RC_ASSERT(rolled.has_value());
    expect_same(*rolled, naive(readings, range, step));
  });
  EXPECT_TRUE(holds);
}

TEST(Rollup, BeginsADayAtMidnightUtcAndLeavesEmptyOnesOut) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  auto readings = readings_of(1, 3);
  readings[1].time += std::chrono::hours(24 * 3);
  readings[2].time += std::chrono::hours(24 * 3);
  ASSERT_TRUE(store.append({.readings = readings}));

  const auto days = open_reader(directory.path()).rollup({}, std::chrono::hours(24)).value();

  ASSERT_EQ(days.size(), 2U);
  EXPECT_EQ(days[0].start, at("2026-11-22T00:00:00Z"));
  EXPECT_EQ(days[0].readings, 1U);
  EXPECT_EQ(days[1].start, at("2026-11-25T00:00:00Z"));
  EXPECT_EQ(days[1].readings, 2U);
  EXPECT_EQ(days[0].values.size(), std::size_t{reading::kChannelCount});
}

TEST(Rollup, TellsAChannelThatWasNeverThereFromZero) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  reading::Reading reading{kStart, 0, {}};
  reading.steps[0] = 0;
  ASSERT_TRUE(store.append({.readings = {&reading, 1}}));
  const auto rolled =
      open_reader(directory.path()).rollup({.channels = {0, 1}}, std::chrono::hours(1)).value();
  ASSERT_EQ(rolled.size(), 1U);
  EXPECT_EQ(rolled[0].values[0].count, 1U);
  EXPECT_EQ(rolled[0].values[1].count, 0U);
}

TEST(Rollup, OfNothingIsEmpty) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  const Reader reader = open_reader(directory.path());
  EXPECT_TRUE(reader.rollup({}, std::chrono::hours(1)).value().empty());
}

TEST(Rollup, RefusesMoreThanAHundredThousandStepsAndNoneAtAll) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  std::vector<reading::Reading> readings(2, reading::Reading{kStart, 0, {}});
  readings[1].time = kStart + std::chrono::seconds(99'999);
  ASSERT_TRUE(store.append({.readings = readings}));
  const Reader reader = open_reader(directory.path());

  EXPECT_EQ(reader.rollup({}, std::chrono::seconds(1)).value().size(), 2U);
  EXPECT_EQ(reader.rollup({}, milliseconds(999)).error().code, Code::invalid);
  EXPECT_EQ(reader.rollup({}, milliseconds(0)).error().code, Code::invalid);
  EXPECT_EQ(reader.rollup({}, milliseconds(-1)).error().code, Code::invalid);
}

}  // namespace
}  // namespace fithome::store
