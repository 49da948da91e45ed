// SPDX-License-Identifier: MIT
//
// The sampler on a simulated chip that misbehaves.
#include "app/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>

#include "app/test_noon.h"
#include "base/log.h"
#include "sim/sim_bus.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;
using reading::Flag;

class SteadyHouse final : public sim::House {
 public:
  sim::HouseState mean(UtcInstant, UtcInstant) const override {
    sim::HouseState state;
    state.lines[0] = {Volts{120}, Watts{1500}, Vars{200}};
    state.lines[2] = {Volts{121}, Watts{-700}, Vars{50}};
    return state;
  }
  std::string describe() const override { return "steady house"; }
};

class Sampling : public testing::Test {
 protected:
  Sampling() {
    set_log_level(Severity::error);
    chip::reset(pad_, {});
    for (chip::LineConfig& line : config_.lines) {
      line.voltage_gain = sim::matching_voltage_gain({});
      line.current_gain = sim::matching_current_gain({}, 0, config_.pga);
    }
    sampling_.begin = to_stamp(kNoon);
  }

  // Samples from noon on, for so long; `at` happens before the reading of that second.
  void run(Nanoseconds time, std::size_t queue = 1000) {
    HandOver to(queue);
    chip::Chip chip(bus_, clock_, config_, pad_);
    sampling_.end = to_stamp(kNoon) + std::chrono::duration_cast<std::chrono::milliseconds>(time);
    Sampler sampler(clock_, {Metered{.chip = chip, .last_stored = last_stored_}}, to, hub_,
                    sampling_);
    sampler.run({});
    parcel_ = to.take(0ns);
  }

  // Lets something happen at an instant, whoever waits.
  class EventfulClock final : public Clock {
   public:
    explicit EventfulClock(UtcInstant start) : inner(start) {}
    Monotonic monotonic() const override { return inner.monotonic(); }
    UtcInstant utc() const override { return inner.utc(); }
    bool free_running() const override { return waits_for_room; }
    bool synchronised() const override { return inner.synchronised(); }
    Nanoseconds asleep() const override { return inner.asleep(); }
    bool wait_until(Monotonic deadline, std::stop_token stop) override {
      const auto due = [&] { return at && inner.monotonic() < *at && *at <= deadline; };
      if (due()) {
        inner.wait_until(*at, stop);
        at.reset();
        happens();
      }
      return inner.wait_until(deadline, stop);
    }
    void after_noon(Nanoseconds time, std::function<void()> what) {
      at = inner.monotonic() + (kNoon - inner.utc()) + time;
      happens = std::move(what);
    }
    ManualClock inner;
    std::optional<Monotonic> at;
    std::function<void()> happens;
    bool waits_for_room = false;
  };

  std::vector<store::Event> events(std::string_view kind) const {
    std::vector<store::Event> found;
    for (const store::Event& event : parcel_.events) {
      if (event.kind == kind) found.push_back(event);
    }
    return found;
  }

  EventfulClock clock_{kNoon - 2s};
  SteadyHouse house_;
  sim::SimChip chip_{clock_, house_};
  sim::SimBus bus_{chip_};
  chip::ChipConfig config_;
  chip::EnergyPad pad_{};
  Hub hub_{clock_, {}};
  SamplerConfig sampling_;
  std::optional<UtcTime> last_stored_;
  Parcel parcel_;
};

constexpr reading::ChannelId kP = *reading::find_channel("p");
constexpr reading::ChannelId kPa = *reading::find_channel("p_a");
constexpr reading::ChannelId kUa = *reading::find_channel("u_a");

