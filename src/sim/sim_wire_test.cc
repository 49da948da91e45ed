// SPDX-License-Identifier: MIT
//
// The chip's front end: what is on the wire, clock by clock (datasheet 4.2).
#include <gtest/gtest.h>

#include "sim/test_rig.h"

namespace fithome::sim {
namespace {

using std::chrono::milliseconds;
using Bytes = Rig::Bytes;

TEST(SimWire, ReadsTwelveThousandAsTheDatasheetsFrameOfOneHundredTwentyVolts) {
  Rig rig;
  rig.configure_exactly();
  rig.settle();

  EXPECT_EQ(rig.frame({0x80, 0xD9, 0, 0}), (Bytes{0xFF, 0xFF, 0x2E, 0xE0}));
}

TEST(SimWire, FloatsWhileTheAddressIsSentAndDuringAWholeWrite) {
  Board board;
  board.floating_level = 0xA5;
  Rig rig(board);

  EXPECT_EQ(rig.frame({0x80, 0x01, 0, 0}), (Bytes{0xA5, 0xA5, 0x02, 0x10}));
  EXPECT_EQ(rig.frame({0x00, 0x7F, 0x55, 0xAA}), (Bytes{0xA5, 0xA5, 0xA5, 0xA5}));
}

TEST(SimWire, UnlocksWithTheKeyAndShowsItInBothRegisters) {
  Rig rig;

  rig.frame({0x00, 0x7F, 0x55, 0xAA});

  EXPECT_EQ(rig.read(Reg::LastSPIData), 0x55AA);
  EXPECT_EQ(rig.read(Reg::CfgRegAccEn), 0x55AA);
}

TEST(SimWire, IgnoresTheFiveBitsBetweenReadFlagAndAddress) {
  Rig rig;

  EXPECT_EQ(rig.frame({0xFC, 0x01, 0, 0})[2], 0x02);
}

TEST(SimWire, TakesTenBitAddresses) {
  Rig rig;
  rig.write(0x2FF, 0x55AA);
  rig.write(0x216, 0x5183);
  rig.write(0x219, 0x01C1);

  EXPECT_EQ(rig.frame({0x82, 0x19, 0, 0}), (Bytes{0xFF, 0xFF, 0x01, 0xC1}));
  EXPECT_EQ(rig.read(0x19), 0) << "0x219 must not be taken for 0x19";
}

TEST(SimWire, DropsAWriteThatIsNotExactlyThirtyTwoClocks) {
  Rig rig;
  rig.write(Reg::CfgRegAccEn, 0x55AA);
  const std::uint32_t gain_61 = 0x0061'1234;

  rig.cut_frame(gain_61, 31);
  EXPECT_EQ(rig.read(Reg::UgainA), 0x8000);
  rig.cut_frame(gain_61, 33);
  EXPECT_EQ(rig.read(Reg::UgainA), 0x8000);
  rig.cut_frame(gain_61, 32);
  EXPECT_EQ(rig.read(Reg::UgainA), 0x1234);
}

TEST(SimWire, ADroppedWriteDoesNotShowInLastSpiData) {
  Rig rig;
  rig.write(Reg::CfgRegAccEn, 0x55AA);

  rig.cut_frame(0x0061'1234, 31);

  EXPECT_EQ(rig.read(Reg::LastSPIData), 0x55AA);
}

TEST(SimWire, IgnoresALockedWriteButLogsIt) {
  Rig rig;

  rig.write(Reg::UgainA, 0x1234);

  EXPECT_EQ(rig.read(Reg::LastSPIData), 0x1234);
  EXPECT_EQ(rig.read(Reg::UgainA), 0x8000);
}

TEST(SimWire, AnyWordButTheKeyLocks) {
  Rig rig;
  rig.write(Reg::CfgRegAccEn, 0x55AA);
  rig.write(Reg::CfgRegAccEn, 0xA5A5);

  rig.write(Reg::UgainA, 0x1234);

  EXPECT_EQ(rig.read(Reg::UgainA), 0x8000);
}

TEST(SimWire, ALenientBoardTakesLockedWrites) {
  Board board;
  board.accept_locked_writes = true;
  Rig rig(board);

  rig.write(Reg::UgainA, 0x1234);

  EXPECT_EQ(rig.read(Reg::UgainA), 0x1234);
}

TEST(SimWire, TakesNoWriteToReadOnlyOrReservedRegisters) {
  Rig rig;
  rig.write(Reg::CfgRegAccEn, 0x55AA);
  rig.settle();

  for (const unsigned address : {0xD9u, 0x71u, 0x79u, 0x80u, 0x03u, 0x6Eu, 0x150u}) {
    const std::uint16_t before = rig.read(address);
    rig.write(address, 0x1234);
    EXPECT_EQ(rig.read(address), before) << std::hex << address;
  }
}

TEST(SimWire, EnergyClearsWhenReadAndLastSpiDataKeepsIt) {
  Rig rig;
  rig.load(0, 1200);
  rig.configure_exactly();
  rig.advance(std::chrono::seconds(10));

  const std::uint16_t counts = rig.read(Reg::APenergyT);

  EXPECT_EQ(counts, 1066);
  EXPECT_EQ(rig.read(Reg::LastSPIData), counts);
  EXPECT_EQ(rig.read(Reg::LastSPIData), counts) << "asking again must not disturb it";
  EXPECT_EQ(rig.read(Reg::APenergyT), 0);
}

TEST(SimWire, AReadCutAfterSixteenClocksHasClearedAllTheSame) {
  Rig rig;
  rig.load(0, 1200);
  rig.configure_exactly();
  rig.advance(std::chrono::seconds(10));

  rig.cut_frame(0x8080'0000, 16);

  EXPECT_EQ(rig.read(Reg::LastSPIData), 1066);
  EXPECT_EQ(rig.read(Reg::APenergyT), 0);
}

TEST(SimWire, AReadCutAfterFifteenClocksHasDoneNothing) {
  Rig rig;
  rig.load(0, 1200);
  rig.configure_exactly();
  rig.advance(std::chrono::seconds(10));

  rig.cut_frame(0x8080'0000, 15);

  EXPECT_EQ(rig.read(Reg::APenergyT), 1066);
}

TEST(SimWire, GivesZerosAfterThirtyTwoClocksNeverTheNextRegister) {
  Rig rig;
  rig.chip.select();
  rig.chip.exchange(0x80);
  rig.chip.exchange(0x01);
  EXPECT_EQ(rig.chip.exchange(0), 0x02);
  EXPECT_EQ(rig.chip.exchange(0), 0x10);

  EXPECT_EQ(rig.chip.exchange(0), 0);
  EXPECT_EQ(rig.chip.exchange(0), 0);
  rig.chip.deselect();
}

TEST(SimWire, IsSilentAndDeafForTheResetTime) {
  Rig rig;
  rig.chip.power_cycle();

  EXPECT_EQ(rig.frame({0x80, 0x01, 0, 0}), (Bytes{0, 0, 0, 0}));
  rig.write(Reg::CfgRegAccEn, 0x55AA);
  rig.advance(milliseconds(15));
  EXPECT_EQ(rig.read(Reg::ChannelMapI), 0);
  rig.advance(milliseconds(1));
  EXPECT_EQ(rig.read(Reg::ChannelMapI), 0x0210);
  EXPECT_EQ(rig.read(Reg::CfgRegAccEn), 0) << "the write fell into the reset time";
}

}  // namespace
}  // namespace fithome::sim
