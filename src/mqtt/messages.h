// SPDX-License-Identifier: MIT
//
// What is said over MQTT: topics, the state of each device, and its discovery.
//
// Flow:    api::Live -> Device -> topics and payloads -> Link
// Shape:   TOPIC/SITE/status online|offline; TOPIC/SITE/METER/state one JSON object,
//          and, where asked for, TOPIC/SITE/METER/KEY each of its values;
//          TOPIC/SITE/command/KEY what is asked of us (mqtt/commands.h);
//          TOPIC/SITE/METER/history every reading, one JSON object each (mqtt/history.h);
//          TOPIC/SITE/METER/event/KEY what happened, one JSON object an event;
//          PREFIX/device/fithome_SITE_METER/config, or PREFIX/sensor/…/config one an entity.
//          SITE is the beginning of the store's UUID, METER the store's number: neither changes
//          when names do
// Threads: pure functions
// Source:  docs/home-assistant.md
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "api/live.h"
#include "mqtt/entities.h"

namespace fithome::mqtt {

enum class Discovery { device, single, off };

struct Names {
  std::string topic = "fithome";
  std::string prefix = "homeassistant";
  std::string site;     // short
  std::string version;  // of fithome
  int expire_after_s = 60;

  /// The beginning of all that we say, and of what we are asked.
  std::string said() const { return topic + "/" + site + "/"; }
  std::string availability() const { return said() + "status"; }
  std::string command_topic(const Entity& button) const { return said() + "command/" + button.key; }
  /// The beginning of all our ids.
  std::string own() const { return "fithome_" + site + "_"; }
};

/// The first twelve digits of a UUID: enough for one household, or a million.
std::string short_site(std::string_view uuid);

/// A meter, or the house where it is a stated sum of several.
struct Device {
  store::MeterId id = store::kFirstMeter;
  std::size_t place = 0;  // among Live::latest; none of the house
  std::string name;
  bool simulated = false;
  std::vector<Entity> entities;

  std::string object(const Names& names) const { return names.own() + std::to_string(id); }
  /// By which Home Assistant knows an entity, whatever its owner calls it.
  std::string unique_id(const Names& names, const Entity& entity) const {
    return object(names) + "_" + entity.key;
  }
  /// The beginning of its topics.
  std::string topic(const Names& names) const { return names.said() + std::to_string(id) + "/"; }
  std::string state_topic(const Names& names) const { return topic(names) + "state"; }
  std::string event_topic(const Names& names, const Entity& entity) const {
    return topic(names) + "event/" + entity.key;
  }
};

/// In the order of the configuration, the house last. `site_name` is that of a single meter.
/// Without what may be asked of us.
std::vector<Device> devices_of(const api::Status& status, std::string_view site_name);

/// One JSON object: what is not known, or of a reading older than kStale, is null. Energy as it was
/// counted: what was set by hand to match the utility's meter is no consumption.
constexpr std::chrono::seconds kStale{30};
std::string state_of(const Device& device, const api::Live& live, const api::Status& status,
                     UtcTime now);

struct Message {
  std::string topic;
  std::string payload;    // empty: what is retained there is removed
  bool retained = false;  // of one that was received: it is of before we listened
};

/// Each value of a state as a message of its own: a number, a text without quotes, or "null".
std::vector<Message> values_of(const Device& device, const Names& names, const std::string& state);

/// What is said of the events of the store: that one began, and that it ended; both of one that is
/// over when it is first heard of, and nothing of one that grew worse.
class Events {
 public:
  std::vector<Message> told(const store::Event& event, const std::vector<Device>& devices,
                            const Names& names, const api::Status& status);

 private:
  std::set<std::tuple<store::MeterId, std::string, int>> lasting_;  // meter, kind, channel or -1
};

/// Retained; in the device form one of a device, in the single form one of an entity.
std::vector<Message> discovery_of(const Device& device, const Names& names, Discovery form);

/// What takes back a message that is retained: an announcement of an earlier life that these
/// messages do not make, to be sent before them; and whatever somebody left where we retain
/// nothing, for who comes later would take it for a state of ours. Nothing where it is not ours, or
/// right.
std::vector<Message> removals(const Message& retained, const std::vector<Message>& wanted,
                              const Names& names);

}  // namespace fithome::mqtt
