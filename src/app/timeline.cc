// SPDX-License-Identifier: MIT
#include "app/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace fithome::app {
namespace {

using namespace std::chrono_literals;
using reading::bit;
using reading::Flag;
using store::Trust;

// A time server slews by far less in a tick; more is a step, by a person or at the first sync.
constexpr Nanoseconds kStep = 500ms;
// As much as stamps may run ahead of a clock that was set back.
constexpr Nanoseconds kMostAhead = 60s;
// At most so much is put right when the clock is set: moving a week of readings takes a second or
// two. An era that grew a day longer forgets its first day.
constexpr auto kLongestEra = std::chrono::days(7);

std::string seconds_text(Nanoseconds time) {
  return fmt::format("{:+.3f} s", std::chrono::duration<double>(time).count());
}

std::chrono::milliseconds to_ms(Nanoseconds time) {
  return std::chrono::floor<std::chrono::milliseconds>(time);
}

}  // namespace

Timeline::Timeline(const Clock& clock, TimelineConfig config)
    : clock_(clock), config_(std::move(config)), last_(config_.newest), asleep_(clock.asleep()) {
  const auto& era = config_.era;
  if (era && era->boot == config_.boot && !config_.boot.empty() && era->trust != Trust::vouched) {
    era_ = *era;
    offset_ = era_.offset;
    changed_ = false;
    return;
  }
  begin();
}

// The first era of this process: by the clock, if it can be believed.
void Timeline::begin() {
  const Nanoseconds boot = clock_.since_boot();
  const Seen seen = see();
  const UtcInstant next =
      last_ ? UtcInstant(*last_ + config_.interval + 1ms) : UtcInstant(config_.earliest);
  const Nanoseconds by_clock = seen.utc.time_since_epoch() - boot;
  const Nanoseconds by_count = next.time_since_epoch() - boot;
  const bool ahead = !last_ || seen.utc > UtcInstant(*last_);
  if (!seen.sane || (!ahead && UtcInstant(*last_) - seen.utc > kMostAhead && !seen.synchronised)) {
    offset_ = by_count;
    return begin_era(Trust::unset, last_);
  }
  const bool near = !ahead && UtcInstant(*last_) - seen.utc <= kMostAhead;
  offset_ = near ? by_count : by_clock;
  begin_era(seen.synchronised ? Trust::vouched : Trust::unvouched,
            ahead || near ? last_ : std::nullopt);
  if (!ahead && !near) last_.reset();  // a time server says that all of it lies in the future
}

void Timeline::begin_era(Trust trust, std::optional<UtcTime> before) {
  const UtcTime first = before ? std::max(to_stamp(now()), *before + 1ms) : to_stamp(now());
  era_ = {config_.boot, to_ms(offset_), first, before, trust};
  changed_ = true;
}

Timeline::Seen Timeline::see() const {
  // Two clocks cannot be read at one instant: whoever was held up in between tries again.
  UtcInstant utc;
  Nanoseconds boot{};
  for (int attempt = 0; attempt < 3; ++attempt) {
    boot = clock_.since_boot();
    utc = clock_.utc();
    if (clock_.since_boot() - boot < 10ms) break;
  }
  return {utc, utc.time_since_epoch() - boot - offset_, utc >= UtcInstant(config_.earliest),
          clock_.synchronised()};
}

// Whether the era, moved by so much, still follows what was stamped before it.
bool Timeline::fits(Nanoseconds moved) const {
  return !era_.before || UtcInstant(era_.first) + moved > UtcInstant(*era_.before);
}

TimeChange Timeline::look() {
  TimeChange change;
  const Nanoseconds asleep = clock_.asleep();
  change.asleep = asleep - std::exchange(asleep_, asleep);
  keep_short();
  follow(see(), change);
  if (std::exchange(changed_, false)) change.era = era_;
  return change;
}

void Timeline::keep_short() {
  const UtcTime now = to_stamp(this->now());
  if (era_.trust == Trust::vouched || now - era_.first < kLongestEra + 24h) return;
  era_.first = now - kLongestEra;
  era_.before = era_.first - 1ms;
  changed_ = true;
}

