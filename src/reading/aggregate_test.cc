// SPDX-License-Identifier: MIT
#include "reading/aggregate.h"

#include <gtest/gtest.h>

namespace fithome::reading {
namespace {

constexpr ChannelId kPower = house_channel(Quantity::active_power);

TEST(Summary, GivesLeastMeanAndGreatestInTheChannelsUnit) {
  Summary summary;
  for (const std::int32_t steps : {-500, 1500, 2000}) summary.add(steps);
  const auto value = summary.in_unit(kPower);
  EXPECT_EQ(value.count, 3U);
  EXPECT_DOUBLE_EQ(value.min, -5.0);
  EXPECT_DOUBLE_EQ(value.mean, 10.0);
  EXPECT_DOUBLE_EQ(value.max, 20.0);
}

TEST(Summary, OfNothingHasNoCount) { EXPECT_EQ(Summary().in_unit(kPower), Summary::Value()); }

TEST(Summary, DoesNotOverflowOnADayOfTheGreatestValue) {
  Summary summary;
  const std::int32_t most = std::numeric_limits<std::int32_t>::max();
  for (int n = 0; n < 86'400; ++n) summary.add(most);
  EXPECT_DOUBLE_EQ(summary.in_unit(kPower).mean, most * 0.01);
}

}  // namespace
}  // namespace fithome::reading
