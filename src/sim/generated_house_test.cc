// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <vector>

#include "sim/house.h"

namespace fithome::sim {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

constexpr std::size_t kA = 0;
constexpr std::size_t kB = 1;
constexpr std::size_t kC = 2;
constexpr auto kLocalMidnight = 8h;  // of UTC: the house lives by UTC-8
constexpr UtcInstant kJune = sys_days(std::chrono::June / 10 / 2026) + kLocalMidnight;
constexpr UtcInstant kJanuary = sys_days(std::chrono::January / 10 / 2026) + kLocalMidnight;

std::unique_ptr<House> house_of(std::uint64_t seed) {
  return generated_house(seed, Hertz{60}, Volts{120});
}
double total(const HouseState& state) { return state.lines[kA].p.value + state.lines[kC].p.value; }
HouseState during(const House& house, UtcInstant at, Nanoseconds length = 1s) {
  return house.mean(at, at + length);
}
double amps(const LineState& line) { return std::hypot(line.p.value, line.q.value) / line.u.value; }

bool same(const HouseState& a, const HouseState& b) {
  for (std::size_t n = 0; n < 3; ++n) {
    if (a.lines[n].u != b.lines[n].u || a.lines[n].p != b.lines[n].p ||
        a.lines[n].q != b.lines[n].q) {
      return false;
    }
  }
  return a.f == b.f && a.chip_temperature == b.chip_temperature;
}

TEST(GeneratedHouse, IsTheSameForTheSameSeedInWhateverOrderItIsAsked) {
  const auto one = house_of(7);
  const auto other = house_of(7);
  std::vector<UtcInstant> instants;
  for (int n = 0; n < 500; ++n) instants.push_back(kJune + n * 613s + 41ms);
  std::vector<HouseState> states;
  for (const auto at : instants) states.push_back(during(*one, at, 267ms));

  std::vector<std::size_t> order(instants.size());
  for (std::size_t n = 0; n < order.size(); ++n) order[n] = n;
  std::ranges::shuffle(order, std::mt19937(1));

  for (const auto n : order) EXPECT_TRUE(same(during(*other, instants[n], 267ms), states[n])) << n;
}

TEST(GeneratedHouse, IsAnotherHouseForAnotherSeed) {
  const auto at = kJune + 20h;
  EXPECT_FALSE(same(during(*house_of(1), at), during(*house_of(2), at)));
}

TEST(GeneratedHouse, IsWiredOnTwoLegsNearNominal) {
  for (const double nominal : {120.0, 230.0}) {
    const auto house = generated_house(3, Hertz{50}, Volts{nominal});
    for (auto at = kJanuary; at < kJanuary + 24h; at += 97s) {
      const auto state = during(*house, at);
      EXPECT_EQ(state.lines[kB].u, Volts{});
      EXPECT_EQ(state.lines[kB].p, Watts{});
      EXPECT_NEAR(state.lines[kA].u.value, nominal, 0.06 * nominal);
      EXPECT_NEAR(state.lines[kC].u.value, nominal, 0.06 * nominal);
      EXPECT_NEAR(state.f.value, 50, 0.05);
      EXPECT_NE(state.f.value, 50);
    }
  }
}

TEST(GeneratedHouse, ExportsOnABrightNoonAndImportsAtNight) {
  int bright = 0;
  int dull = 0;
  int from_both_legs = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const auto house = house_of(seed);
    const auto noon = during(*house, kJune + 11h + 30min, 1h);
    bright += total(noon) < -3000;
    dull += total(noon) > -2000;
    from_both_legs += noon.lines[kA].p < Watts{} && noon.lines[kC].p < Watts{};
    for (int hour = 0; hour < 4; ++hour)
      EXPECT_GT(total(during(*house, kJune + hour * 1h, 1h)), 50);
  }

  EXPECT_GE(bright, 15) << "of 30 noons in June";
  EXPECT_GE(from_both_legs, 15);
  EXPECT_GE(dull, 2);
}

/// What thirty houses do in thirty days of different seasons, seen every ten seconds.
struct Seen {
  double most_amps = 0;
  double most_watts = -1e9;
  double least_watts = 1e9;
  int opposite_legs = 0;
  int on_one_leg = 0;    // leaps of a leg by a kettle
  int on_both_legs = 0;  // leaps of both legs by an oven or heat pump
  int car = 0;
  int lagging = 0;
};

