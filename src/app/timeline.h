// SPDX-License-Identifier: MIT
//
// The house's own time: the calendar where it can be believed, else the machine's count since boot.
// It makes the stamps of readings, which never fall, and says when stamps have to be put right.
//
// Flow:    Clock, what the store knew -> Timeline -> Schedule (stamps), Sampler (era, restamp)
// Model:   docs/clock.md. In short, of a clock that was set
//          - while nobody vouched for it: all that this boot has stamped since moves along
//          - forward, after a time server vouched: the stamps jump with it
//          - back by a minute or less (a leap second): the stamps run slower until it caught up
//          - back by more: not believed, and the stamps count on; unless a time server vouches for
//            it: then they go back, the one case in which order of stamps is not that of sequence
// Threads: the sampler's only
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/time.h"
#include "reading/reading.h"
#include "store/store.h"

namespace fithome::app {

// No reading of a real house is older than the program: a clock that says less was never set.
constexpr UtcTime kNoClockBefore = std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);

struct TimelineConfig {
  std::string boot;                          // which boot this is
  UtcTime earliest = kNoClockBefore;         // the clock is not believed below this
  std::chrono::milliseconds interval{1000};  // between two readings
  std::optional<UtcTime> newest = {};        // stamp of the newest reading in the store
  std::optional<store::Era> era = {};        // of that reading
};

/// What became of the timeline since the last look.
struct TimeChange {
  std::optional<Nanoseconds> step;        // the clock was set by this
  std::string told;                       // what became of it, for people; empty: nothing to say
  std::optional<store::Era> era;          // for the store, with the next reading
  std::optional<store::Restamp> restamp;  // for the store, before the next reading
  Nanoseconds asleep{};                   // the machine was suspended for so long
  bool jumped = false;                    // now() is not where it would be without
};

class Timeline {
 public:
  /// The clock must outlive it.
  Timeline(const Clock& clock, TimelineConfig config);

  UtcInstant now() const { return UtcInstant(offset_ + clock_.since_boot()); }
  /// Once before each tick.
  TimeChange look();
  /// The stamp of a reading taken at `time`: that, or just after the last one given.
  UtcTime give(UtcTime time);
  /// What has to be said of a reading stamped now.
  reading::Flags flags() const;
  store::Trust trust() const { return era_.trust; }

 private:
  struct Seen {
    UtcInstant utc;
    Nanoseconds moved;  // of the clock against offset_
    bool sane;          // no earlier than any real reading
    bool synchronised;
  };
  void begin();
  Seen see() const;
  bool fits(Nanoseconds moved) const;
  void keep_short();
  void follow(const Seen& seen, TimeChange& change);
  void put_right(const Seen& seen, TimeChange& change);
  void step(const Seen& seen, TimeChange& change);
  void stretch(const Seen& seen, TimeChange& change);
  void distrust(const Seen& seen, TimeChange& change);
  void begin_era(store::Trust trust, std::optional<UtcTime> before);

  const Clock& clock_;
  TimelineConfig config_;
  Nanoseconds offset_{};  // of now() to the time since boot
  store::Era era_;
  std::optional<UtcTime> last_;  // stamp given
  Nanoseconds asleep_{};
  bool changed_ = true;      // the store does not know era_ yet
  bool stretching_ = false;  // until the clock, set back, has caught up
};

}  // namespace fithome::app
