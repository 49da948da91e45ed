// SPDX-License-Identifier: MIT
#include "mqtt/publisher.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "api/fake_live.h"

namespace fithome::mqtt {
namespace {

constexpr UtcTime kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} +
                       std::chrono::hours(22)};
constexpr const char* kStatus = "fithome/0123456789ab/status";
constexpr const char* kState = "fithome/0123456789ab/1/state";
constexpr const char* kConfig = "homeassistant/device/fithome_0123456789ab_1/config";

/// What a broker has heard, and whether it is there. Of any thread.
class Listener {
 public:
  void hear(const Message& message) {
    change([&] { heard_.push_back(message); });
  }
  void set_away(bool away) {
    change([&] { away_ = away; });
  }
  bool away() const {
    const std::lock_guard lock(mutex_);
    return away_;
  }
  std::vector<Message> heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  /// Returns once there are so many on that topic.
  void wait_for(const std::string& topic, std::ptrdiff_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock,
                  [&] { return std::ranges::count(heard_, topic, &Message::topic) >= count; });
  }

 private:
  template <class Change>
  void change(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }

  mutable std::mutex mutex_;  // guards all
  std::condition_variable changed_;
  std::vector<Message> heard_;
  bool away_ = false;
};

/// Hands on to a Listener; its time is a manual clock's.
class FakeLink final : public Link {
 public:
  FakeLink(Listener& listener, ManualClock& clock) : listener_(listener), clock_(clock) {}
  Result<void> connect(std::chrono::milliseconds patience, std::stop_token) override {
    listener_.hear({"try", ""});
    clock_.advance(patience);
    return alive();
  }
  Result<void> turn(std::chrono::milliseconds time) override {
    clock_.advance(time);
    return alive();
  }
  Result<void> subscribe(const std::string&) override { return alive(); }
  Result<void> unsubscribe(const std::string&) override { return alive(); }
  Result<void> publish(const Message& message, bool, bool) override {
    FITHOME_TRY_VOID(alive());
    listener_.hear(message);
    return {};
  }
  Result<void> settle(std::chrono::milliseconds) override { return alive(); }
  bool settled() const override { return true; }
  void disconnect() override { listener_.hear({"goodbye", ""}); }

 private:
  Result<void> alive() const {
    if (listener_.away()) return fail(Code::transient, "nobody answers");
    return {};
  }

  Listener& listener_;
  ManualClock& clock_;
};

class APublisher : public testing::Test {
 protected:
  void start() {
    const auto make = [this](const Broker&, const std::string&,
                             const std::optional<Message>&) -> Result<std::unique_ptr<Link>> {
      return std::make_unique<FakeLink>(listener, clock);
    };
    const Publisher::Host host{.begin_fault =
                                   [this](const std::string& what) {
                                     faulty_at = clock.monotonic();
                                     listener.hear({"fault", what});
                                   },
                               .end_fault = [this] { listener.hear({"well", ""}); },
                               .obey = [](Command) {}};
    thread = std::jthread([this, make, host](std::stop_token stop) {
      Publisher({}, "our house", live, clock, host, make).run(stop);
    });
  }
  void measure(double watts) {
    reading::Reading reading{.time = kNow};
    reading.set(*reading::find_channel("p"), watts);
    live.publish(reading);
  }
  std::vector<std::string> topics() const {
    std::vector<std::string> topics;
    for (const Message& message : listener.heard()) topics.push_back(message.topic);
    return topics;
  }

  ManualClock clock{UtcInstant(kNow)};
  api::FakeLive live;
  Listener listener;
  Monotonic faulty_at{};
  std::jthread thread;
};

TEST_F(APublisher, SaysWhoItIsAndTheFirstStateTwiceAndGoesWithAWord) {
  measure(100);
  start();
  listener.wait_for(kState, 3);
  measure(900);  // while it runs
  listener.wait_for(kState, 5);
  thread.request_stop();
  thread.join();

  const auto heard = topics();
  const std::vector<std::string> begin(heard.begin(), heard.begin() + 5);
  EXPECT_EQ(begin, (std::vector<std::string>{"try", kStatus, kConfig, kState, kState}));
  EXPECT_EQ(listener.heard().at(1).payload, "online");
  ASSERT_GE(heard.size(), 2U);
  EXPECT_EQ(heard.back(), "goodbye");
  const Message last = listener.heard().at(heard.size() - 2);
  EXPECT_EQ(last.topic + " " + last.payload, std::string(kStatus) + " offline");
  EXPECT_EQ(std::ranges::count(heard, "fault"), 0);
}

TEST_F(APublisher, TriesABrokerThatIsAwayEverLessAndTellsAfterFiveMinutes) {
  listener.set_away(true);
  start();
  listener.wait_for("fault", 1);
  EXPECT_GE(faulty_at, Monotonic{} + Publisher::kFaultAfter);
  const auto heard = listener.heard();
  const auto fault = std::ranges::find(heard, "fault", &Message::topic);
  EXPECT_EQ(fault->payload, "nobody answers");
  EXPECT_LE(fault - heard.begin(), 25) << "a try each few seconds would be seventy";

  listener.set_away(false);
  listener.wait_for("well", 1);
  listener.wait_for(kState, 1);
}

}  // namespace
}  // namespace fithome::mqtt
