// SPDX-License-Identifier: MIT
#include "app/sampler.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "reading/from_sample.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;
using reading::Flag;

constexpr Nanoseconds kFirstRetry = 1s;  // to bring up a chip that does not answer
constexpr Nanoseconds kLastRetry = 10s;

constexpr std::string_view kWiring =
    "check the wires between Pi and meter, and the meter's supply; it is tried again by itself";

}  // namespace

Sampler::Sampler(Clock& clock, chip::Chip& chip, HandOver& to, Hub& hub,
                 const reading::Ledger& ledger, const SamplerConfig& config)
    : clock_(clock),
      chip_(chip),
      to_(to),
      hub_(hub),
      ledger_(ledger),
      config_(config),
      diagnosis_(hub, chip.config()) {}

void Sampler::run(std::stop_token stop) {
  bring_up(stop);
  Schedule schedule(clock_, config_.interval, config_.begin);
  while (!stop.stop_requested()) {
    const Tick tick = schedule.next();
    if (config_.end && tick.stamp >= *config_.end) return;
    note(tick);
    if (!clock_.wait_until(tick.deadline, stop)) return;
    poll(tick, stop);
  }
}

bool Sampler::bring_up(std::stop_token stop) {
  if (clock_.monotonic() < next_try_) return false;
  const auto found = chip_.start(stop);
  if (stop.stop_requested()) return false;
  const UtcTime now = to_stamp(clock_.utc());
  if (!found) {
    back_off_ = std::clamp(back_off_ * 2, kFirstRetry, kLastRetry);
    next_try_ = clock_.monotonic() + back_off_;
    hub_.begin_fault("chip_absent", found.error().what, kWiring);
    return false;
  }
  back_off_ = Nanoseconds(0);
  hub_.end_fault("chip_absent");
  diagnosis_.chip_back();
  announce(*found, now);
  return true;
}

void Sampler::announce(chip::Found found, UtcTime now) {
  const bool fresh = found == chip::Found::fresh;
  if (!announced_) {
    announced_ = true;
    to_.give({.kind = "start",
              .begin = now,
              .end = now,
              .cause = fresh ? "the chip was configured"
                             : "the chip was still counting; nothing was lost"});
    log_info("chip: {}", fresh ? "configured and counting" : "found counting; its energy is kept");
    return;
  }
  if (!reset_) return;
  if (fresh) hub_.count([](api::Status& status) { ++status.chip_resets; });
  reset_->end = now;
  to_.give(*std::exchange(reset_, {}));
  log_info("chip: configured again");
}

void Sampler::note(const Tick& tick) {
  if (tick.skipped > 0) {
    const UtcTime first = tick.stamp - config_.interval * static_cast<std::int64_t>(tick.skipped);
    miss(first, tick.skipped, gap_ ? gap_->cause : "the computer was too busy or asleep");
  }
  if (tick.clock_step) {
    const std::chrono::duration<double> step = *tick.clock_step;
    const UtcTime now = to_stamp(clock_.utc());
    to_.give({.kind = "clock_step",
              .begin = now,
              .end = now,
              .cause = fmt::format("the clock was set by {:+.3f} s", step.count())});
    log_warning("clock: set by {:+.3f} s; readings go on at the new time", step.count());
  }
}

Result<chip::Sample> Sampler::sample() {
  auto sample = chip_.sample();
  retried_ = false;
  if (!sample && chip_.ready()) {
    hub_.count([](api::Status& status) { ++status.spi_errors; });
    sample = chip_.sample();
    retried_ = true;
  }
  return sample;
}

