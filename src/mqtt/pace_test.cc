// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "mqtt/publisher.h"

namespace fithome::mqtt {
namespace {

using std::chrono::seconds;

TEST(Pace, IsAnIntervalAndAtOnceWhenMuchChanges) {
  Pace pace(seconds(10));
  const Monotonic begin{};
  EXPECT_TRUE(pace.due(begin, 1000));
  pace.said(begin, 1000);
  EXPECT_FALSE(pace.due(begin + seconds(5), 1040));
  EXPECT_TRUE(pace.due(begin + seconds(5), 1050));
  EXPECT_TRUE(pace.due(begin + seconds(5), 950));
  EXPECT_TRUE(pace.due(begin + seconds(10), 1000));
}

TEST(Pace, AShareOfLittleIsNoChangeAndASecondPasses) {
  Pace pace(seconds(10));
  const Monotonic begin{};
  pace.said(begin, 20);
  EXPECT_FALSE(pace.due(begin + seconds(2), 29));
  EXPECT_TRUE(pace.due(begin + seconds(2), 31));
  EXPECT_FALSE(pace.due(begin + std::chrono::milliseconds(900), 5000));
}

TEST(Pace, KnowingNoMoreIsAChange) {
  Pace pace(seconds(10));
  const Monotonic begin{};
  pace.said(begin, 20);
  EXPECT_TRUE(pace.due(begin + seconds(2), std::nullopt));
  pace.said(begin, std::nullopt);
  EXPECT_FALSE(pace.due(begin + seconds(2), std::nullopt));
}

}  // namespace
}  // namespace fithome::mqtt
