// SPDX-License-Identifier: MIT
#include "mqtt/publisher.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <random>
#include <utility>

#include "api/meters.h"
#include "base/log.h"

namespace fithome::mqtt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kPatience{5'000};
constexpr milliseconds kTurn{250};
// What is retained comes at once; the first state behind a discovery is lost, for Home Assistant
// listens up to half a second later.
constexpr milliseconds kListen{1'000};
constexpr seconds kLongestWait{60};
constexpr std::size_t kMostTakenBack = 10'000;  // at once; the rest on the next connection
constexpr std::string_view kOnline = "online", kOffline = "offline";

std::optional<double> watts_of(const Device& device, const api::Live& live,
                               const api::Status& status) {
  const auto latest = live.latest();
  if (device.id == store::kHouse) {
    const auto power = api::house_power(status, latest);
    return power ? std::optional(power->value) : std::nullopt;
  }
  if (device.place >= latest.size() || !latest[device.place].reading) return {};
  return latest[device.place].reading->value(
      reading::house_channel(reading::Quantity::active_power));
}

Names names_in(const MqttConfig& config, const api::Status& status) {
  return {.topic = config.topic,
          .prefix = config.prefix,
          .site = short_site(status.site),
          .version = status.version,
          .expire_after_s =
              static_cast<int>(std::max<std::int64_t>(60, 6 * config.interval.count() / 1000))};
}

std::vector<Device> devices_and_buttons(const MqttConfig& config, const api::Status& status,
                                        std::string_view site_name) {
  auto devices = devices_of(status, site_name);
  if (config.commands) {
    std::ranges::move(buttons_of(!status.sinks.empty()),
                      std::back_inserter(devices.front().entities));
  }
  return devices;
}

}  // namespace

bool Pace::due(Monotonic now, std::optional<double> watts) const {
  if (!last_) return true;
  const auto since = now - *last_;
  if (since >= interval_) return true;
  if (since < kLeast) return false;
  if (watts.has_value() != watts_.has_value()) return true;
  if (!watts) return false;
  const double change = std::abs(*watts - *watts_);
  return change >= much_ || (change >= kLittle && change >= share_ * std::abs(*watts_));
}

void Pace::said(Monotonic now, std::optional<double> watts) {
  last_ = now;
  watts_ = watts;
}

Publisher::Publisher(MqttConfig config, std::string_view site_name, const api::Live& live,
                     Clock& clock, Host host, MakeLink make)
    : config_(std::move(config)),
      live_(live),
      clock_(clock),
      host_(std::move(host)),
      make_link_(std::move(make)),
      names_(names_in(config_, live_.status())),
      devices_(devices_and_buttons(config_, live_.status(), site_name)),
      commands_(devices_.front().entities, names_) {
  for (const Device& device : devices_) {
    std::ranges::move(discovery_of(device, names_, config_.discovery),
                      std::back_inserter(announcements_));
  }
}

void Publisher::run(std::stop_token stop) {
  std::minstd_rand dice(std::random_device{}());
  while (!stop.stop_requested()) {
    const auto ended = session(stop);
    if (stop.stop_requested()) return;
    failed(ended.error().what);
    const auto wait =
        std::min<milliseconds>(kLongestWait, seconds(1 << std::min(failed_in_row_ - 1, 6)));
    std::uniform_int_distribution<std::int64_t> share(wait.count() / 2, wait.count());
    clock_.wait_for(milliseconds(share(dice)), stop);
  }
}

Result<void> Publisher::session(std::stop_token stop) {
  const Message will{names_.availability(), std::string(kOffline)};
  FITHOME_TRY(const auto made, make_link_(config_.broker, "fithome-" + names_.site, will));
  Link& link = *made;
  const std::string births = names_.prefix + "/status";
  const std::string announced = names_.prefix + "/+/+/config", said = names_.said() + "#";
  bool born = false;
  std::vector<Message> taken_back;
  link.received = [&](Message message) {
    if (message.topic == births) {
      born = born || message.payload == kOnline;
    } else if (commands_.is_topic(message.topic)) {
      const auto command = commands_.take(message, clock_.monotonic());
      if (command) host_.obey(*command);
    } else if (message.retained && taken_back.size() < kMostTakenBack) {
      std::ranges::move(removals(message, announcements_, names_), std::back_inserter(taken_back));
    }
  };
  FITHOME_TRY_VOID(link.connect(kPatience, stop));
  works();

  const auto turn_for = [&](milliseconds time) -> Result<void> {
    const Monotonic until = clock_.monotonic() + time;
    while (clock_.monotonic() < until && !stop.stop_requested()) FITHOME_TRY_VOID(link.turn(kTurn));
    return {};
  };
  FITHOME_TRY_VOID(link.subscribe(births));
  for (const std::string& topic : commands_.topics()) FITHOME_TRY_VOID(link.subscribe(topic));
  for (const std::string& topics : {announced, said}) FITHOME_TRY_VOID(link.subscribe(topics));
  FITHOME_TRY_VOID(turn_for(kListen));
  for (const std::string& topics : {announced, said}) FITHOME_TRY_VOID(link.unsubscribe(topics));

  const auto take_back = [&]() -> Result<void> {
    for (const Message& message : std::exchange(taken_back, {}))
      FITHOME_TRY_VOID(link.publish(message, true, true));
    return {};
  };
  FITHOME_TRY_VOID(take_back());
  FITHOME_TRY_VOID(link.publish({names_.availability(), std::string(kOnline)}, true, true));

  std::optional<Monotonic> discovered;
  born = true;
  saying_ = told_;
  while (!stop.stop_requested()) {
    const Monotonic now = clock_.monotonic();
    if (!taken_back.empty()) {  // it came late; what is announced must come behind it
      FITHOME_TRY_VOID(take_back());
      born = true;
    }
    if (born && (!discovered || now - *discovered >= kDiscoverEach)) {
      born = false;
      discovered = now;
      FITHOME_TRY_VOID(announce(link));
      FITHOME_TRY_VOID(say_states(link, true));
      FITHOME_TRY_VOID(turn_for(kListen));
      FITHOME_TRY_VOID(say_states(link, true));
    }
    FITHOME_TRY_VOID(say_states(link, false));
    FITHOME_TRY_VOID(say_events(link));
    FITHOME_TRY_VOID(link.turn(kTurn));
  }
  (void)link.publish(will, true, true);
  (void)link.turn(milliseconds(0));
  link.disconnect();
  return {};
}

Result<void> Publisher::announce(Link& link) {
  for (const Message& message : announcements_) {
    FITHOME_TRY_VOID(link.publish(message, true, true));
  }
  return {};
}

Result<void> Publisher::say_states(Link& link, bool all) {
  const api::Status status = live_.status();
  const Monotonic now = clock_.monotonic();
  for (const Device& device : devices_) {
    Pace& pace = paces_.try_emplace(device.id, config_).first->second;
    const auto watts = watts_of(device, live_, status);
    if (!all && !pace.due(now, watts)) continue;
    pace.said(now, watts);
    const Message state{device.state_topic(names_),
                        state_of(device, live_, status, to_stamp(clock_.utc()))};
    FITHOME_TRY_VOID(link.publish(state, false, false));
    if (!config_.values) continue;
    for (const Message& value : values_of(device, names_, state.payload)) {
      FITHOME_TRY_VOID(link.publish(value, false, false));
    }
  }
  return {};
}

// Not retained: who comes later is told of no event that is over.
Result<void> Publisher::say_events(Link& link) {
  if (told_.number != saying_.number && link.settled()) told_ = saying_;
  const auto happened = live_.happened(saying_.number);
  if (happened.empty()) return {};
  const api::Status status = live_.status();
  for (const api::Happened& one : happened) {
    for (const Message& message : saying_.events.told(one.event, devices_, names_, status)) {
      FITHOME_TRY_VOID(link.publish(message, false, true));
    }
    saying_.number = one.number;
  }
  return {};
}

void Publisher::failed(const std::string& what) {
  ++failed_in_row_;
  const Monotonic now = clock_.monotonic();
  if (!failing_since_) {
    failing_since_ = now;
    log_info("mqtt: {}; tried again", what);
  }
  if (fault_ || now - *failing_since_ < kFaultAfter) return;
  fault_ = true;
  host_.begin_fault(what);
}

void Publisher::works() {
  if (failing_since_ || failed_in_row_ == 0)
    log_info("mqtt: connected to {}", config_.broker.text());
  failing_since_.reset();
  failed_in_row_ = 0;
  if (fault_) host_.end_fault();
  fault_ = false;
}

}  // namespace fithome::mqtt