TEST_F(Sampling, AnHourIsThreeThousandSixHundredTrueReadings) {
  run(1h, 10'000);

  ASSERT_EQ(parcel_.readings.size(), 3600u);
  for (std::size_t n = 0; n < parcel_.readings.size(); ++n) {
    const reading::Reading& reading = parcel_.readings[n];
    ASSERT_EQ(reading.time, to_stamp(kNoon) + std::chrono::seconds(n));
    ASSERT_EQ(reading.flags, 0u);
    ASSERT_NEAR(*reading.value(kPa), 1500, 0.5);
    ASSERT_NEAR(*reading.value(kP), 800, 0.5);
  }
  const reading::Ledger& ledger = parcel_.ledgers.back();
  EXPECT_NEAR(ledger.lines[0].active.imported.wh(), 1500, 1.5);
  EXPECT_NEAR(ledger.lines[2].active.exported.wh(), 700, 0.7);
  EXPECT_NEAR(ledger.net.active.imported.wh(), 800, 0.8);
  EXPECT_EQ(ledger.net.active.exported.wh(), 0);
}

TEST_F(Sampling, AChipThatWasResetIsConfiguredAgainAndNoFalseReadingIsKept) {
  clock_.after_noon(10500ms, [&] { chip_.brown_out(); });

  run(30s);

  for (const reading::Reading& reading : parcel_.readings) {
    EXPECT_NEAR(*reading.value(kUa), 120, 0.1) << "the plausible 106 V of a chip with lost gains";
    EXPECT_NEAR(*reading.value(kPa), 1500, 0.5);
  }
  const auto gaps = events("gap");
  ASSERT_EQ(gaps.size(), 2u) << "begun, then ended";
  EXPECT_EQ(gaps[0].begin, to_stamp(kNoon) + 11s);
  EXPECT_FALSE(gaps[0].end);
  ASSERT_TRUE(gaps[1].end);
  EXPECT_LE(*gaps[1].end - gaps[1].begin, 4s);
  EXPECT_FALSE(gaps[0].cause.empty());
  ASSERT_EQ(events("chip_reset").size(), 1u);
  EXPECT_EQ(hub_.status().chip_resets, 1u);
  EXPECT_TRUE(hub_.healthy());
  EXPECT_EQ(parcel_.readings.size() + hub_.status().missed, 30u);
}

TEST_F(Sampling, AnAbsentChipIsAFaultAndAGapUntilItComes) {
  bus_.faults.absent = true;
  clock_.after_noon(20500ms, [&] {
    EXPECT_FALSE(hub_.healthy());
    EXPECT_EQ(hub_.status().faults[0].name, "chip_absent");
    bus_.faults.absent = false;
    chip_.power_cycle();
  });

  run(60s);

  EXPECT_TRUE(hub_.healthy());
  ASSERT_FALSE(parcel_.readings.empty());
  EXPECT_GT(parcel_.readings.front().time, to_stamp(kNoon) + 20s);
  EXPECT_TRUE(parcel_.readings.front().flags & bit(Flag::after_gap));
  EXPECT_EQ(parcel_.readings.size() + hub_.status().missed, 60u);
  ASSERT_EQ(events("gap").size(), 2u);
  EXPECT_EQ(events("gap")[1].end, parcel_.readings.front().time);
}

TEST_F(Sampling, ANoisyWireCostsNoCountAndShowsNoWrongPower) {
  bus_.faults.bit_flips = 0.0005;

  run(10min);

  EXPECT_GT(parcel_.readings.size(), 500u);
  for (const reading::Reading& reading : parcel_.readings) {
    if (reading.flags & (bit(Flag::incoherent) | bit(Flag::no_voltage))) continue;
    EXPECT_NEAR(*reading.value(kP), 800, 30);
  }
  const reading::Ledger& ledger = parcel_.ledgers.back();
  const double hours = std::chrono::duration<double>(ledger.time - to_stamp(kNoon)).count() / 3600;
  EXPECT_NEAR(ledger.lines[0].active.imported.wh(), 1500 * hours, 1.5);
}

TEST_F(Sampling, AStoreThatCannotKeepUpCostsReadingsButNoEnergy) {
  run(60s, 10);

  EXPECT_LE(parcel_.readings.size(), 10u);
  EXPECT_EQ(hub_.status().dropped + parcel_.readings.size(), 60u);
  EXPECT_EQ(parcel_.readings.back().time, hub_.newest()->time) << "the newest is there";
  EXPECT_EQ(parcel_.ledgers.back().lines[0], hub_.ledger()->lines[0]);
  ASSERT_EQ(events("gap").size(), 1u);
  EXPECT_EQ(events("gap")[0].cause, "the store could not keep up: readings went, no energy");
  EXPECT_NEAR(hub_.ledger()->lines[0].active.imported.wh(), 1500 / 60.0, 0.5);
}

TEST_F(Sampling, TheTimeSinceTheLastRunIsAGap) {
  last_stored_ = to_stamp(kNoon) - 1h;

  run(5s);

  ASSERT_EQ(events("gap").size(), 1u);
  EXPECT_EQ(events("gap")[0].begin, to_stamp(kNoon) - 1h + 1s);
  EXPECT_EQ(events("gap")[0].end, to_stamp(kNoon));
  EXPECT_TRUE(parcel_.readings[0].flags & bit(Flag::after_gap));
  EXPECT_FALSE(parcel_.readings[1].flags & bit(Flag::after_gap));
}

TEST_F(Sampling, AReadingOfASimulatedHouseSaysSo) {
  sampling_.simulated = true;
  run(2s);
  EXPECT_EQ(reading::flag_text(parcel_.readings[0].flags), "simulated");
}

// A real house's time, whose clock is set, or not, while the sampler runs.
class ClockThatIsSet : public Sampling {
 protected:
  ClockThatIsSet() {
    sampling_.begin.reset();
    sampling_.boot = "this boot";
  }
  // Samples for so long by the machine's own count.
  void run_for(Nanoseconds time) {
    clock_.inner.synchronise(synchronised_);
    HandOver to(10'000);
    chip::Chip chip(bus_, clock_, config_, pad_);
    Sampler sampler(clock_, {Metered{.chip = chip, .ledger = ledger_, .last_stored = last_stored_}},
                    to, hub_, sampling_);
    std::stop_source stop;
    const Monotonic end = clock_.monotonic() + time;
    bus_.faults.before_frame = [&](std::uint16_t) {
      if (clock_.monotonic() >= end) stop.request_stop();
    };
    sampler.run(stop.get_token());
    bus_.faults.before_frame = {};
    parcel_ = to.take(0ns);
    if (!parcel_.ledgers.empty()) ledger_ = parcel_.ledgers.back();
  }
  // When something happens, counted from the start of the run.
  void after(Nanoseconds time, std::function<void()> what) {
    clock_.at = clock_.inner.monotonic() + time;
    clock_.happens = std::move(what);
  }
  void expect_in_order() const {
    for (std::size_t n = 1; n < parcel_.readings.size(); ++n) {
      ASSERT_LT(parcel_.readings[n - 1].time, parcel_.readings[n].time) << n;
    }
  }

  bool synchronised_ = false;
  reading::Ledger ledger_;
};

TEST_F(ClockThatIsSet, DatesNothingBefore2024ThoughTheClockIsUnset) {
  clock_.inner.step_utc(UtcInstant(10s) - clock_.utc());

  run_for(30s);

  ASSERT_GE(parcel_.readings.size(), 25U);
  EXPECT_TRUE(hub_.status().faults.size() == 1 && hub_.status().faults[0].name == "clock_unset");
  for (const reading::Reading& reading : parcel_.readings) {
    EXPECT_GE(reading.time, kNoClockBefore);
    EXPECT_TRUE(reading.flags & bit(Flag::clock_unset));
  }
  expect_in_order();
}

TEST_F(ClockThatIsSet, PutsRightWhatWasMeasuredBeforeItIs) {
  clock_.inner.step_utc(UtcInstant(10s) - clock_.utc());
  after(20s, [&] { clock_.inner.step_utc(kNoon - clock_.utc()); });

  run_for(40s);

  ASSERT_GE(parcel_.readings.size(), 35U);
  EXPECT_TRUE(hub_.healthy());
  expect_in_order();
  // 20 s before noon it began, and took a reading each second.
  EXPECT_LE(parcel_.readings.front().time, to_stamp(kNoon) - 17s);
  EXPECT_GE(parcel_.readings.front().time, to_stamp(kNoon) - 20s);
  for (std::size_t n = 1; n < parcel_.readings.size(); ++n) {
    EXPECT_LE(parcel_.readings[n].time - parcel_.readings[n - 1].time, 2s) << n;
  }
  for (const reading::Reading& reading : parcel_.readings) {
    EXPECT_EQ(reading::flag_text(reading.flags & ~bit(Flag::late)), "clock_unsynced");
  }
  ASSERT_EQ(parcel_.restamps.size(), 1U);
  EXPECT_EQ(parcel_.era->trust, store::Trust::unvouched);
  ASSERT_EQ(events("clock_step").size(), 1U);
  const UtcTime start = events("start")[0].begin;
  EXPECT_TRUE(start > to_stamp(kNoon) - 20s && start < to_stamp(kNoon) - 18s) << "events move too";
}

TEST_F(ClockThatIsSet, CountsOnFromTheNewestReadingWhenTheClockIsBehindIt) {
  last_stored_ = to_stamp(kNoon) + 1h;  // as after a boot with the time of the image

  run_for(30s);

  expect_in_order();
  EXPECT_GT(parcel_.readings.front().time, *last_stored_);
  EXPECT_LT(parcel_.readings.back().time, *last_stored_ + 35s);
  EXPECT_TRUE(parcel_.readings.front().flags & bit(Flag::clock_unset));
  EXPECT_EQ(hub_.status().faults[0].name, "clock_unset");
}

TEST_F(ClockThatIsSet, AnotherRunInTheSameBootGoesOnAndIsPutRightToo) {
  clock_.inner.step_utc(UtcInstant(10s) - clock_.utc());
  run_for(20s);
  const auto first = parcel_.readings;
  last_stored_ = first.back().time;
  sampling_.era = parcel_.era;
  clock_.inner.advance(1s);
  after(10s, [&] { clock_.inner.step_utc(kNoon - clock_.utc()); });

  run_for(20s);

  ASSERT_EQ(parcel_.restamps.size(), 1U);
  const store::Restamp& restamp = parcel_.restamps[0];
  EXPECT_LE(restamp.from.first, first.front().time) << "what the first run measured moves too";
  const auto apart = parcel_.readings.front().time - first.back().time - restamp.by;
  EXPECT_TRUE(apart > 900ms && apart < 1500ms) << "and stays as far from what follows as it was";
}

TEST_F(ClockThatIsSet, TheTimeOfASavedClockMovesAlongWhenATimeServerComes) {
  last_stored_ = to_stamp(kNoon) - 1min;  // a clock saved at shutdown, eight hours late
  sampling_.absence.other_boot = true;
  sampling_.absence.cause = "the computer was shut down or restarted";
  after(30s, [&] {
    clock_.inner.step_utc(8h);
    clock_.inner.synchronise(true);
  });

  run_for(40s);

  expect_in_order();
  EXPECT_GE(parcel_.readings.front().time, to_stamp(kNoon) + 8h - 2s);
  EXPECT_EQ(parcel_.readings.front().flags, bit(Flag::after_gap)) << "no doubt is left";
  EXPECT_EQ(parcel_.era->trust, store::Trust::vouched);
  const auto gaps = events("gap");
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].begin, *last_stored_ + 1s);
  EXPECT_EQ(gaps[0].end, parcel_.readings.front().time) << "the gap is as long as the night";
}

