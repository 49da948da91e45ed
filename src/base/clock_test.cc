// SPDX-License-Identifier: MIT
#include "base/clock.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/time.h"

namespace fithome {
namespace {

using namespace std::chrono_literals;

const UtcInstant kStart = UtcInstant(std::chrono::sys_days(std::chrono::year(2026) / 6 / 1));

TEST(ManualClock, WaitingJumpsToTheDeadlineAndNeverBack) {
  ManualClock clock(kStart);
  const Monotonic begin = clock.monotonic();

  EXPECT_TRUE(clock.wait_until(begin + 24h, {}));
  EXPECT_TRUE(clock.wait_until(begin + 1h, {}));

  EXPECT_EQ(clock.monotonic() - begin, 24h);
  EXPECT_EQ(clock.utc(), kStart + 24h);
}

TEST(ManualClock, ACalendarStepLeavesTheMonotonicClockAlone) {
  ManualClock clock(kStart);
  const Monotonic before = clock.monotonic();

  clock.step_utc(-1h);

  EXPECT_EQ(clock.monotonic(), before);
  EXPECT_EQ(clock.utc(), kStart - 1h);
}

TEST(ScaledClock, RunsAsManyTimesFasterAsItIsTold) {
  ScaledClock clock(kStart, 3600);
  const Monotonic begin = clock.monotonic();

  EXPECT_TRUE(clock.wait_until(begin + 30s, {}));

  EXPECT_GE(clock.monotonic() - begin, 30s);
  EXPECT_GE(clock.utc(), kStart + 30s);
}

TEST(SystemClock, AWaitEndsAtOnceWhenStopIsAsked) {
  SystemClock clock;
  bool waited_to_the_end = true;
  std::jthread waiter([&](std::stop_token stop) {
    waited_to_the_end = clock.wait_until(clock.monotonic() + 1h, stop);
  });

  waiter.request_stop();
  waiter.join();

  EXPECT_FALSE(waited_to_the_end);
}

TEST(SystemClock, DoesNotWakeBeforeTheDeadline) {
  SystemClock clock;
  const Monotonic deadline = clock.monotonic() + 5ms;

  EXPECT_TRUE(clock.wait_until(deadline, {}));

  EXPECT_GE(clock.monotonic(), deadline);
}

}  // namespace
}  // namespace fithome
