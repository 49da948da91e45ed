// SPDX-License-Identifier: MIT
#include "app/hub.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace fithome::app {

namespace {

std::string named(std::string_view name, std::string_view meter) {
  return meter.empty() ? std::string(name) : fmt::format("{}: {}", meter, name);
}

}  // namespace

Hub::Hub(const Clock& clock, api::Status identity)
    : clock_(clock), started_(clock.monotonic()), status_(std::move(identity)) {
  for (const api::MeterStatus& meter : status_.meters) ids_.push_back(meter.id);
  if (ids_.empty()) ids_.push_back(status_.meter_id);
  latest_.resize(ids_.size());
}

std::optional<reading::Reading> Hub::newest() const {
  const std::lock_guard lock(mutex_);
  return latest_.front().reading;
}

std::optional<reading::Ledger> Hub::ledger() const {
  const std::lock_guard lock(mutex_);
  return latest_.front().ledger;
}

std::vector<api::Latest> Hub::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

std::optional<reading::Ledger> Hub::house_ledger() const {
  const std::lock_guard lock(mutex_);
  return house_;
}

api::Status Hub::status() const {
  const std::chrono::duration<double> uptime = clock_.monotonic() - started_;
  const std::lock_guard lock(mutex_);
  api::Status status = status_;
  status.uptime_s = uptime.count();
  for (const api::Latest& latest : latest_) {
    if (!latest.reading) continue;
    status.last_reading =
        std::max(status.last_reading.value_or(UtcTime::min()), latest.reading->time);
  }
  return status;
}

void Hub::on_reading(std::function<void()> wake) {
  const std::lock_guard lock(wake_mutex_);
  wake_ = std::move(wake);
}

void Hub::publish(const Parcel& tick) {
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t n = 0; n < tick.readings.size(); ++n) {
      const auto meter = std::ranges::find(ids_, tick.meters[n]);
      if (meter == ids_.end()) continue;
      latest_[static_cast<std::size_t>(meter - ids_.begin())] = {tick.readings[n], tick.ledgers[n]};
    }
    if (!tick.house.empty()) house_ = tick.house.back();
  }
  const std::lock_guard lock(wake_mutex_);
  if (wake_) wake_();
}

void Hub::happen(std::span<const store::Event> events) {
  const std::lock_guard lock(mutex_);
  for (const store::Event& event : events) {
    happened_.push_back({happened_.empty() ? 1 : happened_.back().number + 1, event});
    if (happened_.size() > api::kHappenedKept) happened_.pop_front();
  }
}

std::vector<api::Happened> Hub::happened(std::uint64_t after) const {
  const std::lock_guard lock(mutex_);
  const auto first = std::ranges::upper_bound(happened_, after, {}, &api::Happened::number);
  return {first, happened_.end()};
}

std::vector<api::Fault>::iterator Hub::fault(std::string_view name, std::string_view meter) {
  return std::ranges::find_if(status_.faults, [&](const api::Fault& fault) {
    return fault.name == name && fault.meter == meter;
  });
}

void Hub::begin_fault(std::string_view name, std::string_view what, std::string_view remedy,
                      std::string_view meter) {
  const UtcTime now = to_stamp(clock_.utc());
  {
    const std::lock_guard lock(mutex_);
    const auto known = fault(name, meter);
    if (known != status_.faults.end()) {
      known->what = what;
      known->remedy = remedy;
      return;
    }
    status_.faults.push_back(
        {std::string(name), now, std::string(what), std::string(remedy), std::string(meter)});
  }
  log_error("{}: {}. {}", named(name, meter), what, remedy);
}

void Hub::end_fault(std::string_view name, std::string_view meter) {
  UtcTime since;
  {
    const std::lock_guard lock(mutex_);
    const auto known = fault(name, meter);
    if (known == status_.faults.end()) return;
    since = known->since;
    status_.faults.erase(known);
  }
  const std::chrono::duration<double> lasted = to_stamp(clock_.utc()) - since;
  log_info("{}: over after {:.0f} s", named(name, meter), lasted.count());
}

bool Hub::healthy() const {
  const std::lock_guard lock(mutex_);
  return status_.faults.empty();
}

}  // namespace fithome::app
