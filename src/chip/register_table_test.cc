// SPDX-License-Identifier: MIT
#include "chip/register_table.h"

#include <gtest/gtest.h>

#include <set>

namespace fithome::chip {
namespace {

TEST(RegisterTable, HasEachAddressAndNameOnceInOrder) {
  std::set<std::string_view> names;
  int before = -1;
  for (const Register& entry : kRegisters) {
    EXPECT_GT(entry.address, before) << entry.name;
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_FALSE(entry.meaning.empty()) << entry.name;
    before = entry.address;
  }
}

TEST(RegisterTable, FindsTheSameByNameAndByAddress) {
  for (const Register& entry : kRegisters) {
    EXPECT_EQ(find_register(entry.address), &entry);
    EXPECT_EQ(find_register(entry.name), &entry);
  }
  EXPECT_EQ(find_register(std::uint16_t{0xD8}), nullptr);  // the ATM90E36's neutral current
  EXPECT_EQ(find_register("THDUA"), nullptr);
}

TEST(RegisterTable, AgreesWithTheAddressesTheDriverUses) {
  const auto expect = [](Reg reg, std::string_view name) {
    const Register* entry = find_register(address(reg));
    ASSERT_NE(entry, nullptr) << name;
    EXPECT_EQ(entry->name, name);
  };
  expect(Reg::PLconstH, "PLconstH");
  expect(on_line(Reg::PQGainA, 2, 2), "PQGainC");
  expect(on_line(Reg::PhiA, 1, 2), "PhiB");
  expect(on_line(Reg::UgainA, 2, 4), "UgainC");
  expect(on_line(Reg::IoffsetA, 2, 4), "IoffsetC");
  expect(Reg::SAenergyT, "SAenergyT");
  expect(on_line(Reg::SenergyA, 2), "SenergyC");
  expect(Reg::ANenergyTH, "ANenergyTH");
  expect(Reg::PmeanTH, "PmeanTH");
  expect(on_line(Reg::IrmsA, 2), "IrmsC");
  expect(on_line(Reg::IPeakA, 2), "IPeakC");
  expect(Reg::IrmsN, "IrmsN");
  expect(Reg::Temp, "Temp");
}

TEST(RegisterTable, PairsEveryMeasuredLongValueWithItsLowWord) {
  for (const Register& entry : kRegisters) {
    if (entry.low_word == 0 || entry.access != Access::read) continue;
    const Register* low = find_register(entry.low_word);
    ASSERT_NE(low, nullptr) << entry.name;
    EXPECT_EQ(entry.low_word, entry.address + kLowWord);
    EXPECT_EQ(low->name, std::string(entry.name) + "LSB");
  }
}

TEST(RegisterTable, ClearsByReadingNothingButEnergy) {
  for (const Register& entry : kRegisters) {
    const bool energy = entry.name.find("energy") != std::string_view::npos;
    EXPECT_EQ(entry.access == Access::read_clears, energy) << entry.name;
  }
}

}  // namespace
}  // namespace fithome::chip
