// SPDX-License-Identifier: MIT
//
// What others want done with the chip, done by the sampler between two polls: only it may touch
// bus, chip, pad and ledger.
//
// Flow:    control socket -> Errands::run -> Sampler, which serves while it waits for its tick
// Promise: an errand begins only if it will be over before the tick; one that never fits begins
//          right behind a poll, where there is most time. Nobody waits a whole interval for that
// Errors:  transient - the sampler did not come to it in time, or the caller was told to stop; then
//          it was not begun and never will be
// Threads: run() any; serve_until() the sampler's
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>

#include "base/clock.h"
#include "base/result.h"
#include "chip/chip.h"
#include "reading/ledger.h"

namespace fithome::app {

/// What an errand finds before it, of the meter it is for; the sampler's own, for as long as the
/// errand lasts.
struct Bench {
  chip::Chip& chip;         // may be not ready
  reading::Ledger& ledger;  // as of the last reading
  Clock& clock;
  reading::LineRules* rules = nullptr;  // that readings are made by
  reading::Ledger* house = nullptr;     // where it is a sum of several meters
};

class Errands {
 public:
  using Work = std::function<void(Bench&)>;

  struct Terms {
    Nanoseconds takes = std::chrono::milliseconds(40);  // at most, on the sampler's clock
    Nanoseconds patience = std::chrono::seconds(15);    // in real time, until it is begun
    std::size_t meter = 0;                              // its place among the sampler's
  };

  /// Has `work` done and waits for its end; exactly once, or not at all if this fails. `work` may
  /// refer to what is the caller's, for it is never begun after this has returned.
  Result<void> run(Work work, std::stop_token stop, Terms terms);
  Result<void> run(Work work, std::stop_token stop) { return run(std::move(work), stop, Terms{}); }

  /// Waits for `deadline` on `clock` and does errands meanwhile. False when stopped. `benches`: one
  /// a meter: nobody may leave an errand for another.
  bool serve_until(Monotonic deadline, Clock& clock, std::span<Bench> benches,
                   std::stop_token stop);

 private:
  enum class Stage { waiting, under_way, done };
  struct Job {
    Work work;
    Nanoseconds takes;
    std::size_t meter;
    Stage stage = Stage::waiting;
  };
  std::shared_ptr<Job> next(Nanoseconds time_left, bool whatever_it_takes);
  bool do_next(Nanoseconds time_left, bool whatever_it_takes, std::span<Bench> benches);
  bool withdraw(const std::shared_ptr<Job>& job);

  std::mutex mutex_;  // guards all below
  std::condition_variable_any changed_;
  std::deque<std::shared_ptr<Job>> waiting_;
  std::stop_source wake_{std::nostopstate};  // ends the sampler's wait
};

}  // namespace fithome::app
