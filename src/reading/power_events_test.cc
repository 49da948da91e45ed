// SPDX-License-Identifier: MIT
#include "reading/power_events.h"

#include <gtest/gtest.h>

namespace fithome::reading {
namespace {

using namespace std::chrono_literals;

const UtcTime kBegin = UtcTime(std::chrono::sys_days(std::chrono::year(2026) / 6 / 1)) + 12h;
constexpr ChannelId kUa = *find_channel("u_a");
constexpr ChannelId kUc = *find_channel("u_c");
constexpr ChannelId kIc = *find_channel("i_c");
constexpr ChannelId kF = *find_channel("f");

// A split-phase house of 120 V, a sample a second.
class PowerEventsOf : public testing::Test {
 protected:
  struct Volt {
    double a = 120, c = 120;
  };
  chip::Sample sample(Volt volts, double amps = 5, double hertz = 60) const {
    chip::Sample of;
    of.f = Hertz{hertz};
    for (const std::size_t line : {0u, 2u}) {
      chip::LineSample& at = of.lines[line].emplace();
      at.u = Volts{line == 0 ? volts.a : volts.c};
      at.i = Amps{amps};
      at.u_peak = Volts{at.u.value * 1.41421};
      at.i_peak = Amps{amps * 1.41421};
    }
    return of;
  }
  void take(const chip::Sample& sample, int times = 1) {
    for (int n = 0; n < times; ++n, now_ += 1s) {
      for (PowerEvent& change : events_.take(sample, now_)) told_.push_back(std::move(change));
    }
  }
  void see(Volt volts, int times = 1) { take(sample(volts), times); }

