// SPDX-License-Identifier: MIT
#include "mqtt/messages.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "api/event_json.h"
#include "api/json.h"
#include "api/meters.h"

namespace fithome::mqtt {
namespace {

using api::JsonWriter;

constexpr std::size_t kLongestState = 250;  // Home Assistant takes 255

void write_values(JsonWriter& json, const Device& device,
                  const std::optional<reading::Reading>& reading) {
  for (const Entity& entity : device.entities) {
    if (!entity.live) continue;
    const auto id = reading::find_channel(entity.key);
    json.key(entity.key);
    const bool known = id && reading && reading->steps[*id];
    if (!known) {
      json.null();
      continue;
    }
    reading::append_decimal(json.value(), *id, *reading->steps[*id]);
  }
}

// Thousandths of a kWh, rounded down: it never shows what has not flowed.
void write_total(JsonWriter& json, const std::string& key, reading::Energy energy) {
  constexpr std::int64_t kWattHour = 1'000'000'000;
  const std::int64_t watt_hours = energy.nwh / kWattHour;
  json.key(key).number(static_cast<double>(watt_hours) / 1000, 3);
}

void write_totals(JsonWriter& json, const Device& device,
                  const std::optional<reading::Ledger>& ledger) {
  const auto put = [&](const std::string& key, reading::Energy energy) {
    if (std::ranges::find(device.entities, key, &Entity::key) == device.entities.end()) return;
    if (!ledger) {
      json.key(key).null();
      return;
    }
    write_total(json, key, energy);
  };
  const reading::Ledger of = ledger.value_or(reading::Ledger{});
  const auto put_all = [&](const reading::LineEnergy& energy, const std::string& end) {
    const reading::Flow flow = reading::measured(energy);
    put("import" + end, flow.imported);
    put("export" + end, flow.exported);
    put("reactive_import" + end, energy.reactive.imported);
    put("reactive_export" + end, energy.reactive.exported);
  };
  put_all(of.net, "");
  for (int line = 0; line < chip::kLines; ++line) {
    put_all(of.lines[static_cast<std::size_t>(line)], std::string("_") + chip::line_letter(line));
  }
}

void write_health(JsonWriter& json, const api::Status& status) {
  std::string problems;
  for (const api::Fault& fault : status.faults) {
    problems += (problems.empty() ? "" : "; ") + fault.name;
  }
  if (problems.size() > kLongestState) problems.resize(kLongestState);
  const auto wrong = [&status](std::string_view beginning) {
    const auto is = [&](const api::Fault& fault) { return fault.name.starts_with(beginning); };
    return std::ranges::any_of(status.faults, is) ? "ON" : "OFF";
  };
  json.key("problem").string(wrong(""));
  json.key("clock").string(wrong("clock_"));
  json.key("store").string(wrong("store_"));
  json.key("problems").string(problems.empty() ? "none" : problems);
  json.key("spi_errors").integer(static_cast<std::int64_t>(status.spi_errors));
  json.key("missed").integer(static_cast<std::int64_t>(status.missed));
  if (status.sinks.empty()) return;
  std::string sinks;
  for (const sinks::SinkState& sink : status.sinks) {
    sinks += (sinks.empty() ? "" : "; ") + sink.name + ": " + std::string(name(sink.doing));
  }
  json.key("sinks").string(sinks);
}

// `alone`: in a message of its own, which no other entity shares anything with.
void write_entity(JsonWriter& json, const Device& device, const Entity& entity, const Names& names,
                  bool alone) {
  const auto put = [&json](std::string_view key, std::string_view value) {
    if (!value.empty()) json.key(key).string(value);
  };
  json.key("unique_id").string(device.unique_id(names, entity));
  json.key("name").string(entity.name);
  put("device_class", entity.device_class);
  put("state_class", entity.state_class);
  put("unit_of_measurement", entity.unit);
  if (entity.decimals >= 0) json.key("suggested_display_precision").integer(entity.decimals);
  if (entity.diagnostic) json.key("entity_category").string("diagnostic");
  if (!entity.event_types.empty()) {
    json.key("state_topic").string(device.event_topic(names, entity));
    json.key("event_types").begin_array();
    for (const std::string_view type : entity.event_types) json.string(type);
    json.end_array();
    return;
  }
  if (entity.platform == "button") {
    json.key("command_topic").string(names.command_topic(entity));
    return;
  }
  if (alone) json.key("state_topic").string(device.state_topic(names));
  if (entity.live) json.key("expire_after").integer(names.expire_after_s);
  json.key("value_template").string("{{ value_json." + entity.key + " }}");
}

void write_shared(JsonWriter& json, const Device& device, const Names& names) {
  json.key("device").begin_object().key("identifiers").begin_array();
  json.string(device.object(names)).end_array();
  json.key("name").string(device.name).key("manufacturer").string("CircuitSetup");
  json.key("model").string(device.simulated ? "ATM90E32AS (simulated)" : "ATM90E32AS");
  json.key("sw_version").string(names.version).end_object();
  json.key("origin").begin_object().key("name").string("fithome");
  json.key("sw_version").string(names.version).end_object();
  json.key("availability_topic").string(names.availability());
  json.key("qos").integer(0);
}

// Of a component that an earlier life announced, or somebody else.
std::string_view platform_of(const nlohmann::json& component) {
  constexpr std::array<std::string_view, 3> kOthers{"binary_sensor", "button", "event"};
  if (!component.is_object() || !component.contains("platform")) return "sensor";
  const auto known =
      std::ranges::find_if(kOthers, [&](auto other) { return component["platform"] == other; });
  return known == kOthers.end() ? "sensor" : *known;
}

// The object of JSON, or null where it is none: it may be anybody's rubbish.
nlohmann::json object_of(const std::string& text) {
  nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  return json.is_object() ? json : nlohmann::json();
}

}  // namespace

std::string short_site(std::string_view uuid) {
  std::string site(uuid);
  std::erase(site, '-');
  return site.substr(0, 12);
}

std::vector<Device> devices_of(const api::Status& status, std::string_view site_name) {
  std::vector<Device> devices;
  const auto meters = api::meters_of(status);
  for (const api::MeterStatus& meter : meters) {
    Device& device = devices.emplace_back();
    device.id = meter.id;
    device.place = devices.size() - 1;
    device.name = meters.size() == 1 ? std::string(site_name) : meter.name;
    device.simulated = status.simulated;
    device.entities = entities_of(meter, devices.size() == 1);
    if (devices.size() > 1 || status.sinks.empty()) continue;
    device.entities.push_back({.key = "sinks", .name = "Sinks", .diagnostic = true});
  }
  if (!status.sum.empty()) {
    devices.push_back({.id = store::kHouse,
                       .name = std::string(site_name),
                       .simulated = status.simulated,
                       .entities = entities_of_house()});
  }
  return devices;
}

std::string state_of(const Device& device, const api::Live& live, const api::Status& status,
                     UtcTime now) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  auto latest = live.latest();
  for (api::Latest& one : latest) {
    if (one.reading && now - one.reading->time > kStale) one.reading.reset();
  }
  if (device.id == store::kHouse) {
    const auto power = api::house_power(status, latest);
    json.key("p");
    power ? json.number(power->value, 2) : json.null();
    write_totals(json, device, live.house_ledger());
  } else {
    const api::Latest newest = device.place < latest.size() ? latest[device.place] : api::Latest{};
    if (newest.reading) json.key("time").string(to_iso(newest.reading->time));
    write_values(json, device, newest.reading);
    write_totals(json, device, newest.ledger);
    if (device.place == 0) write_health(json, status);
  }
  json.end_object();
  return text;
}

