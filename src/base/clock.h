// SPDX-License-Identifier: MIT
//
// Now, and wait. All time comes through a Clock, so that a simulated day takes a second.
//
// Shape:   monotonic() counts on whatever the calendar does; utc() is the calendar and may jump
// Threads: any
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stop_token>

namespace fithome {

using Nanoseconds = std::chrono::nanoseconds;
/// A point on the monotonic clock; its zero has no meaning.
using Monotonic = std::chrono::time_point<std::chrono::steady_clock, Nanoseconds>;
/// The calendar at full resolution; what is stored is UtcTime (base/time.h), in milliseconds.
using UtcInstant = std::chrono::sys_time<Nanoseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Monotonic monotonic() const = 0;
  virtual UtcInstant utc() const = 0;
  /// Returns at `deadline`, or as soon as `stop` is asked for: then false.
  virtual bool wait_until(Monotonic deadline, std::stop_token stop) = 0;
  /// True where waiting costs no real time, so that a full queue is waited for, never skipped.
  virtual bool free_running() const { return false; }
  /// Whether a time server (or the simulation) vouches for the calendar.
  virtual bool synchronised() const { return true; }
  /// How much of the time since boot the machine was suspended: monotonic() left it out.
  virtual Nanoseconds asleep() const { return Nanoseconds(0); }

  /// Counts on through suspension, from the same zero as monotonic(): for SystemClock the boot.
  Nanoseconds since_boot() const { return monotonic().time_since_epoch() + asleep(); }

  bool wait_for(Nanoseconds time, std::stop_token stop) {
    return wait_until(monotonic() + time, stop);
  }
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  Monotonic monotonic() const override;
  UtcInstant utc() const override;
  bool wait_until(Monotonic deadline, std::stop_token stop) override;
  bool synchronised() const override;
  Nanoseconds asleep() const override;
};

/// A calendar that begins at `start` and runs `speed` times as fast as the machine's clock.
class ScaledClock final : public Clock {
 public:
  ScaledClock(UtcInstant start, double speed);
  Monotonic monotonic() const override;
  UtcInstant utc() const override;
  bool wait_until(Monotonic deadline, std::stop_token stop) override;

 private:
  SystemClock real_;
  Monotonic real_start_;
  UtcInstant start_;
  double speed_;
};

/// Stands still until waited on or advanced; waiting jumps straight to the deadline.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(UtcInstant start) : utc_offset_(start.time_since_epoch()) {}
  Monotonic monotonic() const override;
  UtcInstant utc() const override;
  bool wait_until(Monotonic deadline, std::stop_token stop) override;
  bool free_running() const override { return true; }
  bool synchronised() const override { return synchronised_.load(); }
  Nanoseconds asleep() const override { return asleep_.load(); }

  void advance(Nanoseconds by);
  /// Moves the calendar only, as a time server or a person does.
  void step_utc(Nanoseconds by);
  /// The machine is suspended for so long: the calendar goes on, monotonic() does not.
  void suspend(Nanoseconds time);
  /// A time server is there, or not.
  void synchronise(bool yes) { synchronised_ = yes; }

 private:
  std::atomic<std::int64_t> now_{0};  // nanoseconds since construction
  std::atomic<Nanoseconds> utc_offset_;
  std::atomic<Nanoseconds> asleep_{Nanoseconds(0)};
  std::atomic<bool> synchronised_{true};
};

}  // namespace fithome
