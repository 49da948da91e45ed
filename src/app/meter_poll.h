// SPDX-License-Identifier: MIT
//
// One meter's part in the polls of all: its chip, its ledger, its gaps.
//
// Flow:    Sampler -> MeterPoll: measure, then count -> what the tick brought
// Shape:   a tick without a reading is a gap with a reason, closed by the next reading
// Threads: the sampler's only
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "app/diagnosis_watch.h"
#include "app/errands.h"
#include "app/hand_over.h"
#include "app/heartbeat.h"
#include "app/hub.h"
#include "app/power_watch.h"
#include "app/timeline.h"
#include "chip/chip.h"
#include "reading/ledger.h"
#include "reading/reading.h"

namespace fithome::app {

/// A meter, as the sampler is told of it. The chip must outlive the sampler.
struct Metered {
  chip::Chip& chip;
  reading::Ledger ledger = {};  // as it was last stored
  reading::LineRules rules = {};
  std::optional<UtcTime> last_stored = {};  // what came before is a gap, if it was long ago
  store::MeterId id = store::kFirstMeter;
  std::string name = {};  // for messages; empty where there is but one
};

/// What all meters have in common.
struct PollConfig {
  std::chrono::milliseconds interval{1000};
  bool simulated = false;
  Absence absence = {};  // why nothing was measured before this
};

class MeterPoll {
 public:
  /// `place`: among the meters of the hub's status.
  MeterPoll(Clock& clock, const Timeline& timeline, const Metered& meter, HandOver& to, Hub& hub,
            std::size_t place, const PollConfig& config);

  /// Whether its chip measures; else try_start() is wanted.
  bool up() const { return meter_.chip.ready(); }
  /// When its chip will have settled, while it does.
  std::optional<Monotonic> settled_at() const { return meter_.chip.settled_at(); }
  /// True when there is something to be done: it settled, or it is time to try again.
  bool start_due() const;
  /// The next step of bringing the chip up; takes up to 0.2 s.
  void try_start(std::stop_token stop);

  /// The first half of a poll: quantities. Nothing where the chip is not up.
  void measure();
  /// The second half: energy and latches.
  void count();
  /// What the poll brought; nothing where it failed, or there was none.
  const std::optional<chip::Sample>& sample() const { return sample_; }
  bool polled() const { return polled_; }
  /// The chip does not answer, since the tick of `since`; again and again is once.
  void fall_silent(UtcTime since) { power_.chip_silent(since); }
  /// Says why a poll that was made brought nothing: fault, reset. Returns the cause of the gap.
  std::string fail(UtcTime stamp);

  /// The sample as the house's, booked.
  reading::Reading reading(UtcTime time);
  const reading::Ledger& ledger() const { return meter_.ledger; }
  /// For an errand between two polls.
  Bench bench() { return {meter_.chip, meter_.ledger, clock_, &meter_.rules}; }
  store::MeterId id() const { return meter_.id; }

  void miss(UtcTime stamp, std::uint64_t ticks, std::string cause);
  /// A reading was handed over: what gap there was has ended.
  void close_gap(UtcTime time);
  /// The clock was set: what lasts began so much later.
  void move(const store::Restamp& restamp);
  /// The cause of the gap that lasts.
  std::optional<std::string> gap_cause() const;

 private:
  void keep(Result<chip::Sample> sample);
  void announce(chip::Found found);
  void watch_energy(const chip::Sample& sample, UtcTime time);
  bool was_away(UtcTime time) const;
  UtcTime now() const { return to_stamp(timeline_.now()); }
  std::string of_meter(std::string_view text) const;

  Clock& clock_;
  const Timeline& timeline_;
  Metered meter_;
  HandOver& to_;
  Hub& hub_;
  const std::size_t place_;
  PollConfig config_;
  PowerWatch power_;

  DiagnosisWatch diagnosis_;
  bool polled_ = false;  // at this tick, as the next three
  bool retried_ = false;
  std::optional<chip::Sample> sample_;
  std::optional<Error> error_;

  std::optional<store::Event> gap_;    // open, until the next reading
  std::optional<store::Event> reset_;  // the chip was lost; until it is configured again
  Monotonic next_try_{};               // to bring the chip up
  Nanoseconds back_off_{};
  bool announced_ = false;
  bool energy_near_full_ = false;
};

}  // namespace fithome::app
