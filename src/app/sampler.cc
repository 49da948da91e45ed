// SPDX-License-Identifier: MIT
#include "app/sampler.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace fithome::app {
namespace {

using reading::Flag;

// A simulated calendar is its own: it begins where it is told to, whatever is stored.
TimelineConfig time_of(const SamplerConfig& config, const std::vector<Metered>& meters) {
  TimelineConfig of{.boot = config.boot, .earliest = config.earliest, .interval = config.interval};
  if (config.begin) return of;
  for (const Metered& meter : meters) of.newest = std::max(of.newest, meter.last_stored);
  of.era = config.era;
  return of;
}

}  // namespace

Sampler::Sampler(Clock& clock, const std::vector<Metered>& meters, HandOver& to, Hub& hub,
                 const SamplerConfig& config)
    : clock_(clock),
      to_(to),
      hub_(hub),
      config_(config),
      timeline_(clock, time_of(config, meters)) {
  const PollConfig poll{config.interval, config.simulated, config.absence};
  for (const Metered& meter : meters) {
    meters_.emplace_back(clock, timeline_, meter, to, hub, meters_.size(), poll);
    booked_.push_back(meter.ledger);
  }
}

Sampler::Sampler(Clock& clock, chip::Chip& chip, HandOver& to, Hub& hub,
                 const reading::Ledger& ledger, const SamplerConfig& config)
    : Sampler(clock, {Metered{.chip = chip, .ledger = ledger}}, to, hub, config) {}

void Sampler::run(std::stop_token stop) {
  bring_all_up(stop);
  Schedule schedule(clock_, timeline_, config_.interval, config_.begin);
  while (!stop.stop_requested()) {
    const Tick tick = schedule.next();
    if (config_.end && tick.stamp >= *config_.end) return;
    note(tick);
    if (!finish_starts(tick.deadline, stop) || !wait(tick.deadline, stop)) return;
    poll(tick, stop);
  }
}

void Sampler::stopped() {
  to_.give({.meter = meters_.front().id(),
            .kind = "stop",
            .begin = now(),
            .end = now(),
            .cause = "fithome was stopped"});
  if (config_.heartbeat) config_.heartbeat->stop();
}

bool Sampler::wait(Monotonic deadline, std::stop_token stop) {
  if (!config_.errands) return clock_.wait_until(deadline, stop);
  std::vector<Bench> benches;
  for (MeterPoll& meter : meters_) {
    benches.push_back(meter.bench());
    if (!config_.sum.empty()) benches.back().house = &config_.house;
  }
  return config_.errands->serve_until(deadline, clock_, benches, stop);
}

// A chip that was configured counts no energy of the house until it has settled: not a moment
// longer than that.
bool Sampler::finish_starts(Monotonic deadline, std::stop_token stop) {
  constexpr Nanoseconds kTakes = std::chrono::milliseconds(200);
  for (MeterPoll& meter : meters_) {
    const auto settled = meter.settled_at();
    if (!settled || *settled + kTakes > deadline) continue;
    if (!wait(*settled, stop)) return false;
    meter.try_start(stop);
  }
  return true;
}

// Chips that were found fresh settle together.
void Sampler::bring_all_up(std::stop_token stop) {
  std::optional<Monotonic> settled;
  for (MeterPoll& meter : meters_) {
    meter.try_start(stop);
    if (meter.settled_at()) settled = std::max(settled.value_or(Monotonic{}), *meter.settled_at());
  }
  if (settled && !clock_.wait_until(*settled, stop)) return;
  for (MeterPoll& meter : meters_) {
    if (meter.settled_at()) meter.try_start(stop);
  }
}

// Only one a tick, for each takes time that the others need.
void Sampler::bring_one_up(std::stop_token stop) {
  for (std::size_t n = 0; n < meters_.size(); ++n) {
    MeterPoll& meter = meters_[(next_down_ + n) % meters_.size()];
    if (!meter.start_due()) continue;
    next_down_ = (next_down_ + n + 1) % meters_.size();
    return meter.try_start(stop);
  }
}

void Sampler::note(const Tick& tick) {
  note(tick.change);
  if (config_.heartbeat) config_.heartbeat->beat(tick.stamp);
  if (tick.skipped == 0) return;
  const UtcTime first = tick.stamp - config_.interval * static_cast<std::int64_t>(tick.skipped);
  const bool slept = tick.change.asleep > Nanoseconds(config_.interval) / 2;
  for (MeterPoll& meter : meters_) {
    meter.miss(first, tick.skipped,
               meter.gap_cause().value_or(slept ? "the computer was asleep"
                                                : "the computer was too busy"));
  }
}

void Sampler::note(const TimeChange& change) {
  if (change.restamp) {
    for (MeterPoll& meter : meters_) meter.move(*change.restamp);
    to_.give(*change.restamp);
  } else if (change.era) {
    to_.give(*change.era);
  }
  if (!change.told.empty()) {
    to_.give({.meter = meters_.front().id(),
              .kind = "clock_step",
              .begin = now(),
              .end = now(),
              .cause = change.told});
    log_warning("clock: {}", change.told);
  }
  if (timeline_.trust() != store::Trust::unset) return hub_.end_fault("clock_unset");
  const UtcTime says = to_stamp(clock_.utc());
  hub_.begin_fault("clock_unset",
                   fmt::format("the clock says {}{}", to_iso(says),
                               says < now() ? ", before readings that are kept" : ""),
                   "set it, or let a time server do it (timedatectl set-ntp true): readings are "
                   "kept, and their times put right then");
}

