// SPDX-License-Identifier: MIT
//
// From the sampler to the writer: the one queue in memory, and a short one.
//
// Flow:    Sampler -> HandOver -> Writer -> store
// Shape:   bounded; when it is full a reading is refused and becomes a gap. Its energy is in the
//          next one, for a ledger is a running total. Events are few and never refused.
// Threads: one gives, one takes
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/clock.h"
#include "reading/ledger.h"
#include "reading/reading.h"
#include "store/store.h"

namespace fithome::app {

struct Parcel {
  std::vector<reading::Reading> readings;
  std::vector<reading::Ledger> ledgers;  // one a reading: as of it
  std::vector<store::Event> events;
  std::vector<store::Restamp> restamps;  // of what went before; done already to what is in here
  std::optional<store::Era> era;
  bool empty() const { return readings.empty() && events.empty() && restamps.empty() && !era; }
};

class HandOver {
 public:
  explicit HandOver(std::size_t capacity) : capacity_(capacity) {}

  /// False when it is full.
  bool give(const reading::Reading& reading, const reading::Ledger& ledger);
  /// Waits for room: for simulated clocks, where waiting costs nothing. False when stopped.
  bool give_waiting(const reading::Reading& reading, const reading::Ledger& ledger,
                    std::stop_token stop);
  void give(store::Event event);
  void give(const store::Era& era);
  /// What waits here moves at once; what has gone on before is the writer's to move.
  void give(const store::Restamp& restamp);

  /// All there is, at once; waits for up to `patience` of real time. After close() it is what is
  /// left, then empty.
  Parcel take(Nanoseconds patience);
  /// No more will come.
  void close();
  bool closed() const;
  /// More is waiting already.
  bool busy() const;

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable_any changed_;
  Parcel waiting_;
  bool closed_ = false;
};

}  // namespace fithome::app
