// SPDX-License-Identifier: MIT
#include "sim/sim_bus.h"

#include <gtest/gtest.h>

#include <bit>

#include "sim/test_rig.h"

namespace fithome::sim {
namespace {

spi::Frame read_frame(Reg reg) {
  const std::uint16_t address = chip::address(reg);
  return {.tx = {static_cast<std::uint8_t>(0x80 | address >> 8),
                 static_cast<std::uint8_t>(address & 0xFF), 0, 0}};
}

unsigned word(const spi::Frame& frame) { return unsigned{frame.rx[2]} << 8 | frame.rx[3]; }

TEST(SimBus, EachFrameIsAChipSelectOfItsOwn) {
  Rig rig;
  SimBus bus(rig.chip);
  std::array frames{read_frame(Reg::ChannelMapI), read_frame(Reg::ChannelMapU),
                    read_frame(Reg::LastSPIData)};

  ASSERT_TRUE(bus.transfer(frames));

  EXPECT_EQ(word(frames[0]), 0x0210u);
  EXPECT_EQ(word(frames[1]), 0x0654u);
  EXPECT_EQ(word(frames[2]), 0x0654u);
}

TEST(SimBus, AnAbsentChipReadsAsPulledUpOrUnpowered) {
  Rig rig;
  SimBus bus(rig.chip);
  bus.faults.absent = true;
  for (const std::uint8_t level : std::array<std::uint8_t, 2>{0xFF, 0x00}) {
    bus.faults.absent_level = level;
    std::array frames{read_frame(Reg::ChannelMapI)};
    ASSERT_TRUE(bus.transfer(frames));
    EXPECT_EQ(frames[0].rx, (std::array<std::uint8_t, 4>{level, level, level, level}));
  }
}

TEST(SimBus, AnAbsentChipTakesNoWrites) {
  Rig rig;
  SimBus bus(rig.chip);
  bus.faults.absent = true;
  std::array frames{spi::Frame{.tx = {0x00, 0x7F, 0x55, 0xAA}}};
  ASSERT_TRUE(bus.transfer(frames));

  EXPECT_EQ(rig.read(Reg::CfgRegAccEn), 0);
}

TEST(SimBus, FlipsOneBitOfAnAnswerAsOftenAsAsked) {
  Rig rig;
  SimBus bus(rig.chip);
  bus.faults.bit_flips = 0.1;
  int wrong = 0;
  for (int i = 0; i < 2000; ++i) {
    std::array frames{read_frame(Reg::ChannelMapI)};
    ASSERT_TRUE(bus.transfer(frames));
    const int bits = std::popcount(word(frames[0]) ^ 0x0210u);
    EXPECT_LE(bits, 1);
    wrong += bits;
  }
  EXPECT_NEAR(wrong, 200, 45);  // three standard deviations are 40
}

TEST(SimBus, TheSameSeedFlipsTheSameBits) {
  Rig rig;
  SimBus one(rig.chip), two(rig.chip);
  for (SimBus* bus : {&one, &two}) {
    bus->faults.bit_flips = 0.5;
    bus->faults.seed = 7;
  }
  for (int i = 0; i < 100; ++i) {
    std::array a{read_frame(Reg::ChannelMapI)}, b{read_frame(Reg::ChannelMapI)};
    ASSERT_TRUE(one.transfer(a));
    ASSERT_TRUE(two.transfer(b));
    EXPECT_EQ(a[0].rx, b[0].rx);
  }
}

TEST(SimBus, AnUpdateBetweenTheWordsOfAPowerTearsIt) {
  Rig rig;
  SimBus bus(rig.chip);
  rig.configure_exactly();
  rig.load(0, 65535 * 0.00032);
  rig.advance(Nanoseconds(266'666'667));
  rig.load(0, 65537 * 0.00032);
  rig.advance(Nanoseconds(266'666'666));  // one nanosecond before it shows
  bus.faults.before_frame = [&](std::uint16_t address_word) {
    if (address_word == 0x80C1) rig.clock.advance(Nanoseconds(1));
  };

  std::array frames{read_frame(Reg::PmeanA), read_frame(chip::low_word(Reg::PmeanA)),
                    read_frame(Reg::PmeanA)};
  ASSERT_TRUE(bus.transfer(frames));

  EXPECT_EQ(word(frames[0]), 0x0000u);
  EXPECT_EQ(word(frames[1]), 0x0001u) << "with the first word it would be 0 W for 20.97 W";
  EXPECT_EQ(word(frames[2]), 0x0001u) << "by which a driver notices";
}

TEST(SimBus, ABrownOutBetweenFramesLeavesAChipWithDefaults) {
  Rig rig;
  SimBus bus(rig.chip);
  rig.configure_exactly();
  rig.settle();
  bool done = false;
  bus.faults.before_frame = [&](std::uint16_t) {
    if (done) return;
    done = true;
    rig.chip.brown_out();
    rig.clock.advance(std::chrono::milliseconds(16));
  };

  std::array frames{read_frame(Reg::MeterEn), read_frame(Reg::UgainA), read_frame(Reg::MMode0)};
  ASSERT_TRUE(bus.transfer(frames));

  EXPECT_EQ(word(frames[0]), 0u);
  EXPECT_EQ(word(frames[1]), 0x8000u);
  EXPECT_EQ(word(frames[2]), 0x0087u);
}

}  // namespace
}  // namespace fithome::sim