Seen look_around() {
  Seen seen;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const auto house = house_of(seed);
    const auto midnight = kJanuary + seed * 12 * 24h;
    auto before = during(*house, midnight);
    for (auto at = midnight + 10s; at < midnight + 24h; at += 10s) {
      const auto now = during(*house, at);
      const double a = now.lines[kA].p.value - before.lines[kA].p.value;
      const double c = now.lines[kC].p.value - before.lines[kC].p.value;
      seen.most_amps = std::max({seen.most_amps, amps(now.lines[kA]), amps(now.lines[kC])});
      seen.most_watts = std::max(seen.most_watts, total(now));
      seen.least_watts = std::min(seen.least_watts, total(now));
      seen.opposite_legs += now.lines[kA].p.value * now.lines[kC].p.value < 0;
      seen.on_one_leg += std::max(a, c) > 1000 && std::min(std::abs(a), std::abs(c)) < 150;
      seen.on_both_legs += a > 700 && c > 700 && a < 2000 && c < 2000;
      seen.car += a > 3000 && c > 3000;
      seen.lagging += now.lines[kA].q.value > 200 && now.lines[kC].q.value > 200;
      before = now;
    }
  }
  return seen;
}

TEST(GeneratedHouse, HasAllItsAppliancesAndStaysWithinItsFuses) {
  const auto seen = look_around();

  EXPECT_GT(seen.on_one_leg, 30) << "kettle";
  EXPECT_GT(seen.on_both_legs, 100) << "oven, heat pump";
  EXPECT_GT(seen.car, 5);
  EXPECT_GT(seen.lagging, 1000) << "motors";
  EXPECT_GT(seen.opposite_legs, 100) << "one leg exports while the other imports";
  EXPECT_LT(seen.most_amps, 60);
  EXPECT_LT(seen.most_watts, 15'000);
  EXPECT_GT(seen.most_watts, 7'000);
  EXPECT_LT(seen.least_watts, -3'000);
  EXPECT_GT(seen.least_watts, -8'000);
}

TEST(GeneratedHouse, VoltageSagsUnderTheLegsOwnLoad) {
  int leaps = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto house = house_of(seed);
    auto before = during(*house, kJanuary, 100ms);
    for (auto at = kJanuary + 1s; at < kJanuary + 24h; at += 1s) {
      const auto now = during(*house, at, 100ms);
      for (const auto leg : {kA, kC}) {
        if (now.lines[leg].p.value - before.lines[leg].p.value < 900) continue;
        EXPECT_LT(now.lines[leg].u, before.lines[leg].u) << "seed " << seed;
        ++leaps;
      }
      before = now;
    }
  }
  EXPECT_GT(leaps, 20);
}

TEST(GeneratedHouse, TheFridgeRunsThroughMidnight) {
  // A day's plan is cut at midnight; nothing but chance may switch there.
  int changes = 0;
  for (int day = 0; day < 100; ++day) {
    const auto midnight = kJune + day * 24h;
    const auto before = during(*house_of(4), midnight - 1s);
    const auto after = during(*house_of(4), midnight);
    changes += std::abs(total(after) - total(before)) > 50;
  }
  EXPECT_LE(changes, 3);
}

TEST(GeneratedHouse, MeansAddUp) {
  const auto house = house_of(11);
  std::mt19937_64 random(5);
  for (int n = 0; n < 2000; ++n) {
    const auto a = kJune + Nanoseconds(static_cast<std::int64_t>(random() % 86'400'000'000'000));
    const auto first = Nanoseconds(static_cast<std::int64_t>(1 + random() % 40'000'000'000));
    const auto second = Nanoseconds(static_cast<std::int64_t>(1 + random() % 40'000'000'000));
    const auto whole = house->mean(a, a + first + second);
    const auto one = house->mean(a, a + first);
    const auto two = house->mean(a + first, a + first + second);
    const double share =
        static_cast<double>(first.count()) / static_cast<double>((first + second).count());
    for (const auto leg : {kA, kC}) {
      EXPECT_NEAR(whole.lines[leg].p.value,
                  share * one.lines[leg].p.value + (1 - share) * two.lines[leg].p.value, 1e-6);
      EXPECT_NEAR(whole.lines[leg].u.value,
                  share * one.lines[leg].u.value + (1 - share) * two.lines[leg].u.value, 1e-6);
    }
  }
}

TEST(GeneratedHouse, UsesAPlausibleAmountInADay) {
  double least = 1e9;
  double most = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto day = during(*house_of(seed), kJanuary, 24h);
    const double kwh = total(day) * 24 / 1000;
    least = std::min(least, kwh);
    most = std::max(most, kwh);
  }
  EXPECT_GT(least, -10);
  EXPECT_GT(most, 10);
  EXPECT_LT(most, 100);
}

}  // namespace
}  // namespace fithome::sim
