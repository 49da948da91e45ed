// SPDX-License-Identifier: MIT
//
// The sampler on a simulated chip that misbehaves.
#include "app/sampler.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "sim/sim_bus.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;
using reading::Flag;

const UtcInstant kNoon = UtcInstant(std::chrono::sys_days(std::chrono::year(2026) / 6 / 1)) + 12h;

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

  EXPECT_EQ(parcel_.readings.size(), 10u);
  EXPECT_EQ(hub_.status().dropped, 50u);
  ASSERT_EQ(events("gap").size(), 1u);
  EXPECT_EQ(events("gap")[0].cause, "the store could not keep up");
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

TEST_F(Sampling, AClockThatWasNeverSetPublishesNothingButKeepsTheEnergy) {
  clock_.after_noon(10500ms, [&] { clock_.inner.step_utc(-std::chrono::days(9000)); });
  HandOver to(1000);
  chip::Chip chip(bus_, clock_, config_, pad_);
  Sampler sampler(clock_, chip, to, hub_, {}, sampling_);
  std::stop_source stop;
  int polls = 0;
  bus_.faults.before_frame = [&](std::uint16_t) {
    if (hub_.status().missed == 20 && ++polls == 1) {
      EXPECT_EQ(hub_.status().faults[0].name, "clock_unset");
      stop.request_stop();
    }
  };
  sampler.run(stop.get_token());

  parcel_ = to.take(0ns);
  for (const reading::Reading& reading : parcel_.readings) {
    EXPECT_GE(reading.time, to_stamp(kNoon));
  }
  EXPECT_EQ(parcel_.readings.size(), 11u);
}

}  // namespace
}  // namespace fithome::app
