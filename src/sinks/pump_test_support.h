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
