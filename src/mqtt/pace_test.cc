// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "mqtt/publisher.h"

namespace fithome::mqtt {
namespace {

using std::chrono::seconds;

TEST(Pace, IsAnIntervalAndAtOnceWhenMuchChanges) {
  Pace pace(MqttConfig{});
  const Monotonic begin{};
  EXPECT_TRUE(pace.due(begin, 1000));
  pace.said(begin, 1000);
  EXPECT_FALSE(pace.due(begin + seconds(5), 1040));
  EXPECT_TRUE(pace.due(begin + seconds(5), 1050));
  EXPECT_TRUE(pace.due(begin + seconds(5), 950));
  EXPECT_TRUE(pace.due(begin + seconds(10), 1000));
}

TEST(Pace, AShareOfLittleIsNoChangeAndASecondPasses) {
  Pace pace(MqttConfig{});
  const Monotonic begin{};
  pace.said(begin, 20);
  EXPECT_FALSE(pace.due(begin + seconds(2), 29));
  EXPECT_TRUE(pace.due(begin + seconds(2), 31));
  EXPECT_FALSE(pace.due(begin + std::chrono::milliseconds(900), 5000));
}

TEST(Pace, KnowingNoMoreIsAChange) {
  Pace pace(MqttConfig{});
  const Monotonic begin{};
  pace.said(begin, 20);
  EXPECT_TRUE(pace.due(begin + seconds(2), std::nullopt));
  pace.said(begin, std::nullopt);
  EXPECT_FALSE(pace.due(begin + seconds(2), std::nullopt));
}

TEST(Pace, WhatIsMuchIsTheOwnersToSay) {
  MqttConfig config;
  config.much_watts = 500;
  config.much_percent = 20;
  Pace pace(config);
  const Monotonic begin{};
  pace.said(begin, 1000);
  EXPECT_FALSE(pace.due(begin + seconds(5), 1199));
  EXPECT_TRUE(pace.due(begin + seconds(5), 1200));
  pace.said(begin, 10'000);
  EXPECT_FALSE(pace.due(begin + seconds(5), 10'499));
  EXPECT_TRUE(pace.due(begin + seconds(5), 9'500));
}

}  // namespace
}  // namespace fithome::mqtt
