// SPDX-License-Identifier: MIT
#include "app/power_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/log.h"

namespace fithome::app {
namespace {

using reading::PowerEvent;
using reading::PowerKind;

constexpr std::string_view kOutage = "outage";

store::Event to_store(const PowerEvent& from) {
  store::Event event;
  event.kind = power_kind_name(from.kind);
  event.begin = from.begin;
  event.end = from.end;
  event.cause = from.cause;
  event.reason = from.reason;
  event.channel = from.channel;
  if (from.channel && from.worst) {
    event.worst =
        static_cast<std::int32_t>(std::lround(*from.worst / reading::step(*from.channel)));
  }
  return event;
}

std::string_view remedy(PowerKind kind) {
  switch (kind) {
    case PowerKind::outage:
      return "look whether the house has power; if it has, plug in the voltage adapter, and see "
             "that "
             "its cable is whole";
    case PowerKind::sag:
    case PowerKind::swell:
      return "if it lasts or comes often, switch off what is sensitive and tell the utility; if "
             "the "
             "voltage is shown wrong, calibrate";
    case PowerKind::frequency:
      return "a generator or an inverter drifts; or grid in the configuration is wrong (50 or 60)";
    case PowerKind::over_current:
      return "switch something off; if it is usual, the transformer is too small for this line";
  }
  return "";
}

}  // namespace

void PowerWatch::take(const chip::Sample& sample, UtcTime time) {
  tell(events_.take(sample, time));
}

void PowerWatch::tell(std::vector<PowerEvent> changes) {
  if (changes.empty()) return;
  for (const PowerEvent& event : changes) tell(to_store(event));
  show_faults();
}

void PowerWatch::tell(store::Event event) {
  event.meter = meter_;
  hub_.count([&](api::Status& status) { status.power.note(event); });
  to_.give(std::move(event));
}

// One fault a kind, however many lines it is on.
void PowerWatch::show_faults() {
  const auto lasting = events_.lasting();
  for (std::size_t n = 0; n < reading::kPowerKinds; ++n) {
    const auto kind = static_cast<PowerKind>(n);
    const auto event = std::ranges::find(lasting, kind, &PowerEvent::kind);
    if (event == lasting.end()) {
      hub_.end_fault(power_kind_name(kind), name_);
    } else {
      hub_.begin_fault(power_kind_name(kind), event->cause, remedy(kind), name_);
    }
  }
}

void PowerWatch::chip_silent(UtcTime since) {
  if (silent_) return;
  const auto before = events_.lasting();
  sagged_before_ = std::ranges::any_of(before, [](const PowerEvent& event) {
    return event.kind == PowerKind::sag || event.kind == PowerKind::outage;
  });
  tell(events_.lose(since));
  silent_ = {.kind = std::string(kOutage),
             .begin = since,
             .cause = "the meter does not answer: it has no power, or a wire is off",
             .reason = "meter"};
  tell(*silent_);
}

void PowerWatch::chip_back(bool fresh, UtcTime time) {
  tell(events_.lose(time));
  if (!silent_) return;
  silent_->end = std::max(time, silent_->begin);
  if (!fresh) {
    silent_->reason = "wire";
    silent_->cause = "the meter kept counting but could not be reached: a wire was off";
  } else if (sagged_before_) {
    silent_->reason = "grid";
    silent_->cause = "the voltage fell and the meter lost its power: the mains were gone";
  } else {
    silent_->reason = "supply";
    silent_->cause =
        "the meter lost its power while the computer had some: the mains were gone, or its adapter "
        "was unplugged";
  }
  tell(*std::exchange(silent_, {}));
}

void PowerWatch::was_away(const Absence& absence, UtcTime from, UtcTime to) {
  // Not counted: the metrics are of the mains, and who asks them knows of our absence.
  to_.give({.meter = meter_,
            .kind = std::string(kOutage),
            .begin = from,
            .end = to,
            .cause = absence.cause,
            .reason = absence.reason});
}

void PowerWatch::move(const store::Restamp& restamp) {
  events_.move(restamp.from.first, restamp.by);
  if (silent_ && silent_->begin >= restamp.from.first) silent_->begin += restamp.by;
}

}  // namespace fithome::app
