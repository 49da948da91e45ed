// SPDX-License-Identifier: MIT
//
// When what was stored has to be forced to the disk: a sync costs a card far more than an append.
//
// Flow:    Writer: appended -> due? -> Store::sync -> synced
// Units:   readings' own time, so that a simulated day is as safe as a real one; real time when
//          nothing follows
// Threads: the writer's only
#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"
#include "base/time.h"

namespace fithome::app {

class SyncSchedule {
 public:
  /// The most that a power cut may take; 0: nothing.
  explicit SyncSchedule(std::chrono::milliseconds interval) : interval_(interval) {}

  /// Readings of these times were stored; none where it was events only.
  void appended(std::optional<UtcTime> first, std::optional<UtcTime> last, Monotonic now) {
    if (!pending_) since_ = now;
    pending_ = true;
    if (!first_) first_ = first;
    if (last) last_ = last;
  }
  bool due(Monotonic now) const {
    if (!pending_) return false;
    const auto readings = first_ && last_ ? std::chrono::abs(*last_ - *first_) : interval_ * 0;
    return readings >= interval_ || now - since_ >= interval_;
  }
  void synced() { *this = SyncSchedule(interval_); }

 private:
  std::chrono::milliseconds interval_;
  bool pending_ = false;
  std::optional<UtcTime> first_, last_;  // of the readings that a power cut would take
  Monotonic since_{};
};

}  // namespace fithome::app
