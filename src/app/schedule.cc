// SPDX-License-Identifier: MIT
#include "app/schedule.h"

#include <algorithm>
#include <utility>

namespace fithome::app {

Schedule::Schedule(const Clock& clock, Timeline& timeline, std::chrono::milliseconds interval,
                   std::optional<UtcTime> not_before)
    : clock_(clock), timeline_(timeline), interval_(interval), not_before_(not_before) {}

UtcTime Schedule::grid_after(UtcInstant time) const {
  const auto since = to_stamp(time).time_since_epoch();
  return UtcTime((since / interval_ + 1) * interval_);
}

Tick Schedule::at(UtcTime stamp) const {
  const Nanoseconds ahead = UtcInstant(stamp) - timeline_.now();
  return {.deadline = clock_.monotonic() + std::max(ahead, Nanoseconds(0)), .stamp = stamp};
}

Tick Schedule::first() {
  const UtcInstant now = timeline_.now();
  const UtcTime grid = grid_after(now);
  if (not_before_ && now < UtcInstant(*not_before_)) {
    last_ = UtcTime(not_before_->time_since_epoch() / interval_ * interval_);
    if (*last_ < *not_before_) *last_ += interval_;
    return at(*last_);
  }
  if (UtcInstant(grid) - now < Nanoseconds(interval_) / 2) {
    last_ = grid;
    return at(grid);
  }
  last_ = grid - interval_;
  return at(to_stamp(now));
}

Tick Schedule::next() {
  TimeChange change = timeline_.look();
  Tick tick;
  if (!last_) {
    tick = first();
  } else if (change.jumped) {
    last_ = grid_after(timeline_.now());
    tick = at(*last_);
  } else {
    UtcTime stamp = *last_ + interval_;
    std::uint64_t skipped = 0;
    const Nanoseconds behind = timeline_.now() - UtcInstant(stamp);
    if (behind >= interval_) {
      skipped = static_cast<std::uint64_t>(behind / Nanoseconds(interval_));
      stamp += interval_ * static_cast<std::int64_t>(skipped);
    }
    last_ = stamp;
    tick = at(stamp);
    tick.skipped = skipped;
  }
  tick.change = std::move(change);
  return tick;
}

}  // namespace fithome::app
