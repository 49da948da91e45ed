// SPDX-License-Identifier: MIT
//
// When the next reading is due: on whole multiples of the interval by the house's own time, reached
// by deadlines on the monotonic clock, so that ticks neither drift nor follow a jump.
//
// Shape:   a Tick is a deadline and the stamp its reading will carry
// Threads: the sampler's only
#pragma once

#include <cstdint>
#include <optional>

#include "app/timeline.h"
#include "base/clock.h"
#include "base/time.h"

namespace fithome::app {

struct Tick {
  Monotonic deadline;
  UtcTime stamp;
  std::uint64_t skipped = 0;  // ticks that had passed before this one could be set
  TimeChange change = {};     // of the house's time since the last tick
};

class Schedule {
 public:
  /// `not_before`: no tick has an earlier stamp. Interval 100 ms or more.
  Schedule(const Clock& clock, Timeline& timeline, std::chrono::milliseconds interval,
           std::optional<UtcTime> not_before);

  /// The tick after the last one; the first is at once, unless the grid's next point is near.
  Tick next();

 private:
  Tick at(UtcTime stamp) const;
  Tick first();
  UtcTime grid_after(UtcInstant time) const;

  const Clock& clock_;
  Timeline& timeline_;
  std::chrono::milliseconds interval_;
  std::optional<UtcTime> not_before_;
  std::optional<UtcTime> last_;  // stamp of the last tick, on the grid
};

}  // namespace fithome::app