std::vector<Message> values_of(const Device& device, const Names& names, const std::string& state) {
  std::vector<Message> messages;
  const nlohmann::json values = object_of(state);
  for (const auto& [key, value] : values.items()) {
    messages.push_back(
        {device.topic(names) + key, value.is_string() ? value.get<std::string>() : value.dump()});
  }
  return messages;
}

std::vector<Message> Events::told(const store::Event& event, const std::vector<Device>& devices,
                                  const Names& names, const api::Status& status) {
  const auto device = std::ranges::find(devices, event.meter, &Device::id);
  if (device == devices.end()) return {};
  const auto entity = std::ranges::find(device->entities, event.kind, event_kind_of);
  if (entity == device->entities.end() || entity->event_types.empty()) return {};
  std::vector<Message> messages;
  const auto say = [&](std::string_view type) {
    Message& one = messages.emplace_back(device->event_topic(names, *entity), "");
    JsonWriter json(one.payload);
    json.begin_object().key("event_type").string(type);
    api::write_event(json, status, event);
    json.end_object();
  };
  if (entity->event_types.size() == 1) {
    say(entity->event_types.front());
    return messages;
  }
  const std::tuple key{event.meter, event.kind, event.channel ? int{*event.channel} : -1};
  if (lasting_.insert(key).second) say(kBegan);
  if (event.end) {
    say(kEnded);
    lasting_.erase(key);
  }
  return messages;
}

