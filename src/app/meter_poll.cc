// SPDX-License-Identifier: MIT
#include "app/meter_poll.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "reading/from_sample.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;
using reading::Flag;

constexpr Nanoseconds kFirstChipRetry = 1s;  // to bring up a chip that does not answer
constexpr Nanoseconds kLastChipRetry = 10s;

}  // namespace

MeterPoll::MeterPoll(Clock& clock, const Timeline& timeline, const Metered& meter, HandOver& to,
                     Hub& hub, std::size_t place, const PollConfig& config)
    : clock_(clock),
      timeline_(timeline),
      meter_(meter),
      to_(to),
      hub_(hub),
      place_(place),
      config_(config),
      power_(to, hub, meter.chip.config(), meter.rules, meter.id, meter.name),
      diagnosis_(hub, meter.chip.config(), meter.name) {}

// "meter solar: text", or the text alone where there is but one.
std::string MeterPoll::of_meter(std::string_view text) const {
  return meter_.name.empty() ? std::string(text) : fmt::format("meter {}: {}", meter_.name, text);
}

bool MeterPoll::start_due() const {
  if (up()) return false;
  return clock_.monotonic() >= settled_at().value_or(next_try_);
}

void MeterPoll::try_start(std::stop_token stop) {
  Result<chip::Found> found = chip::Found::fresh;
  if (settled_at()) {
    if (auto settled = meter_.chip.finish_start(); !settled) found = Failure(settled.error());
  } else {
    found = meter_.chip.begin_start(stop);
  }
  if (stop.stop_requested()) return;
  if (!found) {
    back_off_ = std::clamp(back_off_ * 2, kFirstChipRetry, kLastChipRetry);
    next_try_ = clock_.monotonic() + back_off_;
    hub_.begin_fault("chip_absent", found.error().what, kCheckWires, meter_.name);
    return;
  }
  if (!up()) return;  // it settles
  back_off_ = Nanoseconds(0);
  hub_.end_fault("chip_absent", meter_.name);
  diagnosis_.chip_back();
  announce(*found);
}

void MeterPoll::announce(chip::Found found) {
  const UtcTime now = this->now();
  const bool fresh = found == chip::Found::fresh;
  power_.chip_back(fresh, now);
  if (!announced_) {
    if (!config_.simulated) config_.absence = with_meter(config_.absence, fresh);
    announced_ = true;
    to_.give({.meter = meter_.id,
              .kind = "start",
              .begin = now,
              .end = now,
              .cause = fresh ? "the chip was configured"
                             : "the chip was still counting; nothing was lost"});
    log_info("{}", of_meter(fresh ? "chip: configured and counting"
                                  : "chip: found counting; its energy is kept"));
    return;
  }
  if (!reset_) return;
  if (fresh) hub_.count(place_, [](auto& of) { ++of.chip_resets; });
  reset_->end = now;
  to_.give(*std::exchange(reset_, {}));
  log_info("{}", of_meter("chip: configured again"));
}

void MeterPoll::keep(Result<chip::Sample> sample) {
  sample_.reset();
  error_.reset();
  if (sample) {
    sample_ = *std::move(sample);
  } else {
    error_ = std::move(sample).error();
  }
}

void MeterPoll::measure() {
  sample_.reset();
  error_.reset();
  retried_ = false;
  polled_ = up();
  if (!polled_) return;
  auto sample = meter_.chip.begin_sample();
  if (!sample && up()) {
    hub_.count(place_, [](auto& of) { ++of.spi_errors; });
    sample = meter_.chip.begin_sample();
    retried_ = true;
  }
  keep(std::move(sample));
}

void MeterPoll::count() {
  if (!sample_) return;
  const auto counted = meter_.chip.finish_sample(*sample_);
  if (counted) return;
  if (!up() || retried_) {
    sample_.reset();
    error_ = counted.error();
    return;
  }
  hub_.count(place_, [](auto& of) { ++of.spi_errors; });
  retried_ = true;
  keep(meter_.chip.sample());
}

