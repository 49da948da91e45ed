// SPDX-License-Identifier: MIT
#include "base/units.h"

#include <gtest/gtest.h>

namespace fithome {
namespace {

TEST(Units, VoltsTimesAmpsIsApparentPower) {
  const VoltAmps s = Volts{230} * Amps{10};
  EXPECT_EQ(s, VoltAmps{2300});
}

TEST(Units, AKilowattForAnHourIsAThousandWattHours) {
  EXPECT_EQ(energy(Watts{1000}, std::chrono::hours(1)), WattHours{1000});
  EXPECT_EQ(energy(Watts{-3600}, std::chrono::milliseconds(1000)), WattHours{-1});
}

TEST(Units, ARatioOfLikeQuantitiesIsAPlainNumber) { EXPECT_EQ(Watts{50} / Watts{200}, 0.25); }

}  // namespace
}  // namespace fithome
