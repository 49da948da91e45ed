// SPDX-License-Identifier: MIT
//
// Vectors worked out by hand from the datasheet's weights; tolerance: double's own rounding.
#include "chip/decode.h"

#include <gtest/gtest.h>

namespace fithome::chip {
namespace {

constexpr double kExact = 1e-9;

TEST(Decode, ReadsImportedPower) {
  EXPECT_NEAR(active_power(Word{0x0039}, Word{0x3870}).value, 1200, kExact);
}

TEST(Decode, ReadsExportedPowerAsNegative) {
  EXPECT_NEAR(active_power(Word{0xFFC6}, Word{0xC790}).value, -1200, kExact);
  EXPECT_NEAR(active_power(Word{0xFFFF}, Word{0x3CB0}).value, -16, kExact);
  EXPECT_NEAR(active_power(Word{0xFFFF}, Word{0xFFFF}).value, -0.00032, kExact);
}

TEST(Decode, KeepsTheEndsOfThePowerRange) {
  EXPECT_NEAR(active_power(Word{0x7FFF}, Word{0xFFFF}).value, 687194.76704, 1e-6);
  EXPECT_NEAR(active_power(Word{0x8000}, Word{0x0000}).value, -687194.76736, 1e-6);
}

TEST(Decode, ReadsVoltageWithItsFinePart) {
  EXPECT_NEAR(voltage(Word{0x2EE0}, Word{0}).value, 120.00, kExact);
  EXPECT_NEAR(voltage(Word{0x2EE0}, Word{0x8000}).value, 120.005, kExact);
  EXPECT_NEAR(voltage(Word{0x2EE0}, Word{0x80FF}).value, 120.005, kExact);  // low byte is no data
}

TEST(Decode, ReadsCurrentAsUnsigned) {
  EXPECT_NEAR(current(Word{0xFFFF}, Word{0}).value, 65.535, kExact);
  EXPECT_NEAR(current(Word{10000}, Word{0x4000}).value, 10.00025, kExact);
  EXPECT_NEAR(neutral_current(Word{0x8000}).value, 32.768, kExact);
}

TEST(Decode, ReadsPowerFactorAndTemperatureBelowZero) {
  EXPECT_NEAR(power_factor(Word{0xFC97}), -0.873, kExact);
  EXPECT_NEAR(temperature(Word{0xFFFB}).value, -5, kExact);
}

TEST(Decode, ReadsAnglesInBothOfTheDatasheetsForms) {
  EXPECT_NEAR(angle(Word{0x0D0E}).value, -25.8, kExact);  // 334.2
  EXPECT_NEAR(angle(Word{1800}).value, 180, kExact);
  EXPECT_NEAR(angle(Word{1801}).value, -179.9, kExact);
  EXPECT_NEAR(angle(Word{3600}).value, 0, kExact);
  EXPECT_NEAR(angle(Word{static_cast<std::uint16_t>(-258)}).value, -25.8, kExact);
}

TEST(Decode, ScalesPeaksByTheGain) {
  EXPECT_NEAR(voltage_peak(Word{3747}, 37106).value, 169.72, 0.03);  // 120 V sine, one count 45 mV
  EXPECT_NEAR(voltage_peak(Word{static_cast<std::uint16_t>(-3747)}, 37106).value, 169.72, 0.03);
  EXPECT_NEAR(current_peak(Word{4634}, 25000).value, 14.142, 0.003);
  EXPECT_TRUE(peak_clipped(Word{0x8000}));
  EXPECT_TRUE(peak_clipped(Word{32767}));
  EXPECT_FALSE(peak_clipped(Word{32699}));
}

TEST(Decode, ReadsFrequency) { EXPECT_NEAR(frequency(Word{6001}).value, 60.01, kExact); }

}  // namespace
}  // namespace fithome::chip
