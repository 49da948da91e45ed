// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "chip/chip.h"
#include "chip/fake_chip_test_bus.h"
#include "chip/settings.h"

namespace fithome::chip {
namespace {

using namespace std::chrono_literals;

struct BareBoard {
  FakeChipBus bus;
  ManualClock clock{UtcInstant{}};
  EnergyPad pad{};
  ChipConfig config;
  BareBoard() { reset(pad, {}); }

  Result<Found> start() { return Chip(bus, clock, config, pad).start({}); }
  std::string complaint() {
    const auto found = start();
    return found ? "" : found.error().what;
  }
};

TEST(Start, LeavesTheChipConfiguredLockedAndMetering) {
  BareBoard board;

  const auto found = board.start();

  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(*found, Found::fresh);
  const auto settings = settings_for(board.config);
  ASSERT_TRUE(settings);
  for (const Setting& setting : *settings) {
    EXPECT_EQ(board.bus.at(setting.reg), raw(setting.value)) << address(setting.reg);
  }
  EXPECT_EQ(board.bus.at(Reg::CfgRegAccEn), 0);
}

TEST(Start, TakesAboutASecondOfClockTime) {
  BareBoard board;
  const Monotonic before = board.clock.monotonic();

  ASSERT_TRUE(board.start());

  EXPECT_GE(board.clock.monotonic() - before, 1050ms);
  EXPECT_LE(board.clock.monotonic() - before, 1200ms);
}

TEST(Start, ClearsTheLatches) {
  BareBoard board;
  board.bus.before_frame = [&](int, Reg reg) {
    if (reg == Reg::MMode0) board.bus.at(Reg::EMMIntState1) = 0xFFFF;
  };

  ASSERT_TRUE(board.start());

  board.bus.before_frame = {};
  EXPECT_EQ(board.bus.at(Reg::EMMIntState1), 0);
}

TEST(Start, DropsEnergyCountedWhileTheFiltersSettle) {
  BareBoard board;
  board.bus.before_frame = [&](int, Reg reg) {
    if (reg == Reg::CRCErrStatus) board.bus.at(Reg::APenergyT) = 99;
  };

  ASSERT_TRUE(board.start());

  EXPECT_EQ(board.bus.at(Reg::APenergyT), 0);
  EXPECT_EQ(counters(board.pad)[0], 0u);
}

TEST(Start, TakesOverAChipThatRunsAsWanted) {
  BareBoard board;
  ASSERT_TRUE(board.start());
  const int resets = board.bus.resets;
  board.bus.at(Reg::APenergyT) = 321;
  const Monotonic before = board.clock.monotonic();

  const auto found = board.start();

  ASSERT_TRUE(found);
  EXPECT_EQ(*found, Found::running);
  EXPECT_EQ(board.bus.resets, resets);
  EXPECT_EQ(board.bus.at(Reg::APenergyT), 321);  // the house's, for the next sample
  EXPECT_EQ(board.clock.monotonic(), before);
}

TEST(Start, TakesOverARunningChipThoughABitFlips) {
  for (const int frame : {0, 1, 2, 3, 4, 20, 55}) {
    BareBoard board;
    ASSERT_TRUE(board.start());
    board.bus.flip[board.bus.frames + frame] = 0x0100;

    const auto found = board.start();

    ASSERT_TRUE(found);
    EXPECT_EQ(*found, Found::running) << frame;
  }
}

TEST(Start, ResetsAChipThatRunsOtherwise) {
  BareBoard board;
  ASSERT_TRUE(board.start());
  board.config.lines[0].voltage_gain = 36710;

  const auto found = board.start();

  ASSERT_TRUE(found);
  EXPECT_EQ(*found, Found::fresh);
  EXPECT_EQ(board.bus.at(Reg::UgainA), 36710);
}

TEST(Start, ResetsAChipThatFindsItsSettingsDamagedOrIsUnlocked) {
  for (const Reg reg : {Reg::CRCErrStatus, Reg::CfgRegAccEn, Reg::ChannelMapI, Reg::IgainC}) {
    BareBoard board;
    ASSERT_TRUE(board.start());
    board.bus.at(reg) = 1;

    const auto found = board.start();

    ASSERT_TRUE(found) << found.error().what;
    EXPECT_EQ(*found, Found::fresh);
  }
}

TEST(Start, WritesAgainWhatArrivedWrong) {
  BareBoard clean;
  ASSERT_TRUE(clean.start());
  for (int frame = 0; frame < clean.bus.frames; ++frame) {
    BareBoard board;
    board.bus.flip[frame] = 0x0400;

    const auto found = board.start();

    ASSERT_TRUE(found) << "frame " << frame << ": " << found.error().what;
    EXPECT_EQ(board.bus.at(Reg::MMode0), 0x1185);
  }
}

TEST(Start, NamesTheWireWhenNothingAnswers) {
  BareBoard high;
  high.bus.miso = FakeChipBus::Level::high;
  BareBoard low;
  low.bus.miso = FakeChipBus::Level::low;

  EXPECT_TRUE(says(high.complaint(), "check the CS wire"));
  EXPECT_TRUE(says(low.complaint(), "power and the MISO wire"));
  EXPECT_TRUE(says(low.complaint(), "fake chip"));
  EXPECT_EQ(low.start().error().code, Code::transient);
}

TEST(Start, NamesTheSpiModeWhenAnswersAreShifted) {
  for (const int shift : {-1, 1}) {
    BareBoard board;
    board.bus.shift = shift;

    EXPECT_TRUE(says(board.complaint(), "SPI mode 3")) << board.complaint();
  }
}

TEST(Start, NamesMosiWhenWritesAreLost) {
  BareBoard defaults;
  defaults.bus.mosi_cut = true;
  BareBoard configured;
  ASSERT_TRUE(configured.start());
  configured.bus.mosi_cut = true;
  configured.config.grid = Grid::hz50;

  EXPECT_TRUE(says(defaults.complaint(), "takes no writes")) << defaults.complaint();
  EXPECT_TRUE(says(configured.complaint(), "MOSI")) << configured.complaint();
}

TEST(Start, SaysWhenSomethingElseAnswers) {
  BareBoard board;
  board.bus.before_frame = [&](int, Reg) {
    board.bus.at(Reg::ChannelMapI) = 0x1234;
    board.bus.at(Reg::ChannelMapU) = 0x4321;
  };

  const auto found = board.start();

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::unsupported);
}

TEST(Start, BlamesTheWireWhenAnswersChangeAllTheTime) {
  BareBoard board;
  board.bus.before_frame = [&](int number, Reg) {
    board.bus.flip[number] = static_cast<std::uint16_t>(number * 40503 + 1);
  };

  const auto found = board.start();

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::transient);
}

