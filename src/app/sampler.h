// SPDX-License-Identifier: MIT
//
// Reads all chips at every tick, back to back, and hands on what they say; a tick without a reading
// of a meter is a gap of that meter, with a reason.
//
// Flow:    chip::Chip of each meter -> Sampler -> HandOver (to disk), Hub (to the page)
// Order:   first the quantities of all chips, then the energy of all, then chips that are down: so
//          the meters are measured as nearly at once as one wire allows, and one that fails costs
//          the others nothing
// Time:    the house's (app/timeline.h); where the clock is set, what was measured is put right
// Promise: never waits for a disk; a count of energy that was read is booked once, though readings
//          be dropped, for the ledger handed on with the next one has it
// Threads: run() is the `sampler` thread: the only one that touches buses, chips and pads
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/errands.h"
#include "app/hand_over.h"
#include "app/heartbeat.h"
#include "app/hub.h"
#include "app/meter_poll.h"
#include "app/sample_feed.h"
#include "app/schedule.h"
#include "app/timeline.h"
#include "chip/chip.h"
#include "reading/house.h"
#include "reading/ledger.h"
#include "reading/reading.h"

namespace fithome::app {

struct SamplerConfig {
  std::chrono::milliseconds interval{1000};
  bool simulated = false;
  std::optional<UtcTime> begin = {};   // no reading before this
  std::optional<UtcTime> end = {};     // none at or after this: then run() returns
  UtcTime earliest = kNoClockBefore;   // a clock that says less was never set
  reading::HouseSum sum = {};          // that is the house; nothing: no ledger of it is kept
  reading::Ledger house = {};          // as it was last stored
  std::optional<store::Era> era = {};  // of what came before
  std::string boot = {};               // which boot this is
  Absence absence = {};                // why nothing was measured before this
  Heartbeat* heartbeat = nullptr;      // a sign of life for the next run, if wanted
  Errands* errands = nullptr;          // to be done between two polls; null: none ever come
  SampleFeed* feed = nullptr;          // is told each poll; null: nobody listens
};

class Sampler {
 public:
  /// In the order of the hub's status. All that is referred to must outlive the sampler.
  Sampler(Clock& clock, const std::vector<Metered>& meters, HandOver& to, Hub& hub,
          const SamplerConfig& config);
  /// Of one meter; `ledger`: as it was last stored.
  Sampler(Clock& clock, chip::Chip& chip, HandOver& to, Hub& hub, const reading::Ledger& ledger,
          const SamplerConfig& config);

  /// Until `stop` is asked for, or the end is reached.
  void run(std::stop_token stop);
  /// After run(): this is the end, and it is in order.
  void stopped();

 private:
  struct Taken {
    UtcTime time;
    bool late;
  };

  void bring_all_up(std::stop_token stop);
  void bring_one_up(std::stop_token stop);
  bool finish_starts(Monotonic deadline, std::stop_token stop);
  bool wait(Monotonic deadline, std::stop_token stop);
  void note(const Tick& tick);
  void note(const TimeChange& change);
  void poll(const Tick& tick, std::stop_token stop);
  Taken taken(const Tick& tick);
  void miss(std::size_t place, UtcTime stamp, const std::string& cause);
  void hand_on(Taken taken, std::stop_token stop);
  void measure_skew(UtcTime time);
  void book_house(UtcTime time);
  bool give(std::stop_token stop);
  UtcTime now() const { return to_stamp(timeline_.now()); }

  Clock& clock_;
  HandOver& to_;
  Hub& hub_;
  SamplerConfig config_;
  Timeline timeline_;
  std::vector<MeterPoll> meters_;
  std::vector<reading::Ledger> booked_;  // of each meter, as it is in the house's ledger
  std::size_t next_down_ = 0;            // the meter whose chip is looked after next
  Parcel tick_;                          // what the tick at hand brought
};

}  // namespace fithome::app