TEST_F(ClockThatIsSet, AVouchedClockSetForwardLeavesWhatIsStamped) {
  synchronised_ = true;
  after(10s, [&] { clock_.inner.step_utc(1h); });

  run_for(20s);

  expect_in_order();
  EXPECT_TRUE(parcel_.restamps.empty());
  const auto jump = std::ranges::adjacent_find(
      parcel_.readings, [](const auto& a, const auto& b) { return b.time - a.time > 1h - 5s; });
  EXPECT_NE(jump, parcel_.readings.end());
  EXPECT_TRUE(events("gap").empty()) << "nothing is missing, however the calendar looks";
}

TEST_F(ClockThatIsSet, ALeapSecondThatIsRepeatedNeitherDoublesNorSkipsAReading) {
  synchronised_ = true;
  after(10s, [&] { clock_.inner.step_utc(-1s); });

  run_for(60s);

  expect_in_order();
  for (std::size_t n = 2; n < parcel_.readings.size(); ++n) {  // the first is not on the second
    EXPECT_EQ(parcel_.readings[n].time - parcel_.readings[n - 1].time, 1s) << n;
  }
  EXPECT_EQ(hub_.status().missed, 0U);
  const Nanoseconds ahead = UtcInstant(parcel_.readings.back().time) - clock_.utc();
  EXPECT_LE(ahead, 0ns) << "it has caught up";
}

