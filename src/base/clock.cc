// SPDX-License-Identifier: MIT
#include "base/clock.h"

#include <sys/timex.h>
#include <time.h>

#include <condition_variable>
#include <mutex>

namespace fithome {

Monotonic SystemClock::monotonic() const { return std::chrono::steady_clock::now(); }

UtcInstant SystemClock::utc() const { return std::chrono::system_clock::now(); }

bool SystemClock::wait_until(Monotonic deadline, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_until(lock, stop, deadline, [] { return false; });
  return !stop.stop_requested();
}

bool SystemClock::synchronised() const {
  timex state{};
  return ::adjtimex(&state) >= 0 && (state.status & STA_UNSYNC) == 0;
}

Nanoseconds SystemClock::asleep() const {
  const auto read = [](clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
  };
  // Two clocks cannot be read at one instant: whoever was held up in between tries again.
  constexpr Nanoseconds kTogether = std::chrono::milliseconds(1);
  Nanoseconds asleep{};
  for (int attempt = 0; attempt < 3; ++attempt) {
    const Nanoseconds before = read(CLOCK_MONOTONIC);
    asleep = read(CLOCK_BOOTTIME) - before;
    if (read(CLOCK_MONOTONIC) - before < kTogether) break;
  }
  return asleep < kTogether ? Nanoseconds(0) : asleep;
}

ScaledClock::ScaledClock(UtcInstant start, double speed)
    : real_start_(real_.monotonic()), start_(start), speed_(speed) {}

Monotonic ScaledClock::monotonic() const {
  const std::chrono::duration<double, std::nano> real = real_.monotonic() - real_start_;
  return Monotonic(Nanoseconds(static_cast<std::int64_t>(real.count() * speed_)));
}

UtcInstant ScaledClock::utc() const { return start_ + monotonic().time_since_epoch(); }

bool ScaledClock::wait_until(Monotonic deadline, std::stop_token stop) {
  const auto real =
      static_cast<std::int64_t>(static_cast<double>(deadline.time_since_epoch().count()) / speed_);
  return real_.wait_until(real_start_ + Nanoseconds(real + 1), stop);
}

Monotonic ManualClock::monotonic() const { return Monotonic(Nanoseconds(now_.load())); }

UtcInstant ManualClock::utc() const {
  return UtcInstant(utc_offset_.load() + Nanoseconds(now_.load()));
}

bool ManualClock::wait_until(Monotonic deadline, std::stop_token stop) {
  const std::int64_t until = deadline.time_since_epoch().count();
  std::int64_t now = now_.load();
  while (now < until && !now_.compare_exchange_weak(now, until)) {
  }
  return !stop.stop_requested();
}

void ManualClock::advance(Nanoseconds by) { now_ += by.count(); }

void ManualClock::step_utc(Nanoseconds by) { utc_offset_ = utc_offset_.load() + by; }

void ManualClock::suspend(Nanoseconds time) {
  asleep_ = asleep_.load() + time;
  step_utc(time);
}

}  // namespace fithome