void Timeline::follow(const Seen& seen, TimeChange& change) {
  const bool stepped = std::chrono::abs(seen.moved) > kStep;
  if (era_.trust == Trust::unset) {
    if (seen.sane && (fits(seen.moved) || seen.synchronised)) put_right(seen, change);
    return;
  }
  if (stepped && !seen.sane) return distrust(seen, change);
  if (stepped && era_.trust == Trust::unvouched && fits(seen.moved)) {
    put_right(seen, change);
  } else if (stepped && seen.moved < 0ns && seen.moved >= -kMostAhead) {
    stretch(seen, change);
  } else if (stepped && era_.trust == Trust::unvouched) {
    seen.synchronised ? put_right(seen, change) : distrust(seen, change);
  } else if (stepped && seen.moved < 0ns && !seen.synchronised) {
    distrust(seen, change);
  } else if (stepped) {
    step(seen, change);
  } else {
    offset_ += seen.moved;
    stretching_ = false;
  }
  if (era_.trust == Trust::unvouched && seen.synchronised) {
    era_.trust = Trust::vouched;
    changed_ = true;
  }
}

void Timeline::put_right(const Seen& seen, TimeChange& change) {
  const std::chrono::milliseconds by = to_ms(seen.moved);
  store::Restamp restamp;
  restamp.from = era_;
  restamp.last = to_stamp(now()) + config_.interval;
  restamp.by = by;
  restamp.clear = bit(Flag::clock_unset) | bit(Flag::clock_unsynced);
  if (!seen.synchronised) restamp.set = bit(Flag::clock_unsynced);
  const bool in_order = fits(seen.moved);

  offset_ += seen.moved;
  if (last_ && *last_ >= era_.first) *last_ += by;
  if (!in_order) last_.reset();
  era_.first += by;
  era_.offset = to_ms(offset_);
  era_.trust = seen.synchronised ? Trust::vouched : Trust::unvouched;
  changed_ = true;
  restamp.to = era_;
  change.step = seen.moved;
  change.jumped = true;
  change.told = fmt::format("the clock was set by {}: what was measured since {} was put right",
                            seconds_text(seen.moved), to_iso(era_.first));
  if (!in_order) change.told += "; its times overlap those of earlier readings";
  change.restamp = std::move(restamp);
  stretching_ = false;
}

// A clock that was vouched for, set again: what is stamped stays.
void Timeline::step(const Seen& seen, TimeChange& change) {
  const bool back = seen.moved < 0ns;
  change.step = seen.moved;
  change.jumped = true;
  change.told = back ? fmt::format(
                           "a time server set the clock back by {}: the times from here on overlap "
                           "those of earlier readings",
                           seconds_text(seen.moved))
                     : fmt::format("the clock was set by {}; readings go on at the new time",
                                   seconds_text(seen.moved));
  offset_ += seen.moved;
  const auto before = std::exchange(last_, back ? std::nullopt : last_);
  begin_era(seen.synchronised ? Trust::vouched : Trust::unvouched, back ? std::nullopt : before);
  stretching_ = false;
}

void Timeline::stretch(const Seen& seen, TimeChange& change) {
  if (!std::exchange(stretching_, true)) {
    change.step = seen.moved;
    change.told = fmt::format(
        "the clock was set back by {}; readings stand further apart until it has caught up",
        seconds_text(seen.moved));
  }
  offset_ -= std::min<Nanoseconds>(-seen.moved, Nanoseconds(config_.interval) / 10);
}

void Timeline::distrust(const Seen& seen, TimeChange& change) {
  change.step = seen.moved;
  change.told = fmt::format(
      "the clock was set to {}, before readings that are kept: it is not believed, and the time is "
      "counted on without it",
      to_iso(to_stamp(seen.utc)));
  stretching_ = false;
  if (era_.trust == Trust::vouched) return begin_era(Trust::unset, last_);
  era_.trust = Trust::unset;  // all of it waits for a better clock
  changed_ = true;
}

UtcTime Timeline::give(UtcTime time) {
  if (last_ && time <= *last_) time = *last_ + 1ms;
  last_ = time;
  return time;
}

reading::Flags Timeline::flags() const {
  if (era_.trust == Trust::unset) return bit(Flag::clock_unset) | bit(Flag::clock_unsynced);
  return clock_.synchronised() ? 0 : bit(Flag::clock_unsynced);
}

}  // namespace fithome::app
