// SPDX-License-Identifier: MIT
//
// From the sampler to the writer: the one queue in memory, and as a rule an empty one.
//
// Flow:    Sampler -> HandOver -> Writer -> store
// Shape:   bounded; when it is full, every second tick of the older half goes: so what waits long
//          grows thinner and the newest are whole. The energy of what went is in the next ones,
//          for a ledger is a running total. Events are few and always taken.
// Threads: any give, one takes
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/clock.h"
#include "reading/ledger.h"
#include "reading/reading.h"
#include "store/store.h"

namespace fithome::app {

/// Something that takes effect between two readings, and is on disk whole with the ones behind it.
struct Change {
  store::MeterId meter = store::kFirstMeter;
  std::optional<store::Calibration> calibration = {};
  std::optional<reading::Ledger> ledger = {};  // as it is from then on
  std::optional<store::Event> event = {};
  std::size_t before = 0;  // how many readings of its parcel came earlier; given by the hand-over
};

struct Parcel {
  std::vector<store::MeterId> meters;  // whose each reading is
  std::vector<reading::Reading> readings;
  std::vector<reading::Ledger> ledgers;  // one a reading: as of it
  std::vector<reading::Ledger> house;    // one a tick, where the house is a sum of meters
  std::vector<store::Skew> skews;        // one a tick, where several meters were read
  std::vector<store::Event> events;
  std::vector<Change> changes;
  std::vector<store::Cursor> cursors;    // of sinks; never ahead of what is stored
  std::vector<store::Restamp> restamps;  // of what went before; done already to what is in here
  std::optional<store::Era> era;
  bool empty() const {
    return readings.empty() && events.empty() && changes.empty() && cursors.empty() &&
           restamps.empty() && !era;
  }
  void add(store::MeterId meter, const reading::Reading& reading, const reading::Ledger& ledger);
  /// Keeps the memory.
  void clear();
};

class HandOver {
 public:
  explicit HandOver(std::size_t capacity) : capacity_(capacity) {}

  /// All that one tick brought. Returns how many older readings went to make room; nothing, when no
  /// room can be made and the tick is refused.
  std::optional<std::size_t> give(const Parcel& tick);
  /// Waits for room: for simulated clocks, where waiting costs nothing. False when stopped.
  bool give_waiting(const Parcel& tick, std::stop_token stop);
  void give(store::Event event);
  void give(const store::Era& era);
  void give(const store::Cursor& cursor);
  /// What waits here moves at once; what has gone on before is the writer's to move.
  void give(const store::Restamp& restamp);
  /// Never refused. Returns its number, for wait_stored().
  std::uint64_t give(Change change);
  /// True once that change is on disk; false after `patience` of real time, or when stopped.
  bool wait_stored(std::uint64_t number, Nanoseconds patience, std::stop_token stop);
  /// The taker's: so many more changes are on disk.
  void stored(std::size_t changes);

  /// All there is, at once; waits for up to `patience` of real time. After close() it is what is
  /// left, then empty.
  Parcel take(Nanoseconds patience);
  /// No more will come.
  void close();
  bool closed() const;
  /// More is waiting already.
  bool busy() const;

 private:
  bool has_room(const Parcel& tick) const;
  void append(const Parcel& tick);
  std::size_t thin_out();
  void note_thinned(store::MeterId meter, UtcTime time);

  const std::size_t capacity_;  // readings
  mutable std::mutex mutex_;    // guards all below
  std::condition_variable_any changed_;
  Parcel waiting_;
  std::map<store::MeterId, store::Event> thinned_;  // what of it went, of each meter
  bool closed_ = false;
  std::uint64_t changes_given_ = 0;
  std::uint64_t changes_stored_ = 0;
};

}  // namespace fithome::app
