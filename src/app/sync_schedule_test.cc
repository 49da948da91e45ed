// SPDX-License-Identifier: MIT
#include "app/sync_schedule.h"

#include <gtest/gtest.h>

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

const UtcTime kStart = UtcTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 25));
const Monotonic kNow{100s};

TEST(SyncSchedule, LeavesAtMostTheIntervalToAPowerCut) {
  SyncSchedule schedule(10s);
  int unsynced = 0;
  int worst = 0;
  for (int second = 0; second < 100; ++second) {
    schedule.appended(kStart + 1s * second, kStart + 1s * second, kNow);
    ++unsynced;
    if (schedule.due(kNow)) {
      schedule.synced();
      unsynced = 0;
    }
    worst = std::max(worst, unsynced);
  }
  EXPECT_EQ(worst, 10);
}

TEST(SyncSchedule, SyncsEveryBatchWhenNothingMayBeLost) {
  SyncSchedule schedule(0s);
  EXPECT_FALSE(schedule.due(kNow)) << "there is nothing to sync";
  schedule.appended(kStart, kStart, kNow);
  EXPECT_TRUE(schedule.due(kNow));
}

TEST(SyncSchedule, SyncsWhatNothingFollows) {
  SyncSchedule schedule(10s);
  schedule.appended({}, {}, kNow);  // an event
  EXPECT_FALSE(schedule.due(kNow + 9s));
  EXPECT_TRUE(schedule.due(kNow + 10s));
  schedule.synced();
  EXPECT_FALSE(schedule.due(kNow + 100s));
}

TEST(SyncSchedule, IsNotPutOffByAClockThatIsSetBack) {
  SyncSchedule schedule(10s);
  schedule.appended(kStart, kStart, kNow);
  schedule.appended(kStart - 1h, kStart - 1h, kNow);
  EXPECT_TRUE(schedule.due(kNow));
}

}  // namespace
}  // namespace fithome::app
