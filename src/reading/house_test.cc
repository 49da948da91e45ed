// SPDX-License-Identifier: MIT
#include "reading/house.h"

#include <gtest/gtest.h>

#include <random>

namespace fithome::reading {
namespace {

Ledger ledger_of(std::int64_t imported, std::int64_t exported) {
  Ledger ledger;
  ledger.net.active = {{imported}, {exported}};
  return ledger;
}

Reading reading_of(double watts, int second = 0) {
  Reading reading;
  reading.time = UtcTime(std::chrono::seconds(1'800'000'000 + second));
  reading.set(house_channel(Quantity::active_power), watts);
  return reading;
}

constexpr std::int64_t kWh = 1'000'000'000;  // nanowatt-hours in a watt-hour

TEST(House, PowerIsTheStatedSumOfReadingsOfOneInstant) {
  const HouseSum sum{{.meter = 0}, {.sign = -1, .meter = 1}};

  EXPECT_EQ(house_power(
                sum, std::vector<std::optional<Reading>>{reading_of(1000.25), reading_of(-300.5)}),
            Watts{1300.75});
  EXPECT_FALSE(
      house_power(sum, std::vector<std::optional<Reading>>{reading_of(1000), reading_of(-300, 1)}))
      << "of two instants";
  EXPECT_FALSE(house_power(sum, std::vector<std::optional<Reading>>{reading_of(1000), {}}));
  EXPECT_FALSE(house_power(sum, std::vector<std::optional<Reading>>{reading_of(1000)}));
}

TEST(House, ALineOfAMeterIsATermOfItsOwn) {
  Reading reading = reading_of(9999);
  reading.set(line_channel(Quantity::active_power, 2), -700);
  const HouseSum sum{{.sign = -1, .meter = 0, .line = 2}};

  EXPECT_EQ(house_power(sum, std::vector<std::optional<Reading>>{reading}), Watts{700});
}

TEST(House, WhatOneMeterExportsAndAnotherImportsAtOnceIsNetted) {
  const HouseSum sum{{.meter = 0}, {.meter = 1}};
  const Ledger nothing;
  const Ledger mains = ledger_of(5 * kWh, 0);
  const Ledger solar = ledger_of(0, 3 * kWh);
  Ledger house;

  book_house(house, sum, std::vector<HouseStep>{{&nothing, &mains}, {&nothing, &solar}}, {});

  EXPECT_EQ(house.net.active, (Flow{{2 * kWh}, {0}}));
}

TEST(House, AMeterThatWasSilentIsNettedOnceAllHaveSpokenAgain) {
  const HouseSum sum{{.meter = 0}, {.meter = 1}};
  const Ledger nothing;
  const Ledger mains = ledger_of(5 * kWh, 0);
  const Ledger solar = ledger_of(0, 6 * kWh);
  Ledger house;

  book_house(house, sum, std::vector<HouseStep>{{&nothing, &mains}, {&nothing, nullptr}}, {});
  EXPECT_EQ(house.net.active, Flow{}) << "what solar gave meanwhile is not known yet";
  book_house(house, sum, std::vector<HouseStep>{{&mains, &mains}, {&nothing, &solar}}, {});

  EXPECT_EQ(house.net.active, (Flow{{0}, {1 * kWh}}));
}

TEST(House, TakesNoCorrectionOfAMeterForEnergy) {
  const HouseSum sum{{.meter = 0}, {.meter = 1}};
  const Ledger nothing;
  const Ledger solar = ledger_of(0, 3 * kWh);
  Ledger mains = ledger_of(5 * kWh, 0);
  set_total(mains.net, {4000 * kWh}, {100 * kWh});
  Ledger house;

  book_house(house, sum, std::vector<HouseStep>{{&nothing, &mains}, {&nothing, &solar}}, {});

  EXPECT_EQ(house.net.active, (Flow{{2 * kWh}, {0}}));
}

TEST(House, ASingleTermIsThatMeterWithItsHistory) {
  const HouseSum sum{{.meter = 1}};
  const std::vector<Ledger> meters{ledger_of(1, 2), ledger_of(7 * kWh, 5 * kWh)};
  Ledger house = first_house_ledger(sum, meters);
  EXPECT_EQ(house.net.active, meters[1].net.active);

  const Ledger later = ledger_of(7 * kWh + 1, 5 * kWh + 1);
  book_house(house, sum, std::vector<HouseStep>{{&meters[0], nullptr}, {&meters[1], &later}}, {});

  EXPECT_EQ(house.net.active, later.net.active) << "a count each way is not netted away";
  EXPECT_EQ(first_house_ledger({{.meter = 0}, {.meter = 1}}, meters), Ledger{});
}

TEST(House, ImportLessExportIsExactHoweverTicksAndMetersFail) {
  std::mt19937_64 random(7);
  const HouseSum sum{{.meter = 0}, {.sign = -1, .meter = 1}, {.meter = 2, .line = 0}};
  std::vector<Ledger> now(3);
  std::vector<Ledger> before(3);
  Ledger house;
  for (int tick = 0; tick < 10'000; ++tick) {
    std::vector<HouseStep> steps;
    std::vector<bool> read;
    for (std::size_t meter = 0; meter < 3; ++meter) {
      const auto gain = static_cast<std::int64_t>(random() % 40) * kNanoWattHoursPerCount;
      Flow& flow = meter == 2 ? now[meter].lines[0].active : now[meter].net.active;
      (random() % 2 ? flow.imported : flow.exported).nwh += gain;
      read.push_back(random() % 10 != 0);
    }
    for (std::size_t meter = 0; meter < 3; ++meter) {
      steps.push_back({&before[meter], read[meter] ? &now[meter] : nullptr});
    }
    const Flow was = house.net.active;
    book_house(house, sum, steps, {});
    for (std::size_t meter = 0; meter < 3; ++meter) {
      if (read[meter]) before[meter] = now[meter];
    }
    ASSERT_GE(house.net.active.imported.nwh, was.imported.nwh);
    ASSERT_GE(house.net.active.exported.nwh, was.exported.nwh);
  }
  const auto net = [](const Flow& flow) { return flow.imported.nwh - flow.exported.nwh; };

  EXPECT_EQ(net(house.net.active) + house.net_remainder[0],
            net(before[0].net.active) - net(before[1].net.active) + net(before[2].lines[0].active));
  EXPECT_GT(house.net.active.imported.nwh, 0);
  EXPECT_GT(house.net.active.exported.nwh, 0);
}

}  // namespace
}  // namespace fithome::reading
