// SPDX-License-Identifier: MIT
#include "app/schedule.h"

#include <algorithm>

namespace fithome::app {
namespace {

// A time server slews by far less in a tick; more is a step, by a person or at the first sync.
constexpr Nanoseconds kStep = std::chrono::milliseconds(500);

Nanoseconds offset_between(Monotonic now, UtcInstant utc) {
  return utc.time_since_epoch() - now.time_since_epoch();
}

}  // namespace

Schedule::Schedule(const Clock& clock, std::chrono::milliseconds interval,
                   std::optional<UtcTime> not_before)
    : clock_(clock), interval_(interval), not_before_(not_before) {}

UtcTime Schedule::grid_after(UtcInstant utc) const {
  const auto since = to_stamp(utc).time_since_epoch();
  return UtcTime((since / interval_ + 1) * interval_);
}

Tick Schedule::at(UtcTime stamp, Monotonic now, UtcInstant utc) const {
  const Nanoseconds ahead = UtcInstant(stamp) - utc;
  return {now + std::max(ahead, Nanoseconds(0)), stamp, 0, {}};
}

Tick Schedule::first(Monotonic now, UtcInstant utc) {
  const UtcTime grid = grid_after(utc);
  if (not_before_ && utc < UtcInstant(*not_before_)) {
    last_ = UtcTime(not_before_->time_since_epoch() / interval_ * interval_);
    if (*last_ < *not_before_) *last_ += interval_;
    return at(*last_, now, utc);
  }
  if (UtcInstant(grid) - utc < Nanoseconds(interval_) / 2) {
    last_ = grid;
    return at(grid, now, utc);
  }
  last_ = grid - interval_;
  return at(to_stamp(utc), now, utc);
}

Tick Schedule::next() {
  const Monotonic now = clock_.monotonic();
  const UtcInstant utc = clock_.utc();
  const Nanoseconds offset = offset_between(now, utc);
  const Nanoseconds moved = last_ ? offset - offset_ : Nanoseconds(0);
  offset_ = offset;
  if (!last_) return first(now, utc);

  if (std::chrono::abs(moved) > kStep) {
    last_ = grid_after(utc);
    Tick tick = at(*last_, now, utc);
    tick.clock_step = moved;
    return tick;
  }
  UtcTime stamp = *last_ + interval_;
  std::uint64_t skipped = 0;
  if (const Nanoseconds behind = utc - UtcInstant(stamp); behind >= interval_) {
    skipped = static_cast<std::uint64_t>(behind / Nanoseconds(interval_));
    stamp += interval_ * static_cast<std::int64_t>(skipped);
  }
  last_ = stamp;
  Tick tick = at(stamp, now, utc);
  tick.skipped = skipped;
  return tick;
}

}  // namespace fithome::app
