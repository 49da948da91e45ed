// SPDX-License-Identifier: MIT
//
// Energy as the registers count it for a house (datasheet 3.5, figure 6).
#include <gtest/gtest.h>

#include "sim/test_rig.h"

namespace fithome::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Reg kApA = Reg::APenergyA, kAnA = Reg::ANenergyA;
constexpr Reg kApC = chip::on_line(kApA, 2), kAnC = chip::on_line(kAnA, 2);

TEST(SimEnergy, TwelveHundredWattsForTenSecondsAreTheReferencesCounts) {
  Rig rig;
  rig.load(0, 1200);
  rig.configure_exactly();
  rig.advance(seconds(10));

  EXPECT_EQ(rig.read(kApA), 1066);
  EXPECT_EQ(rig.read(Reg::APenergyT), 1066);
  EXPECT_EQ(rig.read(Reg::SAenergyT), 1066);
  EXPECT_EQ(rig.read(Reg::APenergyTF), 1066);
  EXPECT_EQ(rig.read(kAnA), 0);
  EXPECT_EQ(rig.read(kApC), 0);
  rig.advance(milliseconds(4));  // the remainder of 7.5 J was kept: 4.8 J more are a count
  EXPECT_EQ(rig.read(kApA), 1);
}

TEST(SimEnergy, IsBookedUpToTheInstantOfTheRead) {
  Rig rig;
  rig.load(0, 1125);  // 100 counts a second
  rig.configure_exactly();
  unsigned sum = 0;
  for (int i = 1; i <= 250; ++i) {
    rig.advance(milliseconds(10));
    sum += rig.read(kApA);
    EXPECT_NEAR(sum, i, 1);
  }
  EXPECT_EQ(rig.chip.counts_produced(kApA), sum);
}

TEST(SimEnergy, ExportIsCountedInItsOwnRegisters) {
  Rig rig;
  rig.load(0, -1125, -225);
  rig.configure_exactly();
  rig.advance(seconds(10));

  EXPECT_EQ(rig.read(kAnA), 1000);
  EXPECT_EQ(rig.read(Reg::ANenergyT), 1000);
  EXPECT_EQ(rig.read(Reg::RNenergyA), 200);
  EXPECT_EQ(rig.read(kApA), 0);
  EXPECT_EQ(rig.read(Reg::APenergyT), 0);
  EXPECT_EQ(rig.read(Reg::RPenergyA), 0);
}

TEST(SimEnergy, TurningATransformerStopsImportAndStartsExport) {
  Rig rig;
  rig.load(0, 1125);
  rig.configure_exactly();
  rig.advance(seconds(2));
  rig.chip.board().ct_reversed[0] = true;
  rig.settle();
  rig.read(kApA);
  rig.read(kAnA);

  rig.advance(seconds(10));

  EXPECT_EQ(rig.read(kApA), 0);
  EXPECT_NEAR(rig.read(kAnA), 1000, 1);
}

TEST(SimEnergy, TheHouseIsNettedBeforeImportAndExportAreToldApart) {
  Rig rig;
  rig.load(0, 2250);
  rig.load(2, -1125);
  rig.configure_exactly();
  rig.advance(seconds(10));

  EXPECT_EQ(rig.read(kApA), 2000);
  EXPECT_EQ(rig.read(kAnC), 1000);
  EXPECT_EQ(rig.read(Reg::APenergyT), 1000);
  EXPECT_EQ(rig.read(Reg::ANenergyT), 0);
}

TEST(SimEnergy, DoublesWithTheVoltageGain) {
  Rig rig;
  rig.load(0, 1125);
  rig.configure_exactly();
  rig.configure({{Reg::UgainA, 60000}});
  rig.advance(seconds(10));

  EXPECT_EQ(rig.read(kApA), 2000);
}

TEST(SimEnergy, AGainChangesTheCountFromTheInstantItIsWritten) {
  Rig rig;
  rig.load(0, 1125);
  rig.configure_exactly();
  rig.advance(seconds(5));
  rig.configure({{Reg::UgainA, 15000}});
  rig.advance(seconds(4));

  EXPECT_EQ(rig.read(kApA), 500 + 200);
}