TEST_F(ClockThatIsSet, AClockThatSomebodySetsBackAnHourIsNotBelieved) {
  synchronised_ = true;
  after(10s, [&] {
    clock_.inner.step_utc(-1h);
    clock_.inner.synchronise(false);
  });
  run_for(20s);

  expect_in_order();
  EXPECT_EQ(parcel_.era->trust, store::Trust::unset);
  EXPECT_EQ(hub_.status().faults[0].name, "clock_unset");
  const UtcTime last = parcel_.readings.back().time;

  // Set right again, all is as if nothing had been.
  last_stored_ = last;
  sampling_.era = parcel_.era;
  synchronised_ = false;
  after(5s, [&] { clock_.inner.step_utc(1h); });
  run_for(20s);
  EXPECT_TRUE(hub_.healthy());
  ASSERT_EQ(parcel_.restamps.size(), 1U);
  EXPECT_LT(std::chrono::abs(parcel_.restamps[0].by), 1500ms);
}

TEST_F(ClockThatIsSet, ATimeServerThatGoesBackAnHourIsFollowedAndItIsTold) {
  synchronised_ = true;
  after(10s, [&] { clock_.inner.step_utc(-1h); });

  run_for(20s);

  const auto back = std::ranges::adjacent_find(
      parcel_.readings, [](const auto& a, const auto& b) { return b.time < a.time; });
  ASSERT_NE(back, parcel_.readings.end());
  EXPECT_NE(events("clock_step")[0].cause.find("overlap"), std::string::npos);
}

