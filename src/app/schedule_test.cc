// SPDX-License-Identifier: MIT
#include "app/schedule.h"

#include <gtest/gtest.h>

#include "app/test_noon.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

TEST(Schedule, ADayOfSecondsNeitherDriftsNorSkips) {
  ManualClock clock(kNoon + 300us);
  Timeline timeline(clock, {});
  Schedule schedule(clock, timeline, 1s, kNoon + 1s);
  for (int second = 1; second <= 86'400; ++second) {
    const Tick tick = schedule.next();
    ASSERT_EQ(tick.stamp, kNoon + std::chrono::seconds(second));
    ASSERT_EQ(tick.skipped, 0u);
    clock.wait_until(tick.deadline, {});
    ASSERT_EQ(clock.utc(), UtcInstant(tick.stamp));
    clock.advance(7ms);  // the work
  }
}

TEST(Schedule, TheFirstReadingDoesNotWaitForAFarGridPoint) {
  ManualClock clock(kNoon + 100ms);
  Timeline timeline(clock, {});
  Schedule schedule(clock, timeline, 1s, {});

  const Tick first = schedule.next();
  EXPECT_EQ(first.deadline, clock.monotonic());
  EXPECT_EQ(first.stamp, kNoon + 100ms);
  EXPECT_EQ(schedule.next().stamp, kNoon + 1s);
}

TEST(Schedule, ANearGridPointIsWaitedFor) {
  ManualClock clock(kNoon + 700ms);
  Timeline timeline(clock, {});
  Schedule schedule(clock, timeline, 1s, {});
  EXPECT_EQ(schedule.next().stamp, kNoon + 1s);
  EXPECT_EQ(schedule.next().stamp, kNoon + 2s);
}

TEST(Schedule, ALateTickIsTakenAndTheLostOnesAreCounted) {
  ManualClock clock(kNoon);
  Timeline timeline(clock, {});
  Schedule schedule(clock, timeline, 1s, kNoon + 1s);
  clock.wait_until(schedule.next().deadline, {});
  clock.advance(3500ms);  // stuck until 12:00:04.5

  const Tick tick = schedule.next();

  EXPECT_EQ(tick.skipped, 2u);
  EXPECT_EQ(tick.stamp, kNoon + 4s);
  EXPECT_EQ(tick.deadline, clock.monotonic());
  EXPECT_EQ(schedule.next().stamp, kNoon + 5s);
}

TEST(Schedule, ACalendarThatJumpsMakesNoTickEarlyLateOrLost) {
  for (const auto jump : {-3600s, 7200s}) {
    ManualClock clock(kNoon);
    Timeline timeline(clock, {});
    Schedule schedule(clock, timeline, 1s, kNoon + 1s);
    clock.wait_until(schedule.next().deadline, {});
    const Monotonic before = clock.monotonic();
    clock.step_utc(jump);

    const Tick tick = schedule.next();

    EXPECT_EQ(tick.change.step, jump);
    EXPECT_EQ(tick.skipped, 0u);
    EXPECT_EQ(tick.deadline - before, 1s);
    EXPECT_EQ(tick.stamp, kNoon + 2s + jump);
  }
}

TEST(Schedule, FourReadingsASecondStandOnQuarters) {
  ManualClock clock(kNoon);
  Timeline timeline(clock, {});
  Schedule schedule(clock, timeline, 250ms, kNoon + 1s);
  for (int n = 0; n < 8; ++n) {
    const Tick tick = schedule.next();
    EXPECT_EQ(tick.stamp, kNoon + 1s + n * 250ms);
    clock.wait_until(tick.deadline, {});
  }
}

}  // namespace
}  // namespace fithome::app
