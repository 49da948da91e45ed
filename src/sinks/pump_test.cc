// SPDX-License-Identifier: MIT
#include "sinks/pump.h"

#include <gtest/gtest.h>

#include <thread>

#include "sinks/pump_test_support.h"

namespace fithome::sinks {
namespace {

using namespace std::chrono_literals;
using Mood = MemorySink::Mood;

TEST(Pump, HandsOnEveryReadingAsItIsAndInOrder) {
  PumpBench bench;
  bench.append(5000);

  bench.turn();
  bench.drain();

  ASSERT_EQ(bench.sink.has.size(), 5000U);
  for (const auto& [sequence, one] : bench.sink.has) {
    ASSERT_EQ(one, (store::Numbered{sequence, store::kFirstMeter, store::reading_of(sequence)}));
  }
  EXPECT_EQ(bench.host.state.delivered, 5000U) << "none of them twice";
}

TEST(Pump, CatchesUpAtALimitedSpeed) {
  PumpBench bench;
  bench.append(25'000);
  const Monotonic begun = bench.clock.monotonic();

  while (bench.sink.has.size() < 25'000) bench.turn();

  EXPECT_GE(bench.clock.monotonic() - begun, 1s) << "no more than 25,000 a second";
  for (const std::size_t batch : bench.sink.batches) EXPECT_LE(batch, Pump::kMostAtOnce);
}

TEST(Pump, WaitsLongerAndLongerForOneThatIsDown) {
  PumpBench bench;
  bench.append(10);
  bench.sink.moods.assign(12, Mood::down);

  Nanoseconds whole = 1s;
  for (int n = 0; n < 12; ++n) {
    const Nanoseconds wait = bench.turn();
    EXPECT_LE(wait, whole) << n;
    EXPECT_GE(wait, whole / 2) << n;
    whole = std::min<Nanoseconds>(whole * 2, 5min);
  }
  EXPECT_EQ(bench.host.state.doing, Doing::failing);
  EXPECT_EQ(bench.host.state.last_error, "nobody answers");
  EXPECT_EQ(bench.host.state.failures, 12U);
  EXPECT_EQ(bench.host.state.backlog, 10U);

  bench.drain();
  EXPECT_EQ(bench.sink.has.size(), 10U);
}

TEST(Pump, WaitsAsLongAsItIsAskedTo) {
  PumpBench bench;
  bench.append(10);
  bench.sink.moods = {Mood::busy};

  EXPECT_GE(bench.turn(), 90s);
}

TEST(Pump, IsAFaultAfterFiveMinutesAndOverWhenItWorksAgain) {
  PumpBench bench;
  bench.append(10);
  bench.sink.moods.assign(30, Mood::down);
  const Monotonic begun = bench.clock.monotonic();

  while (!bench.host.fault) {
    ASSERT_LT(bench.clock.monotonic() - begun, 11min);
    bench.turn();
  }
  EXPECT_GE(bench.clock.monotonic() - begun, 5min);
  EXPECT_EQ(*bench.host.fault, "nobody answers");

  bench.sink.moods.clear();
  bench.turn();
  EXPECT_FALSE(bench.host.fault);
}

TEST(Pump, SetsTheOneBadReadingAsideAndGoesOn) {
  PumpBench bench;
  bench.append(1000);
  bench.sink.bad = [](store::Sequence n) { return n == 700; };

  bench.turn();
  bench.drain();

  EXPECT_EQ(bench.sink.has.size(), 999U);
  EXPECT_FALSE(bench.sink.has.contains(700));
  ASSERT_EQ(bench.host.events.size(), 1U);
  const store::Event& event = bench.host.events.front();
  EXPECT_EQ(event.kind, "refused_memory");
  EXPECT_EQ(event.begin, store::reading_of(700).time);
  EXPECT_EQ(event.cause, "memory refused reading 700: not to my taste");
  EXPECT_EQ(bench.host.state.refused, 1U);
}

TEST(Pump, IsFailingWhereAllIsRefused) {
  PumpBench bench;
  bench.append(1000);
  bench.sink.bad = [](store::Sequence) { return true; };

  for (int n = 0; n < 200; ++n) bench.turn();
  EXPECT_EQ(bench.host.events.size(), Pump::kRefusesUs) << "the rest waits";
  EXPECT_EQ(bench.host.state.doing, Doing::failing);

  bench.sink.bad = [](store::Sequence) { return false; };
  bench.turn();
  bench.drain();
  EXPECT_EQ(bench.sink.has.size(), 1000 - Pump::kRefusesUs);
}

TEST(Pump, HoldsBackReadingsWhoseTimeWillBePutRight) {
  PumpBench bench;
  bench.append(5);
  auto unset = store::readings_of(6, 7);
  for (auto& reading : unset) reading.flags |= bit(reading::Flag::clock_unset);
  ASSERT_TRUE(bench.store.append({.readings = unset}));

  bench.turn();
  bench.turn();

  EXPECT_EQ(bench.sink.has.size(), 5U);
  EXPECT_EQ(bench.host.state.doing, Doing::waiting_for_clock);
  EXPECT_EQ(bench.host.state.backlog, 2U);
}

TEST(Pump, HasNoReadingTwiceWhoseTimeWasPutRightBeforeAKill) {
  PumpBench bench;
  bench.sink.keyed_by_time = true;
  bench.append(5);
  const store::Era era = bench.era_from_here(store::Trust::unvouched);
  bench.append_doubtful(300, era);
  bench.turn();
  EXPECT_EQ(bench.sink.has.size(), 5U) << "the time of the others may move";
  EXPECT_EQ(bench.host.state.doing, Doing::waiting_for_clock);

  bench.put_right(era, 90s);
  bench.turn();
  bench.drain();
  bench.kill();  // before the cursor was kept
  bench.turn();
  bench.drain();
  bench.pump->rewind(0);
  bench.turn();
  bench.drain();

  EXPECT_EQ(bench.sink.has.size(), 305U);
  EXPECT_EQ(bench.sink.keys.size(), 305U) << "one of them is there under two times";
  EXPECT_EQ(bench.sink.has.at(6).reading.time, store::reading_of(6).time + 90s);
}

TEST(Pump, WaitsTenMinutesOfTheHouseForATimeServerAndNotForEver) {
  PumpBench bench;
  bench.sink.keyed_by_time = true;
  const store::Era era = bench.era_from_here(store::Trust::unvouched);
  bench.append_doubtful(900, era);

  bench.turn();
  bench.turn();

  EXPECT_EQ(bench.sink.has.size(), 299U) << "the 300th is ten minutes older than the newest";
  EXPECT_EQ(bench.host.state.doing, Doing::waiting_for_clock);
  bench.append_doubtful(1, era);
  bench.turn();
  EXPECT_EQ(bench.sink.has.size(), 300U);
  EXPECT_FALSE(bench.host.fault);
}

TEST(Pump, DoesNotWaitForATimeServerWhereTheTimeIsNotInTheKey) {
  PumpBench bench;
  bench.append_doubtful(100, bench.era_from_here(store::Trust::unvouched));

  bench.turn();

  EXPECT_EQ(bench.sink.has.size(), 100U);
}

TEST(Pump, HandsOnWhatABootWithoutAClockLeftOnceAnotherHasBegun) {
  PumpBench bench;
  bench.sink.keyed_by_time = true;
  bench.append_doubtful(100, bench.era_from_here(store::Trust::unset));
  bench.turn();
  EXPECT_TRUE(bench.sink.has.empty());

  const store::Era era = bench.era_from_here(store::Trust::vouched);
  const auto next = store::readings_of(101, 101);
  ASSERT_TRUE(bench.store.append({.readings = next, .era = &era}));
  bench.turn();

  EXPECT_EQ(bench.sink.has.size(), 101U) << "nothing moves their times any more";
}

TEST(Pump, IsAFaultAtOnceWhereItCannotBeOpenedAndIsTriedAgain) {
  PumpBench bench;
  bench.append(10);
  bench.sink.not_there = "no such name";
  EXPECT_LE(bench.turn(), 1s);
  EXPECT_EQ(bench.host.fault, "no such name");
  EXPECT_EQ(bench.host.state.doing, Doing::failing);
  EXPECT_EQ(bench.host.state.backlog, 10U);
  for (int n = 0; n < 20; ++n) EXPECT_LE(bench.turn(), Pump::kLongestWait);

  bench.sink.not_there.clear();
  bench.turn();

  EXPECT_EQ(bench.sink.has.size(), 10U);
  EXPECT_FALSE(bench.host.fault);
}

TEST(Pump, KeepsItsCursorEachMinuteAndAtTheEnd) {
  PumpBench bench;
  for (int second = 0; second < 150; ++second) {
    bench.append(1);
    bench.turn();
  }
  EXPECT_EQ(bench.host.cursors.size(), 2U) << "a commit a minute, not one a reading";

  bench.pump->keep_cursor();
  EXPECT_EQ(bench.host.cursor(), 150U);
}

TEST(Pump, GoesBackWhereItIsToldTo) {
  PumpBench bench;
  bench.append(100);
  bench.turn();
  bench.drain();
  bench.sink.has.clear();

  bench.pump->rewind(40);
  bench.turn();
  bench.drain();

  EXPECT_EQ(bench.sink.has.size(), 60U);
  EXPECT_EQ(bench.sink.has.begin()->first, 41U);
}

TEST(Pump, LeavesNothingOutWhereItIsToldToGoForwards) {
  PumpBench bench;
  bench.append(100);

  bench.pump->rewind(40);
  bench.turn();
  bench.drain();

  EXPECT_EQ(bench.sink.has.size(), 100U);
}

TEST(Pump, DeliversNothingWhilePaused) {
  PumpBench bench;
  bench.append(100);
  bench.pump->pause();
  bench.turn();
  EXPECT_TRUE(bench.sink.batches.empty());
  EXPECT_EQ(bench.host.state.doing, Doing::paused);

  bench.pump->resume();
  bench.turn();
  EXPECT_EQ(bench.sink.has.size(), 100U);
}

TEST(Pump, EndsAtOnceWhileItWaits) {
  PumpBench bench;
  bench.append(10);
  bench.sink.moods.assign(100, Mood::down);
  const auto begun = std::chrono::steady_clock::now();
  {
    const std::jthread thread(
        [&](std::stop_token stop) { bench.pump->run(bench.directory.path(), stop); });
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 20s);
}

}  // namespace
}  // namespace fithome::sinks