void Sampler::poll(const Tick& tick, std::stop_token stop) {
  for (MeterPoll& meter : meters_) meter.measure();
  const Taken taken = this->taken(tick);
  for (MeterPoll& meter : meters_) meter.count();
  const bool any =
      std::ranges::any_of(meters_, [](auto& meter) { return meter.sample().has_value(); });
  for (std::size_t n = 0; n < meters_.size(); ++n) {
    MeterPoll& meter = meters_[n];
    if (meter.polled() && !meter.sample()) miss(n, tick.stamp, meter.fail(tick.stamp));
  }
  if (any) hand_on(taken, stop);

  // Configuring takes longer than a tick; a later one reads.
  bring_one_up(stop);
  if (stop.stop_requested()) return;
  for (std::size_t n = 0; n < meters_.size(); ++n) {
    MeterPoll& meter = meters_[n];
    if (meter.polled()) continue;
    const bool answers = meter.up() || meter.settled_at();
    if (!answers) meter.fall_silent(tick.stamp);
    miss(n, tick.stamp, answers ? "the chip had to be configured" : "the chip did not answer");
  }
}

// All meters of a tick have one time: its own, unless they were measured long after it.
Sampler::Taken Sampler::taken(const Tick& tick) {
  const std::chrono::duration<double> lateness = clock_.monotonic() - tick.deadline;
  const bool late = lateness > std::chrono::duration<double>(config_.interval) / 10;
  if (std::ranges::none_of(meters_, [](auto& meter) { return meter.sample().has_value(); })) {
    return {tick.stamp, late};
  }
  hub_.count([&](api::Status& status) {
    status.late_worst_s = std::max(status.late_worst_s, lateness.count());
    status.late_ticks += late ? 1 : 0;
  });
  return {timeline_.give(late ? now() : tick.stamp), late};
}

// Says so to who listens, too.
void Sampler::miss(std::size_t place, UtcTime stamp, const std::string& cause) {
  meters_[place].miss(stamp, 1, cause);
  if (config_.feed) config_.feed->publish({.meter = place, .time = stamp, .missed = cause});
}

void Sampler::hand_on(Taken taken, std::stop_token stop) {
  reading::Flags flags = 0;
  if (config_.simulated) flags |= bit(Flag::simulated);
  flags |= timeline_.flags();
  if (taken.late) flags |= bit(Flag::late);

  tick_.clear();
  for (std::size_t n = 0; n < meters_.size(); ++n) {
    MeterPoll& meter = meters_[n];
    if (!meter.sample()) continue;
    reading::Reading reading = meter.reading(taken.time);
    reading.flags |= flags;
    tick_.add(meter.id(), reading, meter.ledger());
    if (!config_.feed) continue;
    config_.feed->publish(
        {.meter = n, .time = taken.time, .sample = meter.sample(), .flags = reading.flags});
  }
  measure_skew(taken.time);
  book_house(taken.time);
  const bool given = give(stop);
  for (MeterPoll& meter : meters_) {
    if (!meter.sample()) continue;
    if (given) {
      meter.close_gap(taken.time);
    } else if (!stop.stop_requested()) {
      hub_.count([](api::Status& status) { ++status.dropped; });
      meter.miss(taken.time, 1, "the store could not keep up");
    }
  }
  // Netted anew with what comes next: a total that was shown must not fall.
  if (!given) tick_.house.clear();
  hub_.publish(tick_);
}

void Sampler::measure_skew(UtcTime time) {
  if (tick_.readings.size() < 2) return;
  Monotonic first = Monotonic::max();
  Monotonic last = Monotonic::min();
  for (const MeterPoll& meter : meters_) {
    if (!meter.sample()) continue;
    first = std::min(first, meter.sample()->measured);
    last = std::max(last, meter.sample()->measured);
  }
  tick_.skews.push_back({time, std::chrono::ceil<std::chrono::microseconds>(last - first)});
  const double skew_s = std::chrono::duration<double>(last - first).count();
  hub_.count([=](api::Status& status) {
    status.skew_s = skew_s;
    status.skew_worst_s = std::max(status.skew_worst_s, skew_s);
  });
}

// From the ledgers that were handed over, so that on disk house and meters always agree.
void Sampler::book_house(UtcTime time) {
  if (config_.sum.empty()) return;
  std::vector<reading::HouseStep> steps;
  for (std::size_t n = 0; n < meters_.size(); ++n) {
    steps.push_back({&booked_[n], meters_[n].sample() ? &meters_[n].ledger() : nullptr});
  }
  reading::Ledger house = config_.house;
  reading::book_house(house, config_.sum, steps, time);
  tick_.house.push_back(house);
}

bool Sampler::give(std::stop_token stop) {
  bool given = false;
  if (clock_.free_running()) {
    given = to_.give_waiting(tick_, stop);
  } else {
    const auto gone = to_.give(tick_);
    given = gone.has_value();
    if (gone && *gone > 0) hub_.count([&](api::Status& status) { status.dropped += *gone; });
  }
  if (!given || tick_.house.empty()) return given;
  config_.house = tick_.house.back();
  for (std::size_t n = 0; n < meters_.size(); ++n) {
    if (meters_[n].sample()) booked_[n] = meters_[n].ledger();
  }
  return given;
}

}  // namespace fithome::app
