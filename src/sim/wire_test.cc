// SPDX-License-Identifier: MIT
//
// What a broken wire makes of a good chip.
#include "sim/wire.h"

#include <gtest/gtest.h>

#include "sim/test_rig.h"

namespace fithome::sim {
namespace {

struct WireRig : Rig {
  Wire wire{chip};

  std::uint32_t frame(std::uint32_t out) {
    std::uint32_t in = 0;
    wire.select();
    for (int byte = 3; byte >= 0; --byte) {
      in = in << 8 | wire.exchange(static_cast<std::uint8_t>(out >> (8 * byte)));
    }
    wire.deselect();
    return in;
  }
  unsigned ask(Reg reg) {
    return frame(0x8000'0000u | unsigned{chip::address(reg)} << 16) & 0xFFFF;
  }
  void tell(Reg reg, unsigned data) { frame(unsigned{chip::address(reg)} << 16 | data); }
};

TEST(Wire, IsTheChipWhereNothingIsWrong) {
  WireRig rig;
  EXPECT_EQ(rig.ask(Reg::ChannelMapI), 0x0210u);
  rig.tell(Reg::CfgRegAccEn, 0x55AA);
  EXPECT_EQ(rig.ask(Reg::CfgRegAccEn), 0x55AAu);
}

TEST(Wire, StuckMisoHidesTheAnswerButTheChipHears) {
  WireRig rig;
  rig.wire.faults.miso_stuck = true;
  EXPECT_EQ(rig.ask(Reg::ChannelMapI), 0xFFFFu);
  rig.tell(Reg::CfgRegAccEn, 0x55AA);
  rig.wire.faults.miso_stuck = false;
  EXPECT_EQ(rig.ask(Reg::ChannelMapI), 0u);

  rig.wire.faults.miso_stuck.reset();
  EXPECT_EQ(rig.ask(Reg::CfgRegAccEn), 0x55AAu);
}

TEST(Wire, StuckMosiReachesNoRegisterAndWritesNothing) {
  for (const bool level : {false, true}) {
    WireRig rig;
    rig.configure_exactly();
    rig.wire.faults.mosi_stuck = level;
    EXPECT_NE(rig.ask(Reg::ChannelMapI), 0x0210u);
    rig.tell(Reg::CfgRegAccEn, 0x55AA);
    rig.wire.faults.mosi_stuck.reset();
    EXPECT_EQ(rig.ask(Reg::CfgRegAccEn), 0u);
    EXPECT_EQ(rig.ask(Reg::UgainA), 30000u);
  }
}

TEST(Wire, AClockTooManyInAWriteIsNoWriteAndReadsAreWell) {
  WireRig rig;
  rig.wire.faults.writes_lost = true;
  rig.tell(Reg::CfgRegAccEn, 0x55AA);
  EXPECT_EQ(rig.ask(Reg::CfgRegAccEn), 0u);
  EXPECT_EQ(rig.ask(Reg::ChannelMapU), 0x0654u);
}

TEST(Wire, AFloatingAnswerIsNeverTheSame) {
  WireRig rig;
  rig.wire.faults.floating = true;
  std::array<int, 16> ones{};
  for (int n = 0; n < 400; ++n) {
    const unsigned answer = rig.ask(Reg::ChannelMapI);
    for (std::size_t bit = 0; bit < ones.size(); ++bit) ones[bit] += (answer >> bit) & 1;
  }
  for (const int count : ones) EXPECT_NEAR(count, 200, 60);
}

TEST(Wire, AFlippedAnswerToAnEnergyReadHasStillClearedIt) {
  WireRig rig;
  rig.configure_exactly();
  rig.load(0, 3600);
  rig.settle();
  rig.wire.faults.bit_flips = 1;
  const unsigned flipped = rig.ask(Reg::APenergyA);
  rig.wire.faults.bit_flips = 0;
  const unsigned counted = rig.ask(Reg::LastSPIData);
  EXPECT_GT(counted, 100u);
  EXPECT_NE(flipped, counted);
  EXPECT_EQ(rig.ask(Reg::APenergyA), 0u);
  EXPECT_EQ(rig.chip.counts_taken(Reg::APenergyA), counted);
}

TEST(Wire, LetsSomethingHappenBeforeEachSelect) {
  WireRig rig;
  int selects = 0;
  rig.wire.faults.before_select = [&] { ++selects; };
  rig.ask(Reg::MeterEn);
  rig.ask(Reg::MeterEn);
  EXPECT_EQ(selects, 2);
}

}  // namespace
}  // namespace fithome::sim
