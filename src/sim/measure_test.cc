// SPDX-License-Identifier: MIT
//
// What the simulated registers say of a house: the reference's vectors, gains, offsets, maps.
#include "sim/measure.h"

#include <gtest/gtest.h>

#include <numbers>

#include "sim/test_rig.h"

namespace fithome::sim {
namespace {

constexpr Reg kPfC = chip::on_line(Reg::PFmeanA, 2);
constexpr Reg kUangleB = chip::on_line(Reg::UangleA, 1);
constexpr Reg kUangleC = chip::on_line(Reg::UangleA, 2);

/// A lagging load of so many volt-amperes.
void load_at(Rig& rig, double volt_amps, double degrees) {
  const double radians = degrees * std::numbers::pi / 180;
  rig.load(0, volt_amps * std::cos(radians), volt_amps * std::sin(radians));
}

struct Words {
  double watts;
  std::uint16_t high, low;
};

class Power : public testing::TestWithParam<Words> {};

TEST_P(Power, IsTheReferencesTwoWords) {
  Rig rig;
  rig.load(0, GetParam().watts);
  rig.configure_exactly();
  rig.settle();

  EXPECT_EQ(rig.read(Reg::PmeanA), GetParam().high);
  EXPECT_EQ(rig.read(chip::low_word(Reg::PmeanA)), GetParam().low);
  EXPECT_EQ(rig.read(Reg::PmeanT), GetParam().high);
}

INSTANTIATE_TEST_SUITE_P(Vectors, Power,
                         testing::Values(Words{1200, 0x0039, 0x3870}, Words{-1200, 0xFFC6, 0xC790},
                                         Words{-16, 0xFFFF, 0x3CB0},
                                         Words{-0.00032, 0xFFFF, 0xFFFF},
                                         Words{65535 * 0.00032, 0x0000, 0xFFFF},
                                         Words{65537 * 0.00032, 0x0001, 0x0001}));

TEST(Measure, ShowsOneHundredTwentyVoltsOnTheBoardAsSold) {
  Rig rig{Board()};
  rig.configure({{Reg::UgainA, 37106}});
  rig.settle();

  EXPECT_EQ(rig.read(Reg::UrmsA), 12000);
}

TEST(Measure, TheChipDoesNotUndoItsInputAmplifier) {
  Rig rig;
  rig.load(0, 1200);  // 10 A
  rig.configure_exactly();
  rig.settle();
  EXPECT_EQ(rig.read(Reg::IrmsA), 10000);

  rig.configure({{Reg::MMode1, 0}});
  rig.settle();
  EXPECT_EQ(rig.read(Reg::IrmsA), 5000);

  rig.configure({{Reg::MMode1, 0x2A}});
  rig.settle();
  EXPECT_EQ(rig.read(Reg::IrmsA), 20000);
}

TEST(Measure, MatchingGainsGiveBackTheHouseToTheReplaysTolerance) {
  const Board board;
  Rig rig(board);
  for (std::size_t line = 0; line < 3; ++line) {
    rig.house.state.lines[line] = {Volts(118.37 + static_cast<double>(line)),
                                   Watts(1234.5 - 2000 * static_cast<double>(line)), Vars(-321.4)};
  }
  rig.configure({{Reg::MMode0, 0x1087}, {Reg::MMode1, 0x15}});
  for (int line = 0; line < 3; ++line) {
    rig.configure({{chip::on_line(Reg::UgainA, line, 4), matching_voltage_gain(board)},
                   {chip::on_line(Reg::IgainA, line, 4), matching_current_gain(board, line, 2)}});
  }
  rig.settle();

  for (int line = 0; line < 3; ++line) {
    const LineState& house = rig.house.state.lines[static_cast<std::size_t>(line)];
    const double p = house.p.value;
    const double s = std::hypot(p, house.q.value);
    EXPECT_NEAR(rig.volts(chip::on_line(Reg::UrmsA, line)), house.u.value, 0.002);
    EXPECT_NEAR(rig.amps(chip::on_line(Reg::IrmsA, line)), s / house.u.value, 0.0001);
    EXPECT_NEAR(rig.power(chip::on_line(Reg::PmeanA, line)), p, std::abs(p) * 1e-5 + 0.001);
    EXPECT_NEAR(rig.power(chip::on_line(Reg::QmeanA, line)), -321.4, 0.005);
    EXPECT_NEAR(rig.power(chip::on_line(Reg::SmeanA, line)), s, s * 1e-5 + 0.01);
  }
}

TEST(Measure, MatchingGainsAreThoseOfTheBoardAsSold) {
  Board board;
  EXPECT_EQ(matching_voltage_gain(board), 37106);
  EXPECT_EQ(matching_current_gain(board, 0, 2), 25000);

  board.ct_mv_per_amp[2] = 0;
  EXPECT_EQ(matching_current_gain(board, 2, 2), 0) << "no transformer, no current";
}

TEST(Measure, TheLowWordOfAnRmsHasEightBits) {
  Rig rig;
  rig.house.state.lines[0].u = Volts(120.00390625);  // 100/256 of the last place
  rig.configure_exactly();
  rig.settle();

  EXPECT_EQ(rig.read(Reg::UrmsA), 12000);
  EXPECT_EQ(rig.read(chip::low_word(Reg::UrmsA)), 100 << 8);
}

TEST(Measure, PowerFactorAndAngleFollowTheLoad) {
  Rig rig;
  rig.configure_exactly();
  load_at(rig, 1000, std::acos(-0.873) * 180 / std::numbers::pi);
  rig.settle();
  EXPECT_EQ(rig.read(Reg::PFmeanA), 0xFC97);

  load_at(rig, 1000, 334.2);
  rig.settle();
  EXPECT_EQ(rig.read(Reg::PAngleA), 0x0D0E);

  load_at(rig, 0, 0);
  rig.settle();
  EXPECT_EQ(rig.read(Reg::PFmeanA), 0);
  EXPECT_EQ(rig.read(Reg::PAngleA), 0);
}

TEST(Measure, LaggingLoadsHavePositiveReactivePower) {
  Rig rig;
  rig.configure_exactly();
  load_at(rig, 1000, 30);
  rig.settle();

  EXPECT_NEAR(rig.power(Reg::QmeanA), 500, 0.001);
  EXPECT_EQ(rig.read(Reg::PAngleA), 300);
}

TEST(Measure, ColdIsANegativeTemperature) {
  Rig rig;
  rig.house.state.chip_temperature = Celsius(-5);
  rig.settle();

  EXPECT_EQ(rig.read(Reg::Temp), 0xFFFB);
}

TEST(Measure, DelayingTheVoltageTurnsTheCurrentForwardDelayingTheCurrentBack) {
  Rig rig;
  rig.configure_exactly();
  load_at(rig, 5000, 60);
  const double cycles = 36 * 360 * 60 / 2.048e6;  // degrees at 60 Hz
  const auto active = [](double degrees) {
    return 5000 * std::cos(degrees * std::numbers::pi / 180);
  };

  rig.configure({{Reg::PhiA, 0x0024}});
  rig.settle();
  EXPECT_NEAR(rig.power(Reg::PmeanA), active(60 + cycles), 0.01);

  rig.configure({{Reg::PhiA, 0x8024}});
  rig.settle();
  EXPECT_NEAR(rig.power(Reg::PmeanA), active(60 - cycles), 0.01);
}

TEST(Measure, PowerGainAndOffsetsAct) {
  Rig rig;
  rig.load(0, 1000, 100);
  rig.configure_exactly();
  rig.configure({{Reg::PQGainA, 0x1475}});
  rig.settle();
  EXPECT_NEAR(rig.power(Reg::PmeanA), 1159.823, 0.02);

  rig.configure({{Reg::PQGainA, 0xF333}, {Reg::PoffsetA, 0xFFFF & -1000}, {Reg::QoffsetA, 500}});
  rig.settle();
  EXPECT_NEAR(rig.power(Reg::PmeanA), 900 - 0.32, 0.02);
  EXPECT_NEAR(rig.power(Reg::QmeanA), 90 + 0.16, 0.02);
}

TEST(Measure, ANegativeVoltageOffsetTakesAwayWhatTheReferenceSays) {
  Rig rig;
  rig.house.state.lines[0].u = Volts(0x1D000 / 65536.0 / 100);
  rig.configure_exactly();
  rig.settle();
  EXPECT_EQ(rig.read(Reg::UrmsA), 1);
  EXPECT_EQ(rig.read(chip::low_word(Reg::UrmsA)), 0xD000);

  rig.configure({{Reg::UoffsetA, 0xFC60}});
  rig.settle();
  EXPECT_EQ(rig.read(Reg::UrmsA), 0);
  EXPECT_EQ(rig.read(chip::low_word(Reg::UrmsA)), 0);
}

TEST(Measure, DoublingTheVoltageGainDoublesVoltsAndPowersButNotAnglesAndPeaks) {
  Rig rig;
  rig.load(0, 600, 300);
  rig.configure_exactly();
  rig.configure({{Reg::UgainA, 15000}});
  rig.settle();
  const double u = rig.volts(Reg::UrmsA), p = rig.power(Reg::PmeanA), q = rig.power(Reg::QmeanA),
               s = rig.power(Reg::SmeanA);
  const unsigned pf = rig.read(Reg::PFmeanA), angle = rig.read(Reg::PAngleA),
                 peak = rig.read(Reg::UPeakA);

  rig.configure({{Reg::UgainA, 30000}});
  rig.settle();

  EXPECT_NEAR(rig.volts(Reg::UrmsA), 2 * u, 0.0001);
  EXPECT_NEAR(rig.power(Reg::PmeanA), 2 * p, 0.001);
  EXPECT_NEAR(rig.power(Reg::QmeanA), 2 * q, 0.001);
  EXPECT_NEAR(rig.power(Reg::SmeanA), 2 * s, 0.01);
  EXPECT_EQ(rig.read(Reg::PFmeanA), pf);
  EXPECT_EQ(rig.read(Reg::PAngleA), angle);
  EXPECT_EQ(rig.read(Reg::UPeakA), peak);
}

TEST(Measure, PeaksAreOnTheConvertersScale) {
  Rig rig;
  rig.load(0, 1200);
  rig.configure_exactly();
  rig.settle();

  const double u_peak = rig.read(Reg::UPeakA) * 30000.0 / (100 * 8192);
  const double i_peak = rig.read(Reg::IPeakA) * 25000.0 / (1000 * 8192);
  EXPECT_NEAR(u_peak, 120 * std::numbers::sqrt2, 0.05);
  EXPECT_NEAR(i_peak, 10 * std::numbers::sqrt2, 0.05);
}

TEST(Measure, ATransformerTurnedAroundTurnsPowerNotCurrent) {
  Rig rig;
  load_at(rig, 1000, 30);
  rig.configure_exactly();
  rig.settle();
  const double i = rig.amps(Reg::IrmsA), p = rig.power(Reg::PmeanA);
  const unsigned pf = rig.read(Reg::PFmeanA);

  rig.chip.board().ct_reversed[0] = true;
  rig.settle();

  EXPECT_EQ(rig.amps(Reg::IrmsA), i);
  EXPECT_NEAR(rig.power(Reg::PmeanA), -p, 0.001);
  EXPECT_EQ(rig.read(Reg::PFmeanA), 0x10000 - pf);
  EXPECT_EQ(rig.read(Reg::PAngleA), 300 + 1800);
}

TEST(Measure, CurrentBeyondTheConverterIsClipped) {
  Rig rig;
  rig.load(0, 120 * 90);
  rig.configure_exactly();
  rig.settle();

  EXPECT_EQ(rig.read(Reg::IPeakA), 32767);
  EXPECT_NEAR(rig.amps(Reg::IrmsA), 1200 / std::numbers::sqrt2 / 12, 0.001 + 5.2)
      << "65.535 A is the end of the register";
  EXPECT_EQ(rig.read(Reg::IrmsA), 65535);
}

TEST(Measure, RegistersStopAtTheirEnd) {
  Rig rig;
  rig.load(0, 1200);
  rig.configure_exactly();
  rig.configure({{Reg::UgainA, 0xFFFF}, {Reg::IgainA, 0xFFFF}});
  rig.house.state.lines[0].u = Volts(400);
  rig.settle();

  EXPECT_EQ(rig.read(Reg::UrmsA), 0xFFFF);
  EXPECT_EQ(rig.read(chip::low_word(Reg::UrmsA)), 0xFF00);
}

TEST(Measure, OnlyLinesOfMMode0AreInTheTotals) {
  Rig rig;
  rig.load(0, 1000);
  rig.load(2, -400);
  rig.configure_exactly();
  rig.settle();
  EXPECT_NEAR(rig.power(Reg::PmeanT), 600, 0.001);
  EXPECT_NEAR(rig.power(Reg::SmeanT), 1400, 0.01);
  EXPECT_EQ(rig.read(Reg::PFmeanT), 429);
  EXPECT_EQ(rig.read(kPfC), 0x10000 - 1000);

  rig.configure({{Reg::MMode0, 0x1184}});
  rig.settle();
  EXPECT_NEAR(rig.power(Reg::PmeanT), 1000, 0.001);

  rig.configure({{Reg::MMode0, 0x118D}});
  rig.settle();
  EXPECT_NEAR(rig.power(Reg::PmeanT), 1400, 0.001);
}

TEST(Measure, ChannelMapsConnectInputsToLines) {
  Rig rig;
  rig.house.state.lines[2].u = Volts(90);
  rig.load(0, 1200);
  rig.configure_exactly();

  rig.configure({{Reg::ChannelMapU, 0x0454}});  // UC from U0
  rig.settle();
  EXPECT_EQ(rig.read(kUrmsC), 12000);

  rig.configure({{Reg::ChannelMapI, 0x0012}, {Reg::ChannelMapU, 0x0753}});  // IA from I2, UA off
  rig.settle();
  EXPECT_EQ(rig.read(Reg::IrmsA), 0);
  EXPECT_EQ(rig.read(kIrmsC), 10000);
  EXPECT_EQ(rig.read(Reg::UrmsA), 0);
  EXPECT_EQ(rig.read(kUrmsC), 0);
}

TEST(Measure, VoltageAnglesAreThoseOfTheBoard) {
  Board board = exact_board();
  board.voltage_angle = {Degrees(0), Degrees(120), Degrees(240)};
  Rig rig(board);
  rig.house.state.lines[1].u = Volts(120);
  rig.configure({{Reg::IgainA, 1}});
  rig.settle();

  EXPECT_EQ(rig.read(Reg::UangleA), 0);
  EXPECT_EQ(rig.read(kUangleB), 1200);
  EXPECT_EQ(rig.read(kUangleC), 2400);
}

TEST(Measure, TheNeutralIsTheVectorSumOfTheLines) {
  Board board = exact_board();
  board.voltage_angle[2] = Degrees(180);
  Rig rig(board);
  rig.load(0, 1200);
  rig.load(2, 960);
  rig.configure_exactly();
  rig.settle();
  EXPECT_EQ(rig.read(Reg::IrmsN), 2000);

  rig.chip.board().voltage_angle[2] = Degrees(0);  // one adapter: what it shows is no neutral
  rig.settle();
  EXPECT_EQ(rig.read(Reg::IrmsN), 18000);
}

TEST(Measure, WithoutAdapterCurrentIsStillSeenAndPowerIsNot) {
  Rig rig;
  rig.load(0, 1200);
  rig.configure_exactly();
  rig.chip.board().voltage_connected = {false, false, false};
  rig.settle();

  EXPECT_EQ(rig.read(Reg::UrmsA), 0);
  EXPECT_EQ(rig.read(Reg::IrmsA), 10000);
  EXPECT_EQ(rig.power(Reg::PmeanA), 0);
  EXPECT_EQ(rig.read(Reg::Freq), 0);
}

TEST(Measure, HarmonicsTakeTheirShareOfThePower) {
  Board board = exact_board();
  board.harmonic_share = 0.1;
  Rig rig(board);
  rig.load(0, 1000);
  rig.configure_exactly();
  rig.settle();

  EXPECT_NEAR(rig.power(chip::on_line(Reg::PmeanTF, 1)), 900, 0.001);
  EXPECT_NEAR(rig.power(chip::on_line(Reg::PmeanTH, 1)), 100, 0.001);
  EXPECT_NEAR(rig.power(Reg::PmeanTH), 100, 0.001);
}

TEST(Measure, NoiseIsSmallAndTheSameForTheSameSeed) {
  Board board = exact_board();
  board.noise = true;
  Rig one(board), two(board);
  for (Rig* rig : {&one, &two}) {
    rig->load(0, 1200);
    rig->configure_exactly();
  }
  for (int i = 0; i < 10; ++i) {
    one.settle();
    two.settle();
    EXPECT_EQ(one.long_word(Reg::PmeanA), two.long_word(Reg::PmeanA));
    EXPECT_NEAR(one.power(Reg::PmeanA), 1200, 1200 * 0.0016 + 0.05);
    EXPECT_NE(one.power(Reg::PmeanA), 1200);
    EXPECT_LT(one.amps(kIrmsC), 0.0025);
    EXPECT_GT(one.amps(kIrmsC), 0.0005);
  }
}

}  // namespace
}  // namespace fithome::sim
