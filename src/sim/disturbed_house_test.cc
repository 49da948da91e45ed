// SPDX-License-Identifier: MIT
#include "sim/disturbed_house.h"

#include <gtest/gtest.h>

#include "sim/test_rig.h"

namespace fithome::sim {
namespace {

using namespace std::chrono_literals;

const UtcInstant kStart{std::chrono::seconds(1'790'000'000)};

std::unique_ptr<House> house(std::string_view text) {
  auto inner = std::make_unique<FakeHouse>();
  inner->state.lines[0] = {Volts(120), Watts(1000), Vars(100)};
  inner->state.lines[2] = {Volts(120), Watts(500), Vars(0)};
  return disturbed(std::move(inner), *parse_scenario(text), kStart);
}

HouseState at(const House& house, Nanoseconds after) {
  return house.mean(kStart + after, kStart + after + 100ms);
}

TEST(DisturbedHouse, IsTheHouseWhereNothingIsWrong) {
  const auto quiet = house("+10s outage for 5s");
  EXPECT_EQ(at(*quiet, -1h).lines[0].p, Watts(1000));
  EXPECT_EQ(at(*quiet, 9s).lines[0].u, Volts(120));
  EXPECT_EQ(at(*quiet, 15s).lines[2].p, Watts(500));
}

TEST(DisturbedHouse, AnOutageTakesVoltageAndLoad) {
  const auto dark = house("+10s outage for 5s");
  EXPECT_EQ(at(*dark, 12s).lines[0].u, Volts(0));
  EXPECT_EQ(at(*dark, 12s).lines[0].p, Watts(0));
}

TEST(DisturbedHouse, ASagLeavesTheCurrent) {
  const auto sag = house("+10s voltage a 50% for 5s");
  EXPECT_EQ(at(*sag, 12s).lines[0].u, Volts(60));
  EXPECT_EQ(at(*sag, 12s).lines[0].p, Watts(500));
  EXPECT_EQ(at(*sag, 12s).lines[2].u, Volts(120));
}

TEST(DisturbedHouse, ALoadComesOnTopAndTheFrequencyDrifts) {
  const auto odd = house("+10s load a 5000W for 5s\n+10s frequency drifts to 57 for 10s");
  EXPECT_EQ(at(*odd, 12s).lines[0].p, Watts(6000));
  EXPECT_NEAR(at(*odd, 15s).f.value, 60 - 3 * 0.505, 1e-9);
  EXPECT_EQ(at(*odd, 20s).f, Hertz(60));
}

TEST(DisturbedHouse, AMeanOverABoundaryIsTheExactMean) {
  const auto dark = house("+10s outage for 5s");
  const HouseState half = dark->mean(kStart + 9s, kStart + 11s);
  EXPECT_NEAR(half.lines[0].p.value, 500, 1e-9);
  EXPECT_NEAR(half.f.value, 60, 1e-9);
  EXPECT_NEAR(half.chip_temperature.value, 35, 1e-9);
  EXPECT_NEAR(dark->mean(kStart, kStart + 20s).lines[0].p.value, 750, 1e-9);
}

}  // namespace
}  // namespace fithome::sim
