// SPDX-License-Identifier: MIT
#include "reading/channels.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace fithome::reading {
namespace {

std::string decimal(std::string_view channel, std::int32_t steps) {
  std::string out;
  append_decimal(out, *find_channel(channel), steps);
  return out;
}

TEST(Channels, NamesAreFixedForEver) {
  std::string names;
  for (const Channel& channel : kChannels) names += std::string(channel.name) + " ";
  EXPECT_EQ(names,
            "p q s pf f temp u_a i_a p_a q_a s_a pf_a u_b i_b p_b q_b s_b pf_b "
            "u_c i_c p_c q_c s_c pf_c ");
}

TEST(Channels, EachNameFindsItselfAndNoOther) {
  for (ChannelId id = 0; id < kChannelCount; ++id) EXPECT_EQ(find_channel(kChannels[id].name), id);
  EXPECT_FALSE(find_channel("pa"));
  EXPECT_FALSE(find_channel("time"));
  EXPECT_EQ(kChannels[line_channel(Quantity::voltage, 2)].name, "u_c");
  EXPECT_EQ(kChannels[house_channel(Quantity::power_factor)].name, "pf");
}

TEST(Channels, AreWrittenWithTheDecimalsOfTheirStep) {
  EXPECT_EQ(decimal("p", 12345), "123.45");
  EXPECT_EQ(decimal("p", -5), "-0.05");
  EXPECT_EQ(decimal("p", 0), "0.00");
  EXPECT_EQ(decimal("pf", -1000), "-1.000");
  EXPECT_EQ(decimal("temp", -7), "-7");
  EXPECT_EQ(decimal("p", std::numeric_limits<std::int32_t>::min()), "-21474836.48");
}

}  // namespace
}  // namespace fithome::reading