  chip::ChipConfig config_;
  LineRules rules_{};
  PowerEvents events_{config_, rules_};
  UtcTime now_ = kBegin;
  std::vector<PowerEvent> told_;
};

TEST_F(PowerEventsOf, AQuietHouseTellsNothing) {
  see({}, 60);
  see({109, 131}, 60);  // the ends of what is good

  EXPECT_TRUE(told_.empty());
}

TEST_F(PowerEventsOf, ASagHasABeginAnEndAndItsDepth) {
  see({}, 5);
  see({100, 120}, 2);
  see({80, 120});
  see({95, 120});
  see({}, 10);

  ASSERT_EQ(told_.size(), 2u) << "when it begins, and when it is over";
  const PowerEvent& over = told_.back();
  EXPECT_EQ(over.kind, PowerKind::sag);
  EXPECT_EQ(over.channel, kUa);
  EXPECT_EQ(over.begin, kBegin + 5s);
  EXPECT_EQ(over.end, kBegin + 9s);
  EXPECT_EQ(over.worst, 80);
  EXPECT_FALSE(told_.front().end);
  EXPECT_TRUE(events_.lasting().empty());
}

TEST_F(PowerEventsOf, AFlickerIsOneEvent) {
  for (int n = 0; n < 20; ++n) {
    see({100, 120});
    see({}, 2);
  }
  see({}, 3);

  ASSERT_EQ(told_.size(), 2u);
  EXPECT_EQ(told_.back().end, kBegin + 58s);
}

TEST_F(PowerEventsOf, BetweenTheThresholdsASagGoesOn) {
  see({107, 120}, 5);
  see({109, 120}, 60);
  EXPECT_EQ(events_.lasting().size(), 1u) << "109 V is above 90 %, but not above 92 %";

  see({111, 120}, 5);
  EXPECT_TRUE(events_.lasting().empty());
}

TEST_F(PowerEventsOf, ADipShorterThanASampleIsToldByTheChipsLatch) {
  see({}, 2);
  chip::Sample dipped = sample({});
  dipped.state.latched1 = 1 << 14;  // EMMState1: sag of phase A
  take(dipped);
  see({}, 10);

  ASSERT_EQ(told_.size(), 2u);
  EXPECT_EQ(told_.back().kind, PowerKind::sag);
  EXPECT_EQ(told_.back().channel, kUa);
  EXPECT_FALSE(told_.back().worst) << "how deep it was nobody measured";
}

TEST_F(PowerEventsOf, LatchesFromBeforeTheFirstSampleTellNothing) {
  chip::Sample old = sample({});
  old.state.latched1 = 1 << 14;
  old.state.latched0 = 1 << 12;
  take(old);
  see({}, 5);

  EXPECT_TRUE(told_.empty());
}

TEST_F(PowerEventsOf, ASwellKeepsItsHighestVoltage) {
  see({120, 133}, 2);
  see({120, 140});
  see({120, 134});
  see({}, 5);

  ASSERT_EQ(told_.size(), 2u);
  EXPECT_EQ(told_.back().kind, PowerKind::swell);
  EXPECT_EQ(told_.back().channel, kUc);
  EXPECT_EQ(told_.back().worst, 140);
}

TEST_F(PowerEventsOf, NoVoltageAndNoCurrentIsTheGrid) {
  see({}, 3);
  take(sample({0.4, 0.3}, 0, 0), 30);
  see({}, 5);

  ASSERT_EQ(told_.size(), 2u) << "an outage, and no sag, swell or wrong frequency beside it";
  EXPECT_EQ(told_.back().kind, PowerKind::outage);
  EXPECT_FALSE(told_.back().channel) << "of all lines";
  EXPECT_EQ(told_.back().reason, "grid");
  EXPECT_EQ(told_.back().begin, kBegin + 3s);
  EXPECT_EQ(told_.back().end, kBegin + 33s);
}

TEST_F(PowerEventsOf, NoVoltageWhileCurrentFlowsIsTheAdapter) {
  see({}, 3);
  take(sample({0.4, 0.3}, 0, 0));
  take(sample({0.4, 0.3}, 7, 0), 10);
  see({}, 5);

  EXPECT_EQ(told_.back().reason, "adapter") << "one current seen is enough";
  EXPECT_EQ(told_.front().reason, "grid") << "as it looked at first";
  for (const PowerEvent& change : told_) EXPECT_EQ(change.begin, kBegin + 3s);
}

TEST_F(PowerEventsOf, OneLineWithoutVoltageIsAnOutageOfThatLine) {
  chip::Sample half = sample({120, 2});
  half.lines[2]->i = Amps{0};
  take(half, 5);
  see({}, 5);

  ASSERT_EQ(told_.size(), 2u);
  EXPECT_EQ(told_.back().kind, PowerKind::outage);
  EXPECT_EQ(told_.back().channel, kUc);
  EXPECT_EQ(told_.back().reason, "line");
}

TEST_F(PowerEventsOf, OneLineWithoutVoltageThatCarriesCurrentLacksItsAdapter) {
  see({120, 2}, 5);

  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_.back().channel, kUc);
  EXPECT_EQ(told_.back().reason, "adapter");
}

TEST_F(PowerEventsOf, TheOtherGridsFrequencyIsTheConfigurationsFault) {
  take(sample({}, 5, 50), 10);

  EXPECT_TRUE(told_.empty());
}

TEST_F(PowerEventsOf, AFrequencyThatIsOffTellsWhichWay) {
  take(sample({}, 5, 59.2), 3);
  see({}, 5);
  take(sample({}, 5, 60.9), 3);
  see({}, 5);

  ASSERT_EQ(told_.size(), 4u);
  EXPECT_EQ(told_[1].reason, "low");
  EXPECT_EQ(told_[1].channel, kF);
  EXPECT_EQ(told_[1].worst, 59.2);
  EXPECT_EQ(told_[3].reason, "high");
}

TEST_F(PowerEventsOf, OverCurrentIsInTheAmpsOfTheWire) {
  rules_[2].scale_per_mille = 2000;  // the chip sees half of it
  events_ = PowerEvents(config_, rules_);
  chip::Sample heavy = sample({});
  heavy.lines[2]->i = Amps{70};
  take(heavy, 3);
  see({}, 5);

  ASSERT_EQ(told_.size(), 2u);
  EXPECT_EQ(told_.back().kind, PowerKind::over_current);
  EXPECT_EQ(told_.back().channel, kIc);
  EXPECT_EQ(told_.back().worst, 140);
}

TEST_F(PowerEventsOf, WhatLastsEndsWhereTheChipIsLost) {
  see({100, 120}, 5);
  const auto ended = events_.lose(now_);

  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].end, kBegin + 5s);
  EXPECT_TRUE(events_.lasting().empty());
}

TEST_F(PowerEventsOf, WhatLastsMovesWithAClockThatIsSet) {
  see({100, 120}, 5);
  events_.move(kBegin, 1h);
  now_ += 1h;
  see({}, 5);

  EXPECT_EQ(told_.back().begin, kBegin + 1h);
  EXPECT_EQ(told_.back().end, kBegin + 1h + 5s);
}

}  // namespace
}  // namespace fithome::reading
