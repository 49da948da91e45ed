// SPDX-License-Identifier: MIT
//
// Whatever happens, and in whatever order, each reading is there once, and the cursor never stands
// before one that is not.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "sinks/pump_test_support.h"

namespace fithome::sinks {
namespace {

using Mood = MemorySink::Mood;

enum class Happens { readings, many_readings, turn, trouble, kill, pause, resume, rewind };

void act(PumpBench& bench, Happens what, store::Sequence number) {
  switch (what) {
    case Happens::readings:
      return bench.append(1 + number % 50);
    case Happens::many_readings:
      return bench.append(1 + number);
    case Happens::turn:
      bench.turn();
      return;
    case Happens::trouble:
      bench.sink.moods.push_back(static_cast<Mood>(number % 5));
      return;
    case Happens::kill:
      return bench.kill();
    case Happens::pause:
      return bench.pump->pause();
    case Happens::resume:
      return bench.pump->resume();
    case Happens::rewind:
      return bench.pump->rewind(std::min(number, bench.stored));
  }
}

/// All up to the kept cursor was taken or set aside.
bool cursor_is_true(const PumpBench& bench) {
  for (store::Sequence n = 1; n <= bench.host.cursor(); ++n) {
    if (!bench.sink.has.contains(n) && !bench.sink.bad(n)) return false;
  }
  return true;
}

std::set<UtcTime> times_set_aside(const PumpBench& bench) {
  std::set<UtcTime> times;
  for (const store::Event& event : bench.host.events) times.insert(event.begin);
  return times;
}

TEST(PumpProperty, EachReadingArrivesOnceWhateverHappens) {
  const bool holds = rc::check("each reading once", [] {
    PumpBench bench;
    const auto bad = *rc::gen::inRange(3, 400);  // one in so many; few enough never to be all
    bench.sink.bad = [bad](store::Sequence n) { return n % 401 == static_cast<unsigned>(bad); };
    const auto events = *rc::gen::container<std::vector<std::pair<int, int>>>(
        20, rc::gen::pair(rc::gen::inRange(0, 14), rc::gen::inRange(0, 1000)));
    for (const auto& [what, number] : events) {
      const auto kind = what < 8 ? static_cast<Happens>(what) : Happens::turn;
      act(bench, kind, static_cast<store::Sequence>(number));
      RC_ASSERT(cursor_is_true(bench));
    }

    bench.sink.moods.clear();
    bench.pump->resume();
    bench.turn();
    bench.drain();

    std::set<UtcTime> expected;
    for (store::Sequence n = 1; n <= bench.stored; ++n) {
      if (bench.sink.bad(n)) expected.insert(store::reading_of(n).time);
      RC_ASSERT(bench.sink.has.contains(n) != bench.sink.bad(n));
    }
    RC_ASSERT(times_set_aside(bench) == expected);
    for (const auto& [sequence, one] : bench.sink.has) {
      RC_ASSERT(one.reading == store::reading_of(sequence));
    }
  });
  EXPECT_TRUE(holds);
}

// A clock that nobody vouched for, set right within ten minutes; trouble, kills and rewinds before
// and after.
TEST(PumpProperty, NoReadingIsThereUnderTwoTimes) {
  const bool holds = rc::check("one time each", [] {
    PumpBench bench;
    bench.sink.keyed_by_time = true;
    bench.append(static_cast<store::Sequence>(*rc::gen::inRange(0, 50)));
    const store::Era era = bench.era_from_here(store::Trust::unvouched);
    bench.append_doubtful(static_cast<store::Sequence>(*rc::gen::inRange(1, 100)), era);
    const auto anything = rc::gen::container<std::vector<std::pair<int, int>>>(
        6, rc::gen::pair(rc::gen::element(2, 3, 4, 7), rc::gen::inRange(0, 150)));
    for (const auto& [what, number] : *anything) {
      act(bench, static_cast<Happens>(what), static_cast<store::Sequence>(number));
      bench.append_doubtful(1, era);
      bench.turn();
    }
    bench.put_right(era, std::chrono::seconds(*rc::gen::inRange(1, 86'400)));
    for (const auto& [what, number] : *anything) {
      act(bench, static_cast<Happens>(what), static_cast<store::Sequence>(number));
      bench.turn();
    }

    bench.sink.moods.clear();
    bench.pump->rewind(0);
    bench.turn();
    bench.drain();

    RC_ASSERT(bench.sink.has.size() == bench.stored);
    RC_ASSERT(bench.sink.keys.size() == bench.stored);
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace fithome::sinks
