// SPDX-License-Identifier: MIT
//
// A store with readings, a pump on it, and a clock that its waits move.
#pragma once

#include <gtest/gtest.h>

#include "sinks/memory_sink.h"
#include "store/test_support.h"

namespace fithome::sinks {

struct PumpBench {
  store::TemporaryDirectory directory;
  store::Store store = store::open_store(directory.path());
  store::Reader reader = store::open_reader(directory.path());
  ManualClock clock{store::kStart};
  MemorySink sink;
  MemoryHost host;
  store::Sequence stored = 0;
  std::unique_ptr<Pump> pump = make_pump();

  std::unique_ptr<Pump> make_pump() {
    return std::make_unique<Pump>("memory", "a memory", sink, host, clock, host.cursor());
  }
  /// As after a kill: what was not kept is forgotten.
  void kill() { pump = make_pump(); }
  void append(store::Sequence count) {
    const auto readings = store::readings_of(stored + 1, stored + count);
    ASSERT_TRUE(store.append({.readings = readings}));
    stored += count;
  }
  /// Of a clock that nobody vouches for, or that was never set.
  void append_doubtful(store::Sequence count, const store::Era& era) {
    auto readings = store::readings_of(stored + 1, stored + count);
    for (auto& reading : readings) {
      reading.flags |= bit(reading::Flag::clock_unsynced);
      if (era.trust == store::Trust::unset) reading.flags |= bit(reading::Flag::clock_unset);
    }
    ASSERT_TRUE(store.append({.readings = readings, .era = &era}));
    stored += count;
  }
  /// From the next reading on.
  store::Era era_from_here(store::Trust trust) const {
    store::Era era{.boot = "a-boot", .first = store::reading_of(stored + 1).time, .trust = trust};
    if (stored > 0) era.before = store::reading_of(stored).time;
    return era;
  }
  /// A time server is reached, and the clock was wrong by so much.
  void put_right(const store::Era& era, std::chrono::milliseconds by) {
    store::Restamp restamp{.from = era, .to = era, .last = UtcTime::max(), .by = by};
    restamp.last = store::reading_of(stored).time;
    restamp.to.first += by;
    restamp.to.offset += by;
    restamp.to.trust = store::Trust::vouched;
    restamp.clear = bit(reading::Flag::clock_unset) | bit(reading::Flag::clock_unsynced);
    ASSERT_TRUE(store.restamp(restamp));
  }
  /// One try, and the wait behind it.
  Nanoseconds turn() {
    const Nanoseconds wait = pump->turn(reader);
    clock.advance(wait);
    return wait;
  }
  /// Until there is nothing left to do.
  void drain() {
    for (int turns = 0; host.state.doing != Doing::up_to_date || host.state.backlog > 0; ++turns) {
      ASSERT_LT(turns, 10'000) << "it never comes to an end";
      turn();
    }
  }
};

}  // namespace fithome::sinks