TEST(Start, NamesTheRegisterThatDoesNotKeepItsValue) {
  BareBoard board;
  board.bus.before_frame = [&](int, Reg) {
    if (board.bus.at(Reg::MMode1) == 0x15) board.bus.at(Reg::MMode1) = 0;
  };

  EXPECT_TRUE(says(board.complaint(), "MMode1 holds 0x0000")) << board.complaint();
}

TEST(Start, RefusesAWrongConfigurationBeforeTouchingTheChip) {
  BareBoard board;
  board.config.pga = 3;

  const auto found = board.start();

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::invalid);
  EXPECT_EQ(board.bus.frames, 0);
}

TEST(Start, EndsAtOnceWhenAskedToStop) {
  BareBoard board;
  std::stop_source stop;
  stop.request_stop();

  EXPECT_FALSE(Chip(board.bus, board.clock, board.config, board.pad).start(stop.get_token()));
}

TEST(Start, FinishesTheEnergyReadOfAKilledProcessBeforeAnythingElse) {
  BareBoard board;
  ASSERT_TRUE(board.start());
  board.bus.at(Reg::APenergyT) = 500;
  board.bus.fail_after = 2;  // lock register, energy register, then silence
  EXPECT_FALSE(take_energy(board.bus, board.pad, {true, false, true}));
  ASSERT_EQ(board.pad.pending, 0);

  ASSERT_TRUE(board.start());

  EXPECT_EQ(counters(board.pad)[0], 500u);
}

}  // namespace
}  // namespace fithome::chip
