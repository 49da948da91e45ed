// SPDX-License-Identifier: MIT
#include "app/hub.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "app/test_noon.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

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

TEST(Hub, AFaultOfOneMeterIsNotThatOfAnother) {
  ManualClock clock(kNoon);
  Hub hub(clock, {});
  hub.begin_fault("chip_absent", "no answer", "check the wires", "mains");
  hub.begin_fault("chip_absent", "no answer", "check the wires", "solar");

  hub.end_fault("chip_absent");
  hub.end_fault("chip_absent", "mains");

  const auto faults = hub.status().faults;
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].meter, "solar");
}

TEST(Hub, TellsWhatHappenedToWhoHasNotHeardOfIt) {
  ManualClock clock(kNoon);
  Hub hub(clock, {});
  EXPECT_TRUE(hub.happened(0).empty());
  const std::vector<store::Event> two{{.kind = "sag"}, {.kind = "swell"}};
  hub.happen(two);
  ASSERT_EQ(hub.happened(0).size(), 2u);
  ASSERT_EQ(hub.happened(1).size(), 1u);
  EXPECT_EQ(hub.happened(1)[0].event.kind, "swell");
  EXPECT_TRUE(hub.happened(2).empty());

  for (std::size_t n = 0; n < api::kHappenedKept; ++n) hub.happen(two);
  EXPECT_EQ(hub.happened(0).size(), api::kHappenedKept) << "memory stays as it is";
  EXPECT_EQ(hub.happened(0).back().number, 2 + 2 * api::kHappenedKept);
}

TEST(Hub, KeepsTheNewestReadingOfEachMeterAndCountsForBoth) {
  ManualClock clock(kNoon);
  api::Status identity;
  identity.meters.resize(2);
  identity.meters[0].id = 3;
  identity.meters[1].id = 1;
  Hub hub(clock, identity);
  reading::Reading reading;
  reading.time = to_stamp(kNoon);
  Parcel tick;
  tick.add(1, reading, {});
  hub.publish(tick);
  hub.count(1, [](auto& of) { ++of.missed; });

  const auto latest = hub.latest();
  ASSERT_EQ(latest.size(), 2u);
  EXPECT_FALSE(latest[0].reading);
  EXPECT_EQ(latest[1].reading, reading);
  EXPECT_FALSE(hub.newest()) << "the first meter said nothing yet";
  const api::Status status = hub.status();
  EXPECT_EQ(status.last_reading, reading.time);
  EXPECT_EQ(status.missed, 1u);
  EXPECT_EQ(status.meters[0].missed, 0u);
  EXPECT_EQ(status.meters[1].missed, 1u);
}

TEST(Hub, TheNewestReadingWakesTheListenerUntilItIsTakenAway) {
  ManualClock clock(kNoon);
  Hub hub(clock, {});
  std::atomic<int> woken = 0;
  hub.on_reading([&] { ++woken; });
  Parcel tick;
  tick.add(store::kFirstMeter, {}, {});
  std::jthread sampler([&](std::stop_token stop) {
    while (!stop.stop_requested()) hub.publish(tick);
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
