// SPDX-License-Identifier: MIT
//
// The chip's state bits, their latches and the thresholds behind them.
#include "sim/status.h"

#include <gtest/gtest.h>

#include "sim/test_rig.h"

namespace fithome::sim {
namespace {

using std::chrono::milliseconds;

constexpr unsigned kSagA = 1u << 14, kSagB = 1u << 13, kSagC = 1u << 12;
constexpr unsigned kLossA = 1u << 10, kLossB = 1u << 9, kLossC = 1u << 8;
constexpr unsigned kFreqHigh = 1u << 15, kFreqLow = 1u << 11;
constexpr unsigned kOverCurrentA = 1u << 15, kOverVoltageA = 1u << 12;

/// The thresholds a driver would write: none of them met by 120 V at 60 Hz.
void set_thresholds(Rig& rig) {
  const auto of_volts = [](double v) {
    return static_cast<unsigned>(std::lround(v * 100 * std::sqrt(2.0) * 16384 / 30000));
  };
  const auto of_amps = [](double a) {
    return static_cast<unsigned>(std::lround(a * 1000 * std::sqrt(2.0) * 16384 / 25000));
  };
  rig.configure({{Reg::SagTh, of_volts(93.6)},
                 {Reg::PhaseLossTh, of_volts(12)},
                 {Reg::OVth, of_volts(146.4)},
                 {Reg::OIth, of_amps(40)},
                 {Reg::FreqLoTh, 5700},
                 {Reg::FreqHiTh, 6300}});
}

TEST(SimStatus, AnIdleBoardShowsWhatRealOnesShow) {
  Rig rig;
  rig.configure_exactly();
  set_thresholds(rig);
  rig.settle();

  EXPECT_EQ(rig.read(Reg::EMMState0), 0x0270);  // voltages out of order, no load thrice
  EXPECT_EQ(rig.read(Reg::EMMState1), kSagB | kLossB);
}

TEST(SimStatus, TheDefaultFrequencyLimitIsExceededForEverAtSixtyHertz) {
  Rig rig;
  rig.settle();

  EXPECT_TRUE(rig.read(Reg::EMMState1) & kFreqHigh);
}

TEST(SimStatus, SagActsAtTheThresholdOfTheReferenceWhateverTheGain) {
  for (const unsigned gain : {37106u, 18553u}) {
    Rig rig{Board()};
    rig.configure({{Reg::UgainA, gain}, {Reg::SagTh, 0x16D5}});  // 93.6 V at 37106
    rig.house.state.lines[0].u = Volts(93.9);
    rig.settle();
    EXPECT_FALSE(rig.read(Reg::EMMState1) & kSagA);

    rig.house.state.lines[0].u = Volts(93.3);
    rig.settle();
    EXPECT_TRUE(rig.read(Reg::EMMState1) & kSagA);
  }
}

TEST(SimStatus, SagSetsAfterItsPeriodAndClearsAtOnce) {
  Rig rig;
  rig.configure_exactly();
  set_thresholds(rig);
  rig.house.state.lines[0].u = Volts(60);
  rig.advance(milliseconds(62));
  EXPECT_FALSE(rig.read(Reg::EMMState1) & kSagA);
  rig.advance(milliseconds(2));
  EXPECT_TRUE(rig.read(Reg::EMMState1) & kSagA);
  EXPECT_FALSE(rig.read(Reg::EMMState1) & kLossA);

  rig.house.state.lines[0].u = Volts(120);
  rig.advance(milliseconds(270));
  EXPECT_FALSE(rig.read(Reg::EMMState1) & kSagA);
}

TEST(SimStatus, WithAllVoltagesLostThereIsNoFrequencyAndTimeGoesOn) {
  Rig rig;
  rig.configure_exactly();
  set_thresholds(rig);
  rig.settle();
  EXPECT_EQ(rig.read(Reg::Freq), 6000);

  rig.chip.board().voltage_connected = {false, false, false};
  rig.settle();

  EXPECT_EQ(rig.read(Reg::Freq), 0);
  EXPECT_EQ(rig.read(Reg::EMMState1), kSagA | kSagB | kSagC | kLossA | kLossB | kLossC | kFreqLow);
  EXPECT_EQ(rig.read(Reg::UrmsA), 0);
  rig.chip.board().voltage_connected = {true, true, true};
  rig.settle();
  EXPECT_EQ(rig.read(Reg::UrmsA), 12000);
}

TEST(SimStatus, FrequencyComesFromCWhileASags) {
  Rig rig;
  rig.configure_exactly();
  set_thresholds(rig);
  rig.house.state.lines[0].u = Volts(0);
  rig.settle();

  EXPECT_EQ(rig.read(Reg::Freq), 6000);
}

TEST(SimStatus, OverVoltageAndOverCurrentAreSeen) {
  Rig rig;
  rig.configure_exactly();
  set_thresholds(rig);
  rig.house.state.lines[0] = {Volts(150), Watts(150 * 41), Vars(0)};
  rig.settle();
  EXPECT_EQ(rig.read(Reg::EMMState0) & 0xFC00, kOverCurrentA | kOverVoltageA);

  rig.house.state.lines[0] = {Volts(140), Watts(140 * 39), Vars(0)};
  rig.settle();
  EXPECT_EQ(rig.read(Reg::EMMState0) & 0xFC00, 0);
}

TEST(SimStatus, AWrongFrequencyIsSeenBothWays) {
  Rig rig;
  rig.configure_exactly();
  set_thresholds(rig);
  rig.house.state.f = Hertz(50);
  rig.settle();
  EXPECT_TRUE(rig.read(Reg::EMMState1) & kFreqLow);

  rig.house.state.f = Hertz(64);
  rig.settle();
  EXPECT_TRUE(rig.read(Reg::EMMState1) & kFreqHigh);
  EXPECT_FALSE(rig.read(Reg::EMMState1) & kFreqLow);
}

TEST(SimStatus, ThePhaseOrderOfAThreePhaseHouseIsRight) {
  Board board = exact_board();
  board.voltage_angle = {Degrees(0), Degrees(120), Degrees(240)};
  Rig rig(board);
  for (std::size_t line = 0; line < 3; ++line) {
    rig.house.state.lines[line] = {Volts(120), Watts(500), Vars(0)};
  }
  rig.configure({{Reg::MMode0, 0x1087}});
  rig.settle();
  EXPECT_EQ(rig.read(Reg::EMMState0) & 0x0300, 0);

  rig.chip.board().voltage_angle = {Degrees(0), Degrees(240), Degrees(120)};
  rig.settle();
  EXPECT_EQ(rig.read(Reg::EMMState0) & 0x0300, 0x0300);
}

TEST(SimStatus, TheNeutralThresholdActs) {
  Rig rig;
  rig.load(0, 1200);
  rig.configure_exactly();
  rig.configure({{Reg::InWarnTh, 9999}});
  rig.settle();
  EXPECT_TRUE(rig.read(Reg::EMMState0) & 0x80);

  rig.configure({{Reg::InWarnTh, 10001}});
  rig.settle();
  EXPECT_FALSE(rig.read(Reg::EMMState0) & 0x80);
}

TEST(SimStatus, DirectionsShowExportPerLineAndForTheHouse) {
  Rig rig;
  rig.load(0, 500);
  rig.load(2, -2000, -100);
  rig.configure_exactly();
  rig.settle();

  EXPECT_EQ(rig.read(Reg::EMMState1) & 0x00FF, 0x99);  // P: T and C; Q: T and C
  rig.advance(std::chrono::seconds(10));
  EXPECT_EQ(rig.read(Reg::EMMState0) & 0x000A, 0x000A) << "CF1 and CF3 pulse in reverse";
}

TEST(SimStatus, ALatchStaysThroughReadsAndClearsOnlyWhereOneIsWritten) {
  Rig rig;
  rig.configure_exactly();
  set_thresholds(rig);
  rig.settle();
  rig.write(Reg::EMMIntState1, 0xFFFF);
  rig.write(Reg::EMMIntState0, 0xFFFF);
  ASSERT_EQ(rig.read(Reg::EMMIntState1), 0);

  rig.house.state.lines[0].u = Volts(5);
  rig.settle();
  rig.house.state.lines[0].u = Volts(120);
  rig.settle();
  EXPECT_EQ(rig.read(Reg::EMMState1) & (kSagA | kLossA), 0) << "it is over";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.read(Reg::EMMIntState1), kSagA | kLossA);

  rig.write(Reg::EMMIntState1, 0x0001);
  EXPECT_EQ(rig.read(Reg::EMMIntState1), kSagA | kLossA);
  rig.write(Reg::EMMIntState1, kSagA);
  EXPECT_EQ(rig.read(Reg::EMMIntState1), kLossA);
}

TEST(SimStatus, BothEdgesOfAStateAreLatched) {
  Rig rig;
  rig.configure_exactly();
  set_thresholds(rig);
  rig.house.state.lines[0].u = Volts(60);
  rig.settle();
  rig.write(Reg::EMMIntState1, 0xFFFF);

  rig.house.state.lines[0].u = Volts(120);
  rig.settle();

  EXPECT_EQ(rig.read(Reg::EMMIntState1), kSagA);
}

}  // namespace
}  // namespace fithome::sim