TEST(SimEnergy, StopsWithMeterEnWhileMeasurementGoesOn) {
  Rig rig;
  rig.load(0, -1125);
  rig.configure_exactly();
  rig.advance(seconds(5));
  EXPECT_EQ(rig.read(Reg::EMMState1) & 0x000C, 0x000C);

  rig.configure({{Reg::MeterEn, 0}});
  rig.read(kAnA);
  const auto current = rig.read(Reg::IrmsA);
  rig.advance(seconds(5));

  EXPECT_EQ(rig.read(kAnA), 0);
  EXPECT_GT(current, 0);
  EXPECT_EQ(rig.read(Reg::IrmsA), current);
  EXPECT_EQ(rig.read(Reg::EMMState1) & 0x000F, 0) << "the directions are cleared";
  EXPECT_NEAR(rig.power(Reg::PmeanA), -1125, 0.001);
}

TEST(SimEnergy, SolarThatBalancesTheOtherLegStopsBothLegsCounters) {
  Rig rig;
  rig.load(0, 1000);
  rig.load(2, -999);
  rig.configure_exactly();
  rig.configure({{Reg::PStartTh, 7500}});  // 2.4 W
  rig.advance(seconds(10));

  EXPECT_NEAR(rig.power(Reg::PmeanT), 1, 0.001);
  EXPECT_EQ(rig.read(Reg::EMMState0) & 0x0020, 0x0020);
  for (const Reg reg : {kApA, kAnA, kApC, kAnC, Reg::APenergyT}) EXPECT_EQ(rig.read(reg), 0);

  rig.configure({{Reg::PStartTh, 0}});
  rig.advance(seconds(11));
  EXPECT_EQ(rig.read(Reg::EMMState0) & 0x0020, 0);
  EXPECT_EQ(rig.read(kApA), 977);
  EXPECT_EQ(rig.read(kAnC), 976);

  rig.load(2, -1000);  // exactly nothing is still no load, whatever the threshold
  rig.settle();
  EXPECT_EQ(rig.read(Reg::EMMState0) & 0x0020, 0x0020);
}

TEST(SimEnergy, ALineBelowItsThresholdFeedsNothing) {
  Rig rig;
  rig.load(0, 1000);
  rig.load(2, 0.2);
  rig.configure_exactly();
  rig.configure({{Reg::PPhaseTh, 750}});  // 0.24 W
  rig.advance(std::chrono::minutes(5));
  rig.read(kApC);
  EXPECT_EQ(rig.read(Reg::LastSPIData), 0);
  EXPECT_NEAR(rig.power(kPmeanC), 0.2, 0.001) << "the power register still shows it";

  rig.configure({{Reg::PPhaseTh, 0}});
  rig.advance(std::chrono::minutes(5));
  EXPECT_EQ(rig.read(kApC), 5);
}

TEST(SimEnergy, AnOverflowIsCountedAsLost) {
  Rig rig;
  rig.load(0, 24000.0 / 4);
  rig.configure_exactly();
  rig.advance(std::chrono::minutes(3));

  EXPECT_EQ(rig.read(kApA), 65535);
  EXPECT_EQ(rig.chip.counts_produced(kApA), 96000u);
  EXPECT_EQ(rig.chip.counts_lost(kApA), 96000u - 65535u);
}

TEST(SimEnergy, NoCountIsLostBetweenReadsAtAnyMoment) {
  Rig rig;
  rig.load(0, 5432.1, 123.4);
  rig.load(2, -2345.6);
  rig.configure_exactly();
  std::uint64_t sum = 0;
  for (int i = 0; i < 1000; ++i) {
    rig.advance(std::chrono::microseconds(137'911 + 7'777 * (i % 13)));
    sum += rig.read(kAnC);
  }

  const double seconds_run =
      std::chrono::duration<double>(rig.clock.monotonic().time_since_epoch()).count();
  EXPECT_EQ(rig.chip.counts_produced(kAnC), sum);
  EXPECT_NEAR(static_cast<double>(sum), 2345.6 * seconds_run / 11.25, 1.001);
  EXPECT_EQ(rig.chip.counts_lost(kAnC), 0u);
}

}  // namespace
}  // namespace fithome::sim
