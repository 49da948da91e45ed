// SPDX-License-Identifier: MIT
#include "calibrate/formulas.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace fithome::calibrate {
namespace {

bool says(const Error& error, const char* part) {
  return error.what.find(part) != std::string::npos;
}

TEST(Gain, IsThatOfTheApplicationNote) {
  EXPECT_EQ(gain(32768, 220.00, 123.453), 58394) << "58394.4; the note rounds up";
  EXPECT_EQ(gain(37106, 120, 105), 42407);
  EXPECT_EQ(gain(25000, 10, 10.5), 23810);
}

TEST(Gain, NeitherWrapsNorIsQuietlyCut) {
  EXPECT_EQ(gain(32768, 1.99996, 1), 65535);
  const auto over = gain(32768, 2, 1);
  ASSERT_FALSE(over);
  EXPECT_TRUE(says(over.error(), "65536")) << over.error().what;
  EXPECT_TRUE(says(over.error(), "1 to 65535"));
  EXPECT_EQ(gain(1, 0.5, 1), 1);
  EXPECT_FALSE(gain(1, 0.49, 1));
}

TEST(Gain, RefusesWhatIsNoReference) {
  for (const double bad : {0.0, -5.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_FALSE(gain(32768, bad, 100)) << bad;
  }
  EXPECT_FALSE(gain(32768, 120, 0));
  EXPECT_FALSE(gain(32768, 120, std::nan("")));
}

TEST(Offset, IsThatOfTheApplicationNote) {
  // High word 1, low word 0xD000: 0x1D000 >> 7 = 928, of 19.5 uV each.
  const double shown = 0x1D000 / 65536.0 / 100;
  EXPECT_EQ(voltage_offset(0, Volts{shown}), -928);
  EXPECT_EQ(current_offset(0, Amps{0x1D000 / 65536.0 / 1000}), -928);
}

TEST(Offset, GoesOnFromTheOneThatIsSet) {
  EXPECT_EQ(current_offset(-900, Amps{50 * 0.001 / 512}), -950);
  EXPECT_EQ(current_offset(100, Amps{0}), 100);
  EXPECT_FALSE(current_offset(-900, Amps{0})) << "the truth is hidden below 0";
}

TEST(Offset, RefusesAnInputThatIsNotAtNothing) {
  EXPECT_TRUE(voltage_offset(0, Volts{0.63}));
  const auto live = voltage_offset(0, Volts{121});
  ASSERT_FALSE(live);
  EXPECT_TRUE(says(live.error(), "at nothing"));
  EXPECT_FALSE(current_offset(0, Amps{0.065}));
  EXPECT_FALSE(current_offset(-32000, Amps{0.05})) << "beyond -32768";
}

TEST(PowerOffset, IsSignedAndEndsAtItsRegister) {
  EXPECT_EQ(active_offset(0, Watts{0.32}), -1000);
  EXPECT_EQ(active_offset(0, Watts{-0.32}), 1000);
  EXPECT_EQ(active_offset(-100, Watts{0.032}), -200);
  EXPECT_EQ(reactive_offset(0, Vars{-5}), 15625);
  EXPECT_TRUE(active_offset(0, Watts{10.48}));
  EXPECT_FALSE(active_offset(0, Watts{10.5}));
}

TEST(PowerGain, IsThatOfTheApplicationNoteWhereThatIsAllowed) {
  EXPECT_EQ(power_gain(0, Watts{950}, Watts{1000}), 1725) << "1/0.95 - 1 = 0.0526";
  EXPECT_EQ(power_gain(0, Watts{1050}, Watts{1000}), -1560);
  EXPECT_EQ(power_gain(1725, Watts{1000}, Watts{1000}), 1725);
  // The note's example, -13.78 %, is a wrong U or I gain.
  const auto far = power_gain(0, Watts{862.2}, Watts{1000});
  ASSERT_FALSE(far);
  EXPECT_TRUE(says(far.error(), "calibrate those first"));
}

TEST(Phase, IsThatOfTheApplicationNote) {
  EXPECT_NEAR(phase_cycles(chip::Grid::hz50), 3763.739, 0.005);
  EXPECT_NEAR(phase_cycles(chip::Grid::hz60), 3136.449, 0.005);
  EXPECT_EQ(phase_by_power(0, Watts{1009.5}, Watts{1000}, chip::Grid::hz50), 36);
  EXPECT_EQ(phase_by_power(0, Watts{990.5}, Watts{1000}, chip::Grid::hz50), -36);
}

TEST(Phase, UnderAPlainLoadIsWhatTheAngleSays) {
  EXPECT_NEAR(phase_degrees(chip::Grid::hz60), 0.01055, 0.00001);
  EXPECT_EQ(phase_by_angle(0, Degrees{1}, chip::Grid::hz60), -95) << "the voltage is delayed";
  EXPECT_EQ(phase_by_angle(0, Degrees{-1}, chip::Grid::hz60), 95) << "the current is delayed";
  EXPECT_EQ(phase_by_angle(-95, Degrees{0}, chip::Grid::hz60), -95);
}

TEST(Phase, BeyondTheChipsReachIsRefusedNotCut) {
  const auto far = phase_by_angle(0, Degrees{-3}, chip::Grid::hz60);
  ASSERT_FALSE(far);
  EXPECT_TRUE(says(far.error(), "284"));
  EXPECT_FALSE(phase_by_angle(0, Degrees{40}, chip::Grid::hz60));
  EXPECT_FALSE(phase_by_power(0, Watts{-500}, Watts{1000}, chip::Grid::hz60));
}

TEST(CurrentScale, DoublesUntilTheChipsAmperesSuffice) {
  EXPECT_EQ(scale_for(Amps{60}), 1);
  EXPECT_EQ(scale_for(Amps{100}), 2);
  EXPECT_EQ(scale_for(Amps{200}), 4);
}

}  // namespace
}  // namespace fithome::calibrate
