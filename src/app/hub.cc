// SPDX-License-Identifier: MIT
#include "app/hub.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace fithome::app {

Hub::Hub(const Clock& clock, api::Status identity)
    : clock_(clock), started_(clock.monotonic()), status_(std::move(identity)) {}

std::optional<reading::Reading> Hub::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

std::optional<reading::Ledger> Hub::ledger() const {
  const std::lock_guard lock(mutex_);
  return ledger_;
}

api::Status Hub::status() const {
  const std::chrono::duration<double> uptime = clock_.monotonic() - started_;
  const std::lock_guard lock(mutex_);
  api::Status status = status_;
  status.uptime_s = uptime.count();
  if (newest_) status.last_reading = newest_->time;
  return status;
}

void Hub::on_reading(std::function<void()> wake) {
  const std::lock_guard lock(wake_mutex_);
  wake_ = std::move(wake);
}

void Hub::publish(const reading::Reading& reading, const reading::Ledger& ledger) {
  {
    const std::lock_guard lock(mutex_);
    newest_ = reading;
    ledger_ = ledger;
  }
  const std::lock_guard lock(wake_mutex_);
  if (wake_) wake_();
}

void Hub::begin_fault(std::string_view name, std::string_view what, std::string_view remedy) {
  const UtcTime now = to_stamp(clock_.utc());
  {
    const std::lock_guard lock(mutex_);
    const auto known = std::ranges::find(status_.faults, name, &api::Fault::name);
    if (known != status_.faults.end()) {
      known->what = what;
      known->remedy = remedy;
      return;
    }
    status_.faults.push_back({std::string(name), now, std::string(what), std::string(remedy)});
  }
  log_error("{}: {}. {}", name, what, remedy);
}

void Hub::end_fault(std::string_view name) {
  UtcTime since;
  {
    const std::lock_guard lock(mutex_);
    const auto known = std::ranges::find(status_.faults, name, &api::Fault::name);
    if (known == status_.faults.end()) return;
    since = known->since;
    status_.faults.erase(known);
  }
  const std::chrono::duration<double> lasted = to_stamp(clock_.utc()) - since;
  log_info("{}: over after {:.0f} s", name, lasted.count());
}

bool Hub::healthy() const {
  const std::lock_guard lock(mutex_);
  return status_.faults.empty();
}

}  // namespace fithome::app
