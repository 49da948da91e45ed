// SPDX-License-Identifier: MIT
#include "app/hand_over.h"

#include <gtest/gtest.h>

#include <thread>

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

reading::Reading reading_at(int second) {
  reading::Reading reading;
  reading.time = UtcTime(std::chrono::seconds(1'800'000'000 + second));
  return reading;
}

Parcel tick_at(int second) {
  Parcel tick;
  tick.add(store::kFirstMeter, reading_at(second), {});
  return tick;
}

TEST(HandOver, RefusesAReadingWhenFullSoThatTheSamplerNeverWaits) {
  HandOver queue(2);
  EXPECT_TRUE(queue.give(tick_at(0)));
  EXPECT_TRUE(queue.give(tick_at(1)));
  EXPECT_FALSE(queue.give(tick_at(2)));
  queue.give(store::Event{.kind = "gap"});

  const Parcel parcel = queue.take(0ns);
  EXPECT_EQ(parcel.readings.size(), 2u);
  EXPECT_EQ(parcel.ledgers.size(), 2u);
  EXPECT_EQ(parcel.events.size(), 1u);
  EXPECT_TRUE(queue.give(tick_at(3)));
}

TEST(HandOver, GrowsThinnerWhereItIsOldestAndStaysWholeWhereItIsNewest) {
  HandOver queue(100);
  std::vector<std::uint64_t> changes;
  for (int second = 0; second < 1000; ++second) {
    Parcel tick;
    tick.add(store::kFirstMeter, reading_at(second), {});
    tick.add(2, reading_at(second), {});
    tick.house.emplace_back().time = reading_at(second).time;
    ASSERT_TRUE(queue.give(tick)) << second;
    if (second == 990) queue.give(Change{.event = store::Event{.kind = "calibration"}});
  }
  const Parcel parcel = queue.take(0ns);
  ASSERT_LE(parcel.readings.size(), 100U);
  ASSERT_EQ(parcel.readings.size(), 2 * parcel.house.size());
  EXPECT_EQ(parcel.readings.front().time, reading_at(0).time);
  EXPECT_EQ(parcel.readings.back().time, reading_at(999).time);
  auto apart = std::chrono::milliseconds::max();
  for (std::size_t n = 0; n < parcel.house.size(); ++n) {
    EXPECT_EQ(parcel.readings[2 * n].time, parcel.house[n].time);
    EXPECT_EQ(parcel.readings[2 * n + 1].time, parcel.house[n].time);
    EXPECT_EQ(parcel.meters[2 * n + 1], 2);
    if (n == 0) continue;
    const auto since = parcel.house[n].time - parcel.house[n - 1].time;
    EXPECT_LE(since, apart) << "never less whole than what is older";
    apart = since;
    const bool told = (parcel.readings[2 * n].flags & bit(reading::Flag::after_gap)) != 0;
    EXPECT_TRUE(told || since == 1s);
    EXPECT_EQ(parcel.readings[2 * n].flags, parcel.readings[2 * n + 1].flags);
  }
  EXPECT_EQ(apart, 1s);
  ASSERT_EQ(parcel.events.size(), 2U) << "one a meter";
  EXPECT_EQ(parcel.events[0].kind, "gap");
  EXPECT_GT(parcel.events[0].begin, reading_at(0).time);
  ASSERT_EQ(parcel.changes.size(), 1U);
  EXPECT_EQ(parcel.readings[parcel.changes[0].before].time, reading_at(991).time);
  EXPECT_TRUE(queue.take(0ns).events.empty());
}

TEST(HandOver, AChangeStandsBetweenTheReadingsItCameBetween) {
  HandOver queue(1);
  EXPECT_TRUE(queue.give(tick_at(0)));
  const auto number = queue.give(Change{.event = store::Event{.kind = "calibration"}});

  const Parcel parcel = queue.take(0ns);

  ASSERT_EQ(parcel.changes.size(), 1u) << "though there was no room for a reading";
  EXPECT_EQ(parcel.changes[0].before, 1u);
  EXPECT_FALSE(queue.wait_stored(number, 0ns, {}));
  queue.stored(1);
  EXPECT_TRUE(queue.wait_stored(number, 0ns, {}));
}

TEST(HandOver, TakesAllOfATickOrNothing) {
  HandOver queue(3);
  Parcel both = tick_at(0);
  both.add(2, reading_at(0), {});
  both.house.emplace_back();
  EXPECT_TRUE(queue.give(both));
  EXPECT_FALSE(queue.give(both)) << "there is room for one of two";

  const Parcel parcel = queue.take(0ns);
  EXPECT_EQ(parcel.meters, (std::vector<store::MeterId>{1, 2}));
  EXPECT_EQ(parcel.readings.size(), 2u);
  EXPECT_EQ(parcel.house.size(), 1u);
}

TEST(HandOver, WhatWasGivenBeforeTheCloseIsStillTaken) {
  HandOver queue(2);
  EXPECT_TRUE(queue.give(tick_at(0)));
  queue.close();

  EXPECT_FALSE(queue.closed());
  EXPECT_EQ(queue.take(1h).readings.size(), 1u);
  EXPECT_TRUE(queue.closed());
  EXPECT_TRUE(queue.take(1h).empty());
}

TEST(HandOver, TakesACursorWithoutAnyReading) {
  HandOver queue(1);
  queue.give(store::Cursor{"mongodb", 7});

  const Parcel parcel = queue.take(1h);
  EXPECT_FALSE(parcel.empty());
  ASSERT_EQ(parcel.cursors.size(), 1U);
  EXPECT_EQ(parcel.cursors[0].taken, 7U);
}

TEST(HandOver, KeepsTheOrderAcrossThreads) {
  HandOver queue(7);
  std::jthread giver([&] {
    for (int second = 0; second < 1000; ++second) {
      queue.give_waiting(tick_at(second), {});
    }
    queue.close();
  });
  int next = 0;
  while (!queue.closed()) {
    for (const reading::Reading& reading : queue.take(1s).readings) {
      ASSERT_EQ(reading.time, reading_at(next).time);
      ++next;
    }
  }
  EXPECT_EQ(next, 1000);
}

TEST(HandOver, AWaitingGiverEndsWhenItIsToldTo) {
  HandOver queue(1);
  EXPECT_TRUE(queue.give(tick_at(0)));
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_FALSE(queue.give_waiting(tick_at(1), stop.get_token()));
}

}  // namespace
}  // namespace fithome::app
