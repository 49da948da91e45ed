// SPDX-License-Identifier: MIT
//
// Power-on, reset, time base and the watch over the configuration.
#include "sim/sim_chip.h"

#include <gtest/gtest.h>

#include "sim/test_rig.h"

namespace fithome::sim {
namespace {

using std::chrono::milliseconds;

TEST(SimChip, ShowsTheDatasheetsValuesAtPowerOn) {
  Rig rig;

  EXPECT_EQ(rig.read(Reg::LastSPIData), 0);
  const struct {
    unsigned address, value;
  } expected[] = {{0x00, 0},      {0x01, 0x0210}, {0x02, 0x0654}, {0x05, 0x143F}, {0x06, 0xC000},
                  {0x07, 1},      {0x08, 0x1000}, {0x09, 0x0400}, {0x0A, 0xFFFF}, {0x0B, 0xC000},
                  {0x0C, 0x1324}, {0x0D, 0x13EC}, {0x0E, 0x010F}, {0x22, 5000},   {0x23, 25},
                  {0x31, 0x0861}, {0x32, 0xC468}, {0x33, 0x0087}, {0x34, 0},      {0x61, 0x8000},
                  {0x62, 0x8000}, {0x65, 0x8000}, {0x6A, 0x8000}, {0x63, 0},      {0x70, 0},
                  {0x71, 0},      {0x73, 0},      {0x79, 0},      {0x7F, 0},      {0x80, 0},
                  {0xD9, 0},      {0xF8, 0}};
  for (const auto& [address, value] : expected) {
    EXPECT_EQ(rig.read(address), value) << std::hex << address;
  }
}

TEST(SimChip, AfterAResetTheFactoryGainsReadAPlausibleButWrongVoltage) {
  Rig rig{Board()};
  rig.configure({{Reg::UgainA, 37106}});
  rig.settle();
  EXPECT_EQ(rig.read(Reg::UrmsA), 12000);

  rig.chip.brown_out();
  rig.settle();

  EXPECT_NEAR(rig.read(Reg::UrmsA), 10597, 1);
}

TEST(SimChip, SoftResetInTheMiddleOfAPollPutsEverythingBack) {
  Rig rig;
  rig.load(0, 5000);
  rig.configure_exactly();
  rig.advance(std::chrono::seconds(10));
  rig.read(Reg::PmeanA);

  rig.write(Reg::SoftReset, 0x789A);
  rig.advance(milliseconds(16));

  EXPECT_EQ(rig.read(Reg::LastSPIData), 0);
  EXPECT_EQ(rig.read(chip::low_word(Reg::PmeanA)), 0);
  EXPECT_EQ(rig.read(Reg::MeterEn), 0);
  EXPECT_EQ(rig.read(Reg::UgainA), 0x8000);
  EXPECT_EQ(rig.read(Reg::APenergyT), 0);
  EXPECT_EQ(rig.read(Reg::APenergyA), 0);
}

TEST(SimChip, OnlyTheKeyResets) {
  Rig rig;
  rig.configure_exactly();

  rig.write(Reg::SoftReset, 0x1234);

  EXPECT_EQ(rig.read(Reg::UgainA), 30000);
  EXPECT_EQ(rig.read(Reg::SoftReset), 0);
}

TEST(SimChip, TheCurrentDetectorOutlivesABrownOutButNotALossOfPower) {
  Rig rig;
  rig.configure({{Reg::DetectTh1, 0x0101}, {Reg::UgainA, 1}});

  rig.chip.brown_out();
  rig.settle();
  EXPECT_EQ(rig.read(Reg::DetectTh1), 0x0101);
  EXPECT_EQ(rig.read(Reg::UgainA), 0x8000);

  rig.chip.power_cycle();
  rig.settle();
  EXPECT_EQ(rig.read(Reg::DetectTh1), 0);
}

TEST(SimChip, MeasurementsStandStillForSixteenCyclesThenChangeTogether) {
  Rig rig;
  rig.load(0, 1000);
  rig.configure_exactly();  // in the first window, which began at construction
  const Nanoseconds window(266'666'667);
  rig.advance(window - Nanoseconds(1));
  for (const Reg reg : {Reg::UrmsA, Reg::IrmsA, Reg::PmeanT, Reg::Freq})
    EXPECT_EQ(rig.read(reg), 0);

  rig.advance(Nanoseconds(1));
  EXPECT_EQ(rig.read(Reg::UrmsA), 12000);
  EXPECT_EQ(rig.read(Reg::Freq), 6000);
  EXPECT_NEAR(rig.power(Reg::PmeanA), 1000, 0.001);

  rig.house.state.lines[0] = {Volts(110), Watts(2000), Vars(0)};
  rig.advance(window - Nanoseconds(1));
  EXPECT_EQ(rig.read(Reg::UrmsA), 12000);
  EXPECT_NEAR(rig.power(Reg::PmeanA), 1000, 0.001);
  EXPECT_NEAR(rig.power(Reg::PmeanT), 1000, 0.001);

  rig.advance(Nanoseconds(1));
  EXPECT_EQ(rig.read(Reg::UrmsA), 11000);
  EXPECT_NEAR(rig.power(Reg::PmeanA), 2000, 0.001);
  EXPECT_NEAR(rig.power(Reg::PmeanT), 2000, 0.001);
}

TEST(SimChip, AtFiftyHertzAWindowIsThreeHundredTwentyMilliseconds) {
  Rig rig;
  rig.house.state.f = Hertz(50);
  rig.configure_exactly();

  rig.advance(Nanoseconds(319'999'999));
  EXPECT_EQ(rig.read(Reg::Freq), 0);
  rig.advance(Nanoseconds(1));
  EXPECT_EQ(rig.read(Reg::Freq), 5000);
}

TEST(SimChip, CountsWindowsAnewFromAReset) {
  Rig rig;
  rig.advance(milliseconds(100));
  rig.chip.brown_out();

  rig.advance(milliseconds(16) + Nanoseconds(266'666'666));
  EXPECT_EQ(rig.read(Reg::Freq), 0);
  rig.advance(Nanoseconds(1));
  EXPECT_EQ(rig.read(Reg::Freq), 6000);
}

TEST(SimChip, ALockedConfigurationThatNobodyTouchesHasNoCrcError) {
  Rig rig;
  rig.configure_exactly();
  rig.advance(std::chrono::minutes(1));

  EXPECT_EQ(rig.read(Reg::CRCErrStatus), 0);
}

TEST(SimChip, TheDigestIsReadyOnePassAfterTheLockAndFollowsTheConfiguration) {
  Rig rig;
  rig.configure_exactly();
  rig.advance(milliseconds(13));
  EXPECT_EQ(rig.read(Reg::CRCDigest), 0);
  rig.advance(milliseconds(1));
  const std::uint16_t first = rig.read(Reg::CRCDigest);
  EXPECT_NE(first, 0);

  rig.configure({{Reg::UgainA, 30001}});
  rig.advance(milliseconds(14));
  EXPECT_NE(rig.read(Reg::CRCDigest), first);
  EXPECT_EQ(rig.read(Reg::CRCErrStatus), 0);

  rig.configure({{Reg::UgainA, 30000}});
  rig.advance(milliseconds(14));
  EXPECT_EQ(rig.read(Reg::CRCDigest), first);
}

TEST(SimChip, AFlippedConfigurationBitIsAnErrorWithinFourteenToTwentyEightMilliseconds) {
  for (int offset_ms = 14; offset_ms < 28; ++offset_ms) {
    Rig rig;
    rig.configure_exactly();
    rig.advance(milliseconds(offset_ms));

    rig.chip.flip_config_bit(0x61, 3);

    rig.advance(milliseconds(14) - Nanoseconds(1));
    EXPECT_EQ(rig.read(Reg::CRCErrStatus), 0) << offset_ms;
    rig.advance(milliseconds(14) + Nanoseconds(1));
    EXPECT_EQ(rig.read(Reg::CRCErrStatus), 1) << offset_ms;
    EXPECT_EQ(rig.read(Reg::UgainA), 30000 ^ 8);
  }
}

TEST(SimChip, AGoldenDigestGivenByTheDriverIsComparedWith) {
  Rig rig;
  rig.configure_exactly();
  rig.advance(milliseconds(14));
  const unsigned digest = rig.read(Reg::CRCDigest);

  rig.write(Reg::CfgRegAccEn, 0xAA55);
  rig.write(Reg::CRCDigest, digest);
  rig.advance(milliseconds(28));
  EXPECT_EQ(rig.read(Reg::CRCErrStatus), 0);

  rig.write(Reg::CRCDigest, digest ^ 1);
  rig.advance(milliseconds(28));
  EXPECT_EQ(rig.read(Reg::CRCErrStatus), 1);
}

TEST(SimChip, LivesOnWhenTheCalendarIsSet) {
  Rig rig;
  rig.load(0, 3600);
  rig.configure_exactly();
  rig.advance(std::chrono::seconds(5));
  rig.clock.step_utc(-std::chrono::hours(1));
  rig.advance(std::chrono::seconds(5));

  EXPECT_EQ(rig.read(Reg::APenergyA), 3200);  // 10 Wh
}

}  // namespace
}  // namespace fithome::sim