std::vector<Message> discovery_of(const Device& device, const Names& names, Discovery form) {
  std::vector<Message> messages;
  if (form == Discovery::device) {
    Message& one = messages.emplace_back();
    one.topic = names.prefix + "/device/" + device.object(names) + "/config";
    JsonWriter json(one.payload);
    json.begin_object();
    write_shared(json, device, names);
    json.key("state_topic").string(device.state_topic(names));
    json.key("components").begin_object();
    for (const Entity& entity : device.entities) {
      json.key(entity.key).begin_object().key("platform").string(entity.platform);
      write_entity(json, device, entity, names, false);
      json.end_object();
    }
    json.end_object().end_object();
  } else if (form == Discovery::single) {
    for (const Entity& entity : device.entities) {
      Message& one = messages.emplace_back();
      one.topic = names.prefix + "/" + std::string(entity.platform) + "/" + device.object(names) +
                  "_" + entity.key + "/config";
      JsonWriter json(one.payload);
      json.begin_object();
      write_shared(json, device, names);
      write_entity(json, device, entity, names, true);
      json.end_object();
    }
  }
  return messages;
}

std::vector<Message> removals(const Message& retained, const std::vector<Message>& wanted,
                              const Names& names) {
  if (retained.payload.empty()) return {};
  const std::string_view topic = retained.topic;
  if (topic.starts_with(names.said())) {
    if (topic == names.availability()) return {};
    return {{retained.topic, ""}};
  }
  constexpr std::string_view kEnd = "/config";
  if (!topic.starts_with(names.prefix + "/") || !topic.ends_with(kEnd)) return {};
  const std::string_view path =
      topic.substr(names.prefix.size() + 1, topic.size() - kEnd.size() - names.prefix.size() - 1);
  const auto slash = path.find('/');
  if (slash == path.npos || !path.substr(slash + 1).starts_with(names.own())) return {};

  const auto same = std::ranges::find(wanted, retained.topic, &Message::topic);
  if (same == wanted.end()) return {{retained.topic, ""}};
  const auto old = object_of(retained.payload);
  auto now = object_of(same->payload);
  if (!old.contains("components") || !old["components"].is_object() || !now.contains("components"))
    return {};
  bool gone = false;
  for (const auto& [key, component] : old["components"].items()) {
    if (now["components"].contains(key)) continue;
    now["components"][key] = {{"platform", platform_of(component)}};
    gone = true;
  }
  if (!gone) return {};
  return {{retained.topic, now.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)}};
}

}  // namespace fithome::mqtt