TEST_F(ClockThatIsSet, AMachineThatSleptHasAGapAndNoStep) {
  for (const bool vouched : {true, false}) {
    synchronised_ = vouched;
    after(10s, [&] { clock_.inner.suspend(10min); });

    run_for(20s);

    expect_in_order();
    EXPECT_TRUE(events("clock_step").empty());
    EXPECT_TRUE(parcel_.restamps.empty());
    const auto gaps = events("gap");
    ASSERT_EQ(gaps.size(), 2U) << "begun, then ended";
    EXPECT_EQ(gaps[1].cause, "the computer was asleep");
    EXPECT_NEAR(std::chrono::duration<double>(*gaps[1].end - gaps[1].begin).count(), 600, 2);
  }
}

TEST_F(ClockThatIsSet, NoEnergyIsLostOrDoubledByAnySetting) {
  clock_.inner.step_utc(UtcInstant(10s) - clock_.utc());
  int steps = 0;
  std::function<void()> again = [&] {
    constexpr std::array<Nanoseconds, 6> kSteps{Nanoseconds(500'000h), -1s, 1h, -30min, 10s, -5h};
    clock_.inner.step_utc(kSteps[static_cast<std::size_t>(steps) % kSteps.size()]);
    clock_.inner.synchronise(steps % 4 == 3);
    if (++steps < 12) after(50s, [&] { again(); });
  };
  after(50s, [&] { again(); });

  run_for(10min);

  EXPECT_EQ(steps, 12);
  EXPECT_EQ(hub_.status().missed, 0U);
  EXPECT_NEAR(ledger_.lines[0].active.imported.wh(), 1500 * 599.0 / 3600, 1.5);
  EXPECT_GE(parcel_.readings.size(), 590U) << "one a second, whatever the calendar did";
  EXPECT_LE(parcel_.readings.size(), 600U + 12U) << "a step may bring a tick nearer";
}

}  // namespace
}  // namespace fithome::app
