// SPDX-License-Identifier: MIT
#include "chip/frame.h"

#include <gtest/gtest.h>

namespace fithome::chip {
namespace {

using Bytes = std::array<std::uint8_t, 4>;

TEST(Frame, AsksForARegisterWithTheReadBitAndAddress) {
  EXPECT_EQ(read_frame(Reg::UrmsA).tx, (Bytes{0x80, 0xD9, 0, 0}));
}

TEST(Frame, KnowsAddressesOfTenBits) {
  EXPECT_EQ(read_frame(static_cast<Reg>(0x219)).tx, (Bytes{0x82, 0x19, 0, 0}));
}

TEST(Frame, WritesTheUnlockKey) {
  EXPECT_EQ(write_frame(Reg::CfgRegAccEn, Word{kUnlockKey}).tx, (Bytes{0x00, 0x7F, 0x55, 0xAA}));
}

TEST(Frame, TakesTheAnswerFromTheLastTwoBytesOnly) {
  spi::Frame frame = read_frame(Reg::UrmsA);
  frame.rx = {0xA5, 0x17, 0x2E, 0xE0};

  EXPECT_EQ(raw(answer(frame)), 0x2EE0);
}

}  // namespace
}  // namespace fithome::chip
