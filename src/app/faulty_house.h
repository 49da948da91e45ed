// SPDX-License-Identifier: MIT
//
// A steady house with a scenario of the simulator, and what an owner sees of it: readings, events,
// faults.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "app/sampler.h"
#include "app/test_noon.h"
#include "sim/director.h"
#include "sim/disturbed_house.h"
#include "sim/sim_bus.h"

namespace fithome::app {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""ns;
using std::chrono_literals::operator""s;
using reading::Flag;
using reading::Reading;

class SteadyHouse final : public sim::House {
 public:
  sim::HouseState mean(UtcInstant, UtcInstant) const override {
    sim::HouseState state;
    state.lines[0] = {Volts{120}, Watts{1500}, Vars{250}};
    state.lines[2] = {Volts{121}, Watts{700}, Vars{90}};
    return state;
  }
  std::string describe() const override { return "steady house"; }
};

/// Looks at the hub whenever the sampler waits for its next tick.
class WatchfulClock final : public Clock {
 public:
  explicit WatchfulClock(UtcInstant start) : inner(start) {}
  Monotonic monotonic() const override { return inner.monotonic(); }
  UtcInstant utc() const override { return inner.utc(); }
  bool free_running() const override { return true; }
  bool wait_until(Monotonic deadline, std::stop_token stop) override {
    if (look) look();
    return inner.wait_until(deadline, stop);
  }
  ManualClock inner;
  std::function<void()> look;
};

struct SeenFault {
  std::string what, remedy;
  Nanoseconds first{}, last{};  // after noon
};

class Faulty : public testing::Test {
 protected:
  Faulty() {
    chip::reset(pad_, {});
    for (chip::LineConfig& line : config_.lines) {
      line.voltage_gain = sim::matching_voltage_gain({});
      line.current_gain = sim::matching_current_gain({}, 0, config_.pga);
    }
  }
  /// Samples from noon on. What was seen is in faults_, parcel_ and hub_.
  void play(std::string_view text, Nanoseconds time = 120s,
            std::chrono::milliseconds interval = 1s) {
    chip::reset(pad_, {});
    auto scenario = sim::parse_scenario(text);
    ASSERT_TRUE(scenario) << scenario.error().front().what;
    house_ = sim::disturbed(std::make_unique<SteadyHouse>(), *scenario, kNoon);
    sim::SimChip sim_chip(clock_, *house_, board_);
    sim::SimBus bus(sim_chip);
    const Monotonic noon = clock_.monotonic() + (kNoon - clock_.utc());
    sim::Director director(*std::move(scenario), noon, clock_.inner, sim_chip, bus.wire);
    chip::Chip chip(bus, clock_, config_, pad_);
    HandOver to(100'000);
    SamplerConfig sampling;
    sampling.interval = interval;
    sampling.begin = to_stamp(kNoon);
    sampling.end = to_stamp(kNoon) + std::chrono::duration_cast<std::chrono::milliseconds>(time);
    Sampler sampler(clock_, chip, to, hub_, {}, sampling);
    clock_.look = [&] { note(clock_.utc() - kNoon); };
    sampler.run({});
    parcel_ = to.take(0ns);
    expect_no_count_lost(sim_chip);
    expect_nothing_wrong_unflagged();
  }

  void note(Nanoseconds after) {
    for (const api::Fault& fault : hub_.status().faults) {
      SeenFault& seen =
          faults_.try_emplace(fault.name, SeenFault{"", "", after, after}).first->second;
      seen.what = fault.what;
      seen.remedy = fault.remedy;
      seen.last = after;
    }
  }

  /// The fault was there, with these words, and is over at the end.
  void expect_fault(const std::string& name, std::string_view what, std::string_view remedy) {
    ASSERT_TRUE(faults_.contains(name)) << "seen: " << names();
    EXPECT_TRUE(faults_[name].what.contains(what)) << faults_[name].what;
    EXPECT_TRUE(faults_[name].remedy.contains(remedy)) << faults_[name].remedy;
    EXPECT_TRUE(hub_.healthy()) << "the red light is still on: "
                                << (hub_.healthy() ? "" : hub_.status().faults.front().name);
  }
  std::string names() const {
    std::string all;
    for (const auto& [name, seen] : faults_) all += name + " ";
    return all;
  }

  void expect_near(const Reading& reading, std::string_view channel, double truth) {
    const auto shown = reading.value(*reading::find_channel(channel));
    if (!shown) return;  // absent is not wrong
    EXPECT_NEAR(*shown, truth, 0.005 * std::abs(truth) + 0.5)
        << channel << " " << to_iso(reading.time) << " " << reading::flag_text(reading.flags);
  }
  /// The window that a reading shows began up to half a second before it.
  bool steady_at(UtcTime time) const {
    const auto before = house_->mean(UtcInstant(time) - 700ms, UtcInstant(time) - 600ms);
    const auto now = house_->mean(UtcInstant(time) - 100ms, UtcInstant(time));
    return std::abs((before.lines[0].p - now.lines[0].p).value) < 1 &&
           std::abs((before.lines[2].u - now.lines[2].u).value) < 0.1;
  }
  void expect_nothing_wrong_unflagged() {
    constexpr reading::Flags kDoubt =
        bit(Flag::suspect) | bit(Flag::clipped) | bit(Flag::no_voltage) | bit(Flag::incoherent);
    for (const Reading& reading : parcel_.readings) {
      if (reading.flags & kDoubt || !steady_at(reading.time)) continue;
      const auto truth = house_->mean(UtcInstant(reading.time) - 100ms, UtcInstant(reading.time));
      expect_near(reading, "u_a", truth.lines[0].u.value);
      expect_near(reading, "p_a", truth.lines[0].p.value);
      expect_near(reading, "q_a", truth.lines[0].q.value);
      expect_near(reading, "u_c", truth.lines[2].u.value);
      expect_near(reading, "p_c", truth.lines[2].p.value);
      expect_near(reading, "p", (truth.lines[0].p + truth.lines[2].p).value);
    }
  }
  /// What reads took out of the chip's counters is booked, whatever the wire did; but for what a
  /// chip counts while its filters settle after it was configured, which is no energy of the house.
  void expect_no_count_lost(const sim::SimChip& sim_chip) const {
    constexpr std::uint64_t kSettling = 245;  // 1.2 s of 2300 VA, in counts of 3.125 mWh
    const std::uint64_t configured = 1 + hub_.status().chip_resets;  // of earlier chips, too
    const chip::EnergyCounters booked = chip::counters(pad_);
    for (int counter = 0; counter < chip::kEnergyCounters; ++counter) {
      const std::uint64_t taken = sim_chip.counts_taken(chip::energy_register(counter));
      const std::uint64_t kept = booked[static_cast<std::size_t>(counter)];
      EXPECT_LE(kept, taken) << "none is counted twice: counter " << counter;
      EXPECT_LE(taken - kept, kSettling * configured)
          << "counter " << counter << " of " << taken << ", configured " << configured << " times";
    }
  }
  std::size_t flagged(Flag flag) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        parcel_.readings,
        [=](const Reading& reading) { return (reading.flags & bit(flag)) != 0; }));
  }
  /// What a gap's event says; all gaps are over.
  std::string gap() const {
    std::string cause;
    for (const store::Event& event : parcel_.events) {
      if (event.kind == "gap" && event.end) cause += event.cause + "; ";
    }
    return cause;
  }
  /// As it was told last.
  store::Event last_event(std::string_view kind) const {
    const auto event = std::ranges::find(parcel_.events.rbegin(), parcel_.events.rend(), kind,
                                         &store::Event::kind);
    return event == parcel_.events.rend() ? store::Event{} : *event;
  }
  std::size_t events(std::string_view kind) const {
    return static_cast<std::size_t>(std::ranges::count(parcel_.events, kind, &store::Event::kind));
  }

  WatchfulClock clock_{kNoon - 2s};
  sim::Board board_;
  std::unique_ptr<sim::House> house_;
  chip::ChipConfig config_;
  chip::EnergyPad pad_{};
  Hub hub_{clock_, {}};
  Parcel parcel_;
  std::map<std::string, SeenFault> faults_;
};

}  // namespace fithome::app