void Sampler::poll(const Tick& tick, std::stop_token stop) {
  if (!chip_.ready()) {
    // Configuring takes longer than a tick; the next one reads.
    const bool up = bring_up(stop);
    if (!stop.stop_requested()) {
      miss(tick.stamp, 1, up ? "the chip had to be configured" : "the chip did not answer");
    }
    return;
  }
  const auto sample = this->sample();
  if (sample && to_stamp(clock_.utc()) >= config_.earliest) {
    diagnosis_.poll_succeeded();
    hub_.end_fault("clock_unset");
    hand_on(*sample, tick, stop);
    return;
  }
  if (sample) {
    hub_.begin_fault("clock_unset", "the clock says " + to_iso(to_stamp(clock_.utc())),
                     "set it, or let a time server do it: timedatectl set-ntp true");
    miss(tick.stamp, 1, "the clock was not set");
    return;
  }
  if (!chip_.ready() && !reset_) {
    reset_ = {.kind = "chip_reset", .begin = tick.stamp, .end = {}, .cause = sample.error().what};
    diagnosis_.chip_lost(sample.error().what, tick.stamp);
  } else if (chip_.ready()) {
    hub_.count([](api::Status& status) { ++status.spi_errors; });
    diagnosis_.poll_failed(sample.error());
  }
  miss(tick.stamp, 1, sample.error().what);
}

void Sampler::hand_on(const chip::Sample& sample, const Tick& tick, std::stop_token stop) {
  const std::chrono::duration<double> lateness = clock_.monotonic() - tick.deadline;
  const bool late = lateness > std::chrono::duration<double>(config_.interval) / 10;
  const UtcTime time = late ? to_stamp(clock_.utc()) : tick.stamp;
  hub_.count([&](api::Status& status) {
    status.late_worst_s = std::max(status.late_worst_s, lateness.count());
    status.late_ticks += late ? 1 : 0;
    status.spi_retries += static_cast<std::uint64_t>(sample.retries);
  });

  reading::Reading reading = make_reading(sample, config_.rules, time);
  if (config_.simulated) reading.flags |= bit(Flag::simulated);
  if (!clock_.synchronised()) reading.flags |= bit(Flag::clock_unsynced);
  if (late) reading.flags |= bit(Flag::late);
  if (retried_) reading.flags |= bit(Flag::retried);
  if (gap_ || was_away(time)) reading.flags |= bit(Flag::after_gap);
  reading.flags |= diagnosis_.look(sample, time);
  watch_energy(sample, time);
  book(ledger_, sample.energy, config_.rules, time);

  const bool given =
      clock_.free_running() ? to_.give_waiting(reading, ledger_, stop) : to_.give(reading, ledger_);
  if (given) {
    close_gap(time);
  } else if (!stop.stop_requested()) {
    hub_.count([](api::Status& status) { ++status.dropped; });
    miss(time, 1, "the store could not keep up");
  }
  hub_.publish(reading, ledger_);
}

void Sampler::watch_energy(const chip::Sample& sample, UtcTime time) {
  if (sample.energy_overflow) {
    constexpr std::string_view kLost =
        "an energy counter was full when it was read: energy was lost";
    to_.give({.kind = "energy_lost", .begin = time, .end = time, .cause = std::string(kLost)});
    log_error("chip: {}; read more often or look for what held the reader up", kLost);
  }
  if (sample.energy_near_overflow && !energy_near_full_) {
    log_warning("chip: an energy counter was over half full; it holds 204.8 Wh between two reads");
  }
  energy_near_full_ = sample.energy_near_overflow;
}

void Sampler::miss(UtcTime stamp, std::uint64_t ticks, std::string cause) {
  hub_.count([&](api::Status& status) { status.missed += ticks; });
  if (gap_) return;
  gap_ = {.kind = "gap", .begin = stamp, .end = {}, .cause = std::move(cause)};
  log_warning("gap: from {}: {}", to_iso(stamp), gap_->cause);
  to_.give(*gap_);
}

bool Sampler::was_away(UtcTime time) const {
  return config_.last_stored && time - *config_.last_stored > config_.interval * 3 / 2;
}

void Sampler::close_gap(UtcTime time) {
  if (was_away(time)) {
    to_.give({.kind = "gap",
              .begin = *config_.last_stored + config_.interval,
              .end = time,
              .cause = "fithome was not running"});
  }
  config_.last_stored.reset();
  if (!gap_) return;
  gap_->end = time;
  const std::chrono::duration<double> lasted = time - gap_->begin;
  log_info("gap: over after {:.1f} s", lasted.count());
  to_.give(*std::exchange(gap_, {}));
}

}  // namespace fithome::app
