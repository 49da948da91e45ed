// SPDX-License-Identifier: MIT
//
// Errands on clocks that stand still, run fast, or are the machine's.
#include "app/errands.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "app/sample_feed.h"
#include "app/test_noon.h"
#include "sim/sim_bus.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

class NoHouse final : public sim::House {
 public:
  sim::HouseState mean(UtcInstant, UtcInstant) const override { return {}; }
  std::string describe() const override { return "no house"; }
};

// A chip that nobody has started: an errand finds it as it is.
struct Table {
  explicit Table(Clock& of) : clock(of) {}

  Clock& clock;
  NoHouse house;
  sim::SimChip simulated{clock, house};
  sim::SimBus bus{simulated};
  chip::EnergyPad pad{};
  chip::Chip chip{bus, clock, {}, pad};
  reading::Ledger ledger;
  std::array<Bench, 1> benches{Bench{chip, ledger, clock}};
};

TEST(Errands, AreDoneWhileTheSamplerWaitsAndLongBeforeItsTick) {
  SystemClock clock;
  Table table(clock);
  Errands errands;
  std::thread::id done_on;
  std::stop_source stop;
  std::jthread sampler(
      [&] { errands.serve_until(clock.monotonic() + 1h, clock, table.benches, stop.get_token()); });

  ASSERT_TRUE(errands.run([&](Bench&) { done_on = std::this_thread::get_id(); }, {}));

  EXPECT_EQ(done_on, sampler.get_id());
  stop.request_stop();
}

TEST(Errands, AreDoneOnAClockThatJumpsToEachTick) {
  ManualClock clock{kNoon};
  Table table(clock);
  Errands errands;
  std::stop_source stop;
  std::jthread sampler([&] {
    while (errands.serve_until(clock.monotonic() + 1s, clock, table.benches, stop.get_token())) {
    }
  });

  int done = 0;
  for (int n = 0; n < 100; ++n) {
    ASSERT_TRUE(errands.run([&](Bench&) { ++done; }, {}));
  }

  EXPECT_EQ(done, 100);
  stop.request_stop();
}

// In the middle of its first wait somebody comes; that it is woken shows that he has.
class VisitedClock final : public Clock {
 public:
  explicit VisitedClock(std::function<void()> visit) : visit_(std::move(visit)) {}
  Monotonic monotonic() const override { return still_.monotonic(); }
  UtcInstant utc() const override { return still_.utc(); }
  bool wait_until(Monotonic deadline, std::stop_token stop) override {
    if (!visit_) return still_.wait_until(deadline, stop);
    std::exchange(visit_, nullptr)();
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait(lock, stop, [] { return false; });
    return false;
  }

 private:
  ManualClock still_{kNoon};
  std::function<void()> visit_;
};

TEST(Errands, TheOneThatWouldDelayATickIsBegunRightBehindTheNextPoll) {
  Errands errands;
  bool done = false;
  std::jthread visitor;
  VisitedClock clock([&] {
    visitor = std::jthread([&] {
      EXPECT_TRUE(errands.run([&](Bench&) { done = true; }, {}, {.takes = 5s, .patience = 1h}));
    });
  });
  Table table(clock);

  ASSERT_TRUE(errands.serve_until(clock.monotonic() + 1s, clock, table.benches, {}));
  EXPECT_FALSE(done) << "it takes 5 s, and the tick was 1 s away";
  ASSERT_TRUE(errands.serve_until(clock.monotonic() + 1s, clock, table.benches, {}));
  EXPECT_TRUE(done);
}

TEST(Errands, TheOneThatFitsIsDoneBeforeTheTick) {
  Errands errands;
  bool done = false;
  std::jthread visitor;
  VisitedClock clock([&] {
    visitor = std::jthread([&] {
      EXPECT_TRUE(errands.run([&](Bench&) { done = true; }, {}, {.takes = 500ms, .patience = 1h}));
    });
  });
  Table table(clock);

  ASSERT_TRUE(errands.serve_until(clock.monotonic() + 1s, clock, table.benches, {}));
  EXPECT_TRUE(done);
}

TEST(Errands, OneThatNobodyComesForIsNeverBegunLater) {
  Errands errands;
  bool begun = false;

  const auto done = errands.run([&](Bench&) { begun = true; }, {}, {.takes = 1ms, .patience = 1ms});

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::transient);
  ManualClock clock{kNoon};
  Table table(clock);
  EXPECT_TRUE(errands.serve_until(clock.monotonic() + 1s, clock, table.benches, {}));
  EXPECT_FALSE(begun);
}

TEST(Errands, ACallerThatIsToldToStopStopsWaiting) {
  Errands errands;
  std::stop_source stop;
  stop.request_stop();
  const auto done = errands.run([](Bench&) {}, stop.get_token(), {.takes = 1ms, .patience = 1h});
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().what.find("stopped"), std::string::npos);
}

TEST(Errands, ASamplerThatIsToldToStopStopsServing) {
  SystemClock clock;
  Table table(clock);
  Errands errands;
  std::stop_source stop;
  std::atomic<bool> at_tick = true;
  std::jthread sampler([&] {
    at_tick = errands.serve_until(clock.monotonic() + 1h, clock, table.benches, stop.get_token());
  });
  stop.request_stop();
  sampler.join();
  EXPECT_FALSE(at_tick);
}

TEST(SampleFeed, AListenerGetsThePollsThatFollowInOrderAndHowManyItLost) {
  SampleFeed feed;
  feed.publish({.time = to_stamp(kNoon), .sample = {}, .flags = 0, .missed = "before it listened"});
  SampleFeed::Listener listener(feed);
  for (int n = 0; n < 70; ++n) {
    feed.publish({.time = to_stamp(kNoon) + std::chrono::seconds(n),
                  .sample = {},
                  .flags = 0,
                  .missed = "a test"});
  }

  for (int n = 0; n < 64; ++n) {
    const auto poll = listener.next(0ns, {});
    ASSERT_TRUE(poll);
    EXPECT_EQ(poll->time, to_stamp(kNoon) + std::chrono::seconds(n));
  }
  EXPECT_FALSE(listener.next(0ns, {}));
  EXPECT_EQ(listener.lost(), 6u);
}

}  // namespace
}  // namespace fithome::app
