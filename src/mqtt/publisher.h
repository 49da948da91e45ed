// SPDX-License-Identifier: MIT
//
// Tells a broker what the meters say, and Home Assistant what that is.
//
// Flow:    api::Live -> Publisher -> Link -> broker
// Shape:   state on an interval, and at once when the power has changed much; nothing is kept for a
//          broker that is away: totals are always the newest. Only events wait for it, the latest
//          api::kHappenedKept of them, and are told again where it did not acknowledge them.
//          Discovery on connecting, when Home Assistant is born, and never oftener than
//          kDiscoverEach. Which devices there are stands when it is made: a daemon's meters, lines
//          and names do not change while it runs
// Errors:  a broker that is away is tried again 1, 2, 4 ... seconds later, at most a minute; a
//          fault after kFaultAfter
// Threads: run() is its own; it reads Live
// Source:  docs/home-assistant.md
#pragma once

#include <functional>
#include <map>
#include <stop_token>

#include "base/clock.h"
#include "mqtt/commands.h"
#include "mqtt/link.h"
#include "mqtt/messages.h"

namespace fithome::mqtt {

struct MqttConfig {
  Broker broker;
  std::string topic = "fithome";
  std::string prefix = "homeassistant";
  Discovery discovery = Discovery::device;
  bool values = false;    // each on a topic of its own, too
  bool commands = false;  // buttons are there, and are obeyed
  bool history = false;   // every reading, acknowledged: mqtt/history.h
  std::chrono::milliseconds interval{10'000};
  /// A change of the power that is said at once: by so many watts, or by such a share of it.
  int much_watts = 50;
  int much_percent = 5;
};

/// What was said last, and whether it is time to say more.
class Pace {
 public:
  static constexpr double kLittle = 10;  // watts: below that a share is noise
  static constexpr std::chrono::seconds kLeast{1};

  explicit Pace(const MqttConfig& config)
      : interval_(config.interval), much_(config.much_watts), share_(config.much_percent / 100.0) {}
  bool due(Monotonic now, std::optional<double> watts) const;
  void said(Monotonic now, std::optional<double> watts);
  void now() { last_.reset(); }

 private:
  std::chrono::milliseconds interval_;
  double much_;   // watts
  double share_;  // of the power
  std::optional<Monotonic> last_;
  std::optional<double> watts_;
};

class Publisher {
 public:
  static constexpr std::chrono::minutes kFaultAfter{5};
  static constexpr std::chrono::seconds kDiscoverEach{10};

  struct Host {
    std::function<void(const std::string& what)> begin_fault;
    std::function<void()> end_fault;
    /// Must not take its time: the broker waits meanwhile.
    std::function<void(Command)> obey;
  };

  Publisher(MqttConfig config, std::string_view site_name, const api::Live& live, Clock& clock,
            Host host, MakeLink make = make_link);

  void run(std::stop_token stop);

 private:
  Result<void> session(std::stop_token stop);
  Result<void> announce(Link& link);
  Result<void> say_states(Link& link, bool all);
  Result<void> say_events(Link& link);
  void failed(const std::string& what);
  void works();

  MqttConfig config_;
  const api::Live& live_;
  Clock& clock_;
  Host host_;
  MakeLink make_link_;
  const Names names_;
  const std::vector<Device> devices_;
  std::vector<Message> announcements_;  // of all of them
  std::map<store::MeterId, Pace> paces_;
  Commands commands_;
  struct Told {
    std::uint64_t number = 0;  // of what happened
    Events events;
  };
  Told told_;    // and acknowledged
  Told saying_;  // on this connection
  std::optional<Monotonic> failing_since_;
  bool fault_ = false;
  int failed_in_row_ = 0;
};

}  // namespace fithome::mqtt
