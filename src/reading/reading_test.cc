// SPDX-License-Identifier: MIT
#include "reading/reading.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace fithome::reading {
namespace {

constexpr ChannelId kP = *find_channel("p");

TEST(Reading, KeepsAValueToTheNearestStep) {
  Reading reading;
  reading.set(kP, -1234.567);
  EXPECT_EQ(reading.steps[kP], -123457);
  EXPECT_DOUBLE_EQ(*reading.value(kP), -1234.57);
}

TEST(Reading, WhatIsNoNumberIsAbsentNeverZero) {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity(), 1e12, -1e12}) {
    Reading reading;
    reading.set(kP, 1);
    reading.set(kP, bad);
    EXPECT_FALSE(reading.value(kP)) << bad;
  }
}

TEST(Reading, NamesItsDoubts) {
  EXPECT_EQ(flag_text(0), "");
  EXPECT_EQ(flag_text(bit(Flag::simulated) | bit(Flag::late)), "simulated late");
}

TEST(Reading, EveryDoubtHasANameAndABitOfItsOwn) {
  Flags seen = 0;
  for (const FlagName& each : kFlags) {
    EXPECT_EQ(seen & bit(each.flag), 0u) << each.name;
    seen |= bit(each.flag);
    EXPECT_FALSE(each.meaning.empty());
  }
}

}  // namespace
}  // namespace fithome::reading
