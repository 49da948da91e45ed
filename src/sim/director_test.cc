// SPDX-License-Identifier: MIT
//
// Every trouble on time, whoever looks when.
#include "sim/director.h"

#include <gtest/gtest.h>

#include "sim/test_rig.h"

namespace fithome::sim {
namespace {

using namespace std::chrono_literals;

class Directed : public testing::Test {
 protected:
  Directed() {
    rig_.house.state.lines[0] = {Volts(120), Watts(1200), Vars(0)};
    rig_.house.state.lines[2] = {Volts(121), Watts(600), Vars(0)};
    rig_.configure_exactly();
    rig_.settle();
    start_ = rig_.clock.monotonic();
  }
  void play(std::string_view text) {
    auto scenario = parse_scenario(text);
    ASSERT_TRUE(scenario) << scenario.error().front().what;
    director_.emplace(*std::move(scenario), start_, rig_.clock, rig_.chip, wire_);
  }
  /// Of the register, `after` the start.
  unsigned read(Reg reg, Nanoseconds after) {
    rig_.clock.wait_until(start_ + after, {});
    wire_.select();
    const std::uint16_t address = chip::address(reg);
    wire_.exchange(static_cast<std::uint8_t>(0x80 | address >> 8));
    wire_.exchange(static_cast<std::uint8_t>(address & 0xFF));
    const unsigned high = wire_.exchange(0);
    const unsigned low = wire_.exchange(0);
    wire_.deselect();
    return high << 8 | low;
  }

  Rig rig_;
  Wire wire_{rig_.chip};
  Monotonic start_{};
  std::optional<Director> director_;
};

TEST_F(Directed, AnUnpluggedTransformerShowsNothingUntilItIsPluggedIn) {
  play("+10s ct a unplugged for 20s");

  EXPECT_NEAR(read(Reg::IrmsA, 9s), 10000, 20);
  EXPECT_EQ(read(Reg::IrmsA, 12s), 0u);
  EXPECT_NEAR(read(kIrmsC, 13s), 4959, 20);
  EXPECT_EQ(read(Reg::IrmsA, 29s), 0u);
  EXPECT_NEAR(read(Reg::IrmsA, 32s), 10000, 20);
}

TEST_F(Directed, WhatNobodySawHasHappenedAllTheSame) {
  play("+10s ct a unplugged for 20s");

  read(Reg::APenergyA, 5s);
  const double joules = read(Reg::APenergyA, 65s) * 11.25;

  EXPECT_NEAR(joules, 1200 * 40, 1200 * 0.6) << "20 of 60 s it counted nothing";
}

TEST_F(Directed, TurnedSwappedAndMissingOnesAreAsTheyWouldBe) {
  play(
      "+10s ct a reversed for 10s\n+30s cts a c swapped for 10s\n"
      "+50s adapter missing for 10s\n+70s adapter c turned for 10s\n+90s adapter c missing for "
      "10s");

  EXPECT_LT(static_cast<std::int16_t>(read(Reg::PmeanA, 15s)), 0);
  EXPECT_NEAR(read(Reg::IrmsA, 35s), 4959, 20);
  EXPECT_NEAR(read(kIrmsC, 36s), 10000, 20);
  EXPECT_EQ(read(Reg::UrmsA, 55s), 0u);
  EXPECT_NEAR(read(Reg::IrmsA, 56s), 10000, 20);
  EXPECT_EQ(read(Reg::Freq, 57s), 0u);
  EXPECT_LT(static_cast<std::int16_t>(read(kPmeanC, 75s)), 0);
  EXPECT_GT(static_cast<std::int16_t>(read(Reg::PmeanA, 76s)), 0);
  EXPECT_EQ(read(kUrmsC, 95s), 0u);
  EXPECT_GT(read(Reg::UrmsA, 96s), 11900u);
  EXPECT_GT(static_cast<std::int16_t>(read(kPmeanC, 105s)), 0);
}

TEST_F(Directed, ABrownOutIsAtItsInstantThoughSeenLater) {
  play("+10s brownout");

  EXPECT_EQ(read(Reg::UgainA, 9s), 30000u);
  EXPECT_EQ(read(Reg::UgainA, 30s), 0x8000u);
  EXPECT_NEAR(read(Reg::UrmsA, 31s), 12000 * 32768 / 30000, 15) << "plausible, and wrong";
  EXPECT_EQ(read(Reg::APenergyA, 32s), 0u);
}

TEST_F(Directed, ABoardFedByItsAdapterComesBackWithDefaults) {
  play("+10s power lost for 20s");

  EXPECT_EQ(read(Reg::ChannelMapI, 9s), 0x0210u);
  EXPECT_EQ(read(Reg::ChannelMapI, 15s), 0u);
  EXPECT_EQ(read(Reg::UgainA, 31s), 0x8000u);
}

TEST_F(Directed, AFlippedSettingIsSeenByTheCrc) {
  play("+10s config flips 0x61 14");

  EXPECT_EQ(read(Reg::CRCErrStatus, 9s), 0u);
  EXPECT_EQ(read(Reg::CRCErrStatus, 11s), 1u);
  EXPECT_EQ(read(Reg::UgainA, 12s), 30000u ^ 0x4000u);
}

TEST_F(Directed, WiresBreakAndAreMended) {
  play(
      "+10s chip absent high for 5s\n+20s chip absent low for 5s\n+30s miso stuck high for 5s\n"
      "+40s mosi stuck low for 5s\n+50s chip absent random for 5s\n+60s bits flip 1 for 5s");

  EXPECT_EQ(read(Reg::ChannelMapI, 12s), 0xFFFFu);
  EXPECT_EQ(read(Reg::ChannelMapI, 16s), 0x0210u);
  EXPECT_EQ(read(Reg::ChannelMapI, 22s), 0u);
  EXPECT_EQ(read(Reg::ChannelMapI, 32s), 0xFFFFu);
  EXPECT_NE(read(Reg::ChannelMapI, 42s), 0x0210u);
  EXPECT_NE(read(Reg::ChannelMapI, 52s), read(Reg::ChannelMapI, 53s));
  EXPECT_NE(read(Reg::ChannelMapI, 62s), 0x0210u);
  EXPECT_EQ(read(Reg::ChannelMapI, 66s), 0x0210u);
}

TEST_F(Directed, AHangingBusAnswersWhenItIsOver) {
  play("+10s bus hangs for 20s");

  EXPECT_EQ(read(Reg::ChannelMapI, 12s), 0x0210u);
  EXPECT_EQ(rig_.clock.monotonic() - start_, 30s);
}

TEST_F(Directed, ASlowBusLetsRegistersBeRenewedBetweenTwoFrames) {
  play("+10s bus slow for 20s");

  read(Reg::ChannelMapI, 10s);
  const Monotonic before = rig_.clock.monotonic();
  for (int n = 0; n < 40; ++n) read(Reg::UrmsA, 10s);
  EXPECT_GE(rig_.clock.monotonic() - before, 267ms) << "a window";
}

TEST_F(Directed, AnotherBoardsDividerShowsATenthOrTenfold) {
  play("+10s board gives 0.1 times for 5s");
  EXPECT_NEAR(read(Reg::UrmsA, 12s), 1200, 3);
  EXPECT_NEAR(read(Reg::UrmsA, 17s), 12000, 3);
}

}  // namespace
}  // namespace fithome::sim
