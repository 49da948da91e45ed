// SPDX-License-Identifier: MIT
//
// Reads the chip at every tick and hands on what it says; a tick without a reading is a gap with a
// reason.
//
// Flow:    chip::Chip -> Sampler -> HandOver (to disk), Hub (to the page)
// Promise: never waits for a disk; a count of energy that was read is booked once, though readings
//          be dropped, for the ledger handed on with the next one has it
// Threads: run() is the `sampler` thread: the only one that touches bus, chip and pad
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "app/diagnosis_watch.h"
#include "app/hand_over.h"
#include "app/hub.h"
#include "app/schedule.h"
#include "chip/chip.h"
#include "reading/ledger.h"
#include "reading/reading.h"

namespace fithome::app {

// No reading of a real house is older than the program.
constexpr UtcTime kNoClockBefore = std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);

struct SamplerConfig {
  std::chrono::milliseconds interval{1000};
  reading::LineRules rules{};
  bool simulated = false;
  std::optional<UtcTime> begin;        // no reading before this
  std::optional<UtcTime> end;          // none at or after this: then run() returns
  std::optional<UtcTime> last_stored;  // what came before is a gap, if it was long ago
  UtcTime earliest = kNoClockBefore;   // a clock that says less was never set: nothing is published
};

class Sampler {
 public:
  /// `ledger`: as it was last stored. All references must outlive the sampler.
  Sampler(Clock& clock, chip::Chip& chip, HandOver& to, Hub& hub, const reading::Ledger& ledger,
          const SamplerConfig& config);

  /// Until `stop` is asked for, or the end is reached.
  void run(std::stop_token stop);

 private:
  bool bring_up(std::stop_token stop);
  void announce(chip::Found found, UtcTime now);
  void note(const Tick& tick);
  void poll(const Tick& tick, std::stop_token stop);
  Result<chip::Sample> sample();
  void hand_on(const chip::Sample& sample, const Tick& tick, std::stop_token stop);
  void watch_energy(const chip::Sample& sample, UtcTime time);
  void miss(UtcTime stamp, std::uint64_t ticks, std::string cause);
  bool was_away(UtcTime time) const;
  void close_gap(UtcTime time);

  Clock& clock_;
  chip::Chip& chip_;
  HandOver& to_;
  Hub& hub_;
  reading::Ledger ledger_;
  SamplerConfig config_;
  DiagnosisWatch diagnosis_;
  std::optional<store::Event> gap_;    // open, until the next reading
  std::optional<store::Event> reset_;  // the chip was lost; until it is configured again
  Monotonic next_try_{};               // to bring the chip up
  Nanoseconds back_off_{};
  bool announced_ = false;
  bool energy_near_full_ = false;
  bool retried_ = false;
};

}  // namespace fithome::app