std::string MeterPoll::fail(UtcTime stamp) {
  const std::string what = error_ ? error_->what : "the chip did not answer";
  if (!up() && !reset_) {
    reset_ = {.meter = meter_.id, .kind = "chip_reset", .begin = stamp, .end = {}, .cause = what};
    diagnosis_.chip_lost(what, stamp);
  } else if (up()) {
    hub_.count(place_, [](auto& of) { ++of.spi_errors; });
    if (error_) diagnosis_.poll_failed(*error_, stamp);
  }
  return what;
}

reading::Reading MeterPoll::reading(UtcTime time) {
  diagnosis_.poll_succeeded();
  const auto retries = static_cast<std::uint64_t>(sample_->retries);
  hub_.count(place_, [=](auto& of) { of.spi_retries += retries; });
  reading::Reading reading = make_reading(*sample_, meter_.rules, time);
  if (retried_) reading.flags |= bit(Flag::retried);
  if (gap_ || was_away(time)) reading.flags |= bit(Flag::after_gap);
  reading.flags |= diagnosis_.look(*sample_, time);
  watch_energy(*sample_, time);
  power_.take(*sample_, time);
  book(meter_.ledger, sample_->energy, meter_.rules, time);
  return reading;
}

void MeterPoll::watch_energy(const chip::Sample& sample, UtcTime time) {
  if (sample.energy_overflow) {
    constexpr std::string_view kLost =
        "an energy counter was full when it was read: energy was lost";
    to_.give({.meter = meter_.id,
              .kind = "energy_lost",
              .begin = time,
              .end = time,
              .cause = std::string(kLost)});
    log_error("{}; read more often or look for what held the reader up",
              of_meter(fmt::format("chip: {}", kLost)));
  }
  if (sample.energy_near_overflow && !energy_near_full_) {
    log_warning("{}", of_meter("chip: an energy counter was over half full; it holds 204.8 Wh "
                               "between two reads"));
  }
  energy_near_full_ = sample.energy_near_overflow;
}

void MeterPoll::miss(UtcTime stamp, std::uint64_t ticks, std::string cause) {
  hub_.count(place_, [=](auto& of) { of.missed += ticks; });
  if (gap_) return;
  gap_ = {.meter = meter_.id, .kind = "gap", .begin = stamp, .end = {}, .cause = std::move(cause)};
  log_warning("{}", of_meter(fmt::format("gap: from {}: {}", to_iso(stamp), gap_->cause)));
  to_.give(*gap_);
}

std::optional<std::string> MeterPoll::gap_cause() const {
  if (!gap_) return {};
  return gap_->cause;
}

void MeterPoll::move(const store::Restamp& restamp) {
  for (auto* open : {&gap_, &reset_}) {
    if (*open && (*open)->begin >= restamp.from.first) (*open)->begin += restamp.by;
  }
  power_.move(restamp);
}

// After another boot it was, though a clock that is not set may not show it yet.
bool MeterPoll::was_away(UtcTime time) const {
  if (!meter_.last_stored) return false;
  return config_.absence.other_boot || time - *meter_.last_stored > config_.interval * 3 / 2;
}

void MeterPoll::close_gap(UtcTime time) {
  if (was_away(time)) {
    // It begins before this era does, so that its end alone moves where the clock is set.
    const UtcTime begin = std::min(*meter_.last_stored + config_.interval, time - 1ms);
    const Absence& absence = config_.absence;
    to_.give(
        {.meter = meter_.id, .kind = "gap", .begin = begin, .end = time, .cause = absence.cause});
    power_.was_away(absence, std::clamp(absence.since.value_or(begin), begin, time), time);
  }
  meter_.last_stored.reset();
  if (!gap_) return;
  gap_->end = time;
  const std::chrono::duration<double> lasted = time - gap_->begin;
  log_info("{}", of_meter(fmt::format("gap: over after {:.1f} s", lasted.count())));
  to_.give(*std::exchange(gap_, {}));
}

}  // namespace fithome::app
