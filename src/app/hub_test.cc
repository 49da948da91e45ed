// SPDX-License-Identifier: MIT
#include "app/hub.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

const UtcInstant kNoon = UtcInstant(std::chrono::sys_days(std::chrono::year(2026) / 6 / 1)) + 12h;

TEST(Hub, AFaultIsToldFromItsBeginningToItsEnd) {
  ManualClock clock(kNoon);
  Hub hub(clock, {});
  EXPECT_TRUE(hub.healthy());

  hub.begin_fault("chip_absent", "no answer", "check the wires");
  clock.advance(10s);
  hub.begin_fault("chip_absent", "all zeros", "check the supply");

  const auto faults = hub.status().faults;
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].since, to_stamp(kNoon));
  EXPECT_EQ(faults[0].what, "all zeros");
  EXPECT_FALSE(hub.healthy());

  hub.end_fault("chip_absent");
  hub.end_fault("never_begun");
  EXPECT_TRUE(hub.healthy());
}

TEST(Hub, TheNewestReadingWakesTheListenerUntilItIsTakenAway) {
  ManualClock clock(kNoon);
  Hub hub(clock, {});
  std::atomic<int> woken = 0;
  hub.on_reading([&] { ++woken; });
  std::jthread sampler([&](std::stop_token stop) {
    while (!stop.stop_requested()) hub.publish({}, {});
  });
  while (woken == 0) std::this_thread::yield();

  hub.on_reading({});
  const int after = woken;
  sampler.request_stop();
  sampler.join();

  EXPECT_EQ(woken, after) << "called after it was taken away";
  EXPECT_TRUE(hub.newest());
  EXPECT_TRUE(hub.ledger());
}

}  // namespace
}  // namespace fithome::app
