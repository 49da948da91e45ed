// SPDX-License-Identifier: MIT
#include "calibrate/proposal.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fithome::calibrate {
namespace {

using namespace std::chrono_literals;
using chip::Sample;

/// Ten windows of a line A, each `wander` (a share) above or below the mean.
std::vector<Sample> windows(Volts u, Amps i, double wander = 0, double angle = 0,
                            std::size_t count = kEnoughWindows) {
  std::vector<Sample> samples(count);
  for (std::size_t n = 0; n < count; ++n) {
    const double factor = 1 + (n % 2 == 0 ? wander : -wander);
    auto& line = samples[n].lines[0].emplace();
    line.u = u * factor;
    line.i = i * factor;
    const double turn = angle * std::numbers::pi / 180;
    line.s = line.u * line.i;
    line.p = Watts{line.s.value * std::cos(turn)};
    line.q = Vars{line.s.value * std::sin(turn)};
  }
  return samples;
}

Request volts(double reference) { return {.kind = Kind::voltage, .volts = Volts{reference}}; }
Request watts(double reference) { return {.kind = Kind::current, .watts = Watts{reference}}; }

std::string refusal(const Request& request, const std::vector<Sample>& samples) {
  const auto made = propose(request, samples, {}, {});
  return made ? "" : made.error().what;
}
bool says(const std::string& text, const char* part) { return text.find(part) != text.npos; }

TEST(Windows, CountOnlyWhenTheyCannotBeTheSame) {
  Windows of;
  const Sample sample;
  EXPECT_TRUE(of.add(sample, 0ms));
  EXPECT_FALSE(of.add(sample, 100ms));
  EXPECT_FALSE(of.add(sample, 349ms));
  EXPECT_TRUE(of.add(sample, 350ms));
  EXPECT_EQ(of.size(), 2u);
}

TEST(Statistics, OfAFewNumbers) {
  const std::vector<double> values{10, 12, 11, 13};
  const Statistics of = statistics(values);
  EXPECT_EQ(of.count, 4u);
  EXPECT_DOUBLE_EQ(of.mean, 11.5);
  EXPECT_DOUBLE_EQ(of.spread, 3);
  EXPECT_NEAR(of.deviation, 1.29099, 1e-5);
  EXPECT_DOUBLE_EQ(of.drift, 1);
  EXPECT_GT(of.error(), of.deviation / 2);
}

TEST(Proposal, OfAVoltageIsTheGainThatMakesItTrue) {
  const auto samples = windows(Volts{106.5}, Amps{1}, 0.0005);

  const auto made = propose(volts(121.5), samples, {}, {});

  ASSERT_TRUE(made) << made.error().what;
  EXPECT_EQ(made->before.voltage_gain, 37106);
  EXPECT_EQ(made->after.voltage_gain, std::lround(37106 * 121.5 / 106.5));
  EXPECT_EQ(made->after.current_gain, made->before.current_gain);
  EXPECT_NEAR(made->error, -0.1235, 0.0001);
  EXPECT_LT(made->remaining, 0.001);
}

TEST(Proposal, RefusesInputThatIsNoGround) {
  const auto good = windows(Volts{120}, Amps{10});
  EXPECT_TRUE(says(refusal(volts(121.5), windows(Volts{120}, Amps{1}, 0, 0, 9)), "too few"));
  EXPECT_TRUE(says(refusal(volts(121.5), windows(Volts{120}, Amps{1}, 0.006)), "not steady"));
  EXPECT_TRUE(says(refusal(volts(12.15), good), "cannot be right"));
  EXPECT_TRUE(says(refusal(volts(-120), good), "cannot be right"));
  EXPECT_TRUE(says(refusal(watts(20), good), "too little"));
  EXPECT_TRUE(says(refusal(watts(100), good), "12.0-fold"));
  auto clipped = good;
  clipped[3].lines[0]->clipped = true;
  EXPECT_TRUE(says(refusal(volts(121.5), clipped), "clipped"));
  auto dark = good;
  dark[3].voltage_absent = true;
  EXPECT_TRUE(says(refusal(volts(121.5), dark), "no voltage"));
  Request other = volts(121.5);
  other.line = 1;
  EXPECT_TRUE(says(refusal(other, good), "line b is not measured"));
}

TEST(Proposal, OfACurrentByWattsNeedsAPlainLoadTheRightWayRound) {
  EXPECT_TRUE(says(refusal(watts(1200), windows(Volts{120}, Amps{10}, 0, 40)), "plain load"));
  EXPECT_TRUE(says(refusal(watts(1200), windows(Volts{120}, Amps{10}, 0, 180)), "backwards"));

  const auto made = propose(watts(1260), windows(Volts{120}, Amps{10}), {}, {});

  ASSERT_TRUE(made);
  EXPECT_EQ(made->after.current_gain, std::lround(25498 * 1.05));
}

TEST(Proposal, OfALoadsStepLeavesOutWhatFlowsAnyway) {
  const auto without = windows(Volts{120}, Amps{2}, 0.0001);
  Request request = watts(1260);
  request.baseline = without;

  const auto made = propose(request, windows(Volts{120}, Amps{12}, 0.0001), {}, {});

  ASSERT_TRUE(made) << made.error().what;
  EXPECT_NEAR(made->measured.mean, 1200, 0.01);
  EXPECT_EQ(made->after.current_gain, std::lround(25498 * 1.05));
}

TEST(Proposal, CountsInTheHousesSignAndScale) {
  reading::LineRules rules{};
  rules[0] = {.reversed = true, .scale_per_mille = 2000};
  const auto made = propose(watts(2400), windows(Volts{120}, Amps{10}, 0, 180), {}, rules);
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_EQ(made->after.current_gain, 25498);
}

TEST(Proposal, OfAnOffsetNeedsALineWithoutCurrent) {
  Request request{.kind = Kind::offset};
  EXPECT_TRUE(says(refusal(request, windows(Volts{120}, Amps{1})), "at nothing"));
  const auto made = propose(request, windows(Volts{120}, Amps{0.0018}), {}, {});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->after.current_offset, std::lround(-0.0018 / (0.001 / 512)));
  EXPECT_EQ(made->after.active_offset, std::lround(-0.0018 * 120 / 0.00032));
}

TEST(Proposal, OfAPhaseTurnsTheCurrentBackToTheVoltage) {
  Request request{.kind = Kind::phase};
  const auto plain = propose(request, windows(Volts{120}, Amps{10}, 0, 1), {}, {});
  ASSERT_TRUE(plain) << plain.error().what;
  EXPECT_EQ(plain->after.phase_delay, -95);

  request.watts = Watts{600};
  const auto lagging = propose(request, windows(Volts{120}, Amps{10}, 0, 60.5), {}, {});
  ASSERT_TRUE(lagging) << lagging.error().what;
  EXPECT_NEAR(lagging->after.phase_delay, -0.5 / 0.010547, 1);
  EXPECT_TRUE(says(refusal(request, windows(Volts{120}, Amps{10})), "0.5"));
}

}  // namespace
}  // namespace fithome::calibrate
