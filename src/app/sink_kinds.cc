// SPDX-License-Identifier: MIT
#include "app/sink_kinds.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/secret.h"
#include "app/version.h"
#include "mqtt/history.h"
#include "sinks/mongodb.h"

namespace fithome::app {
namespace {

// Without its options and its user.
std::string host_of(const std::string& uri) {
  std::string host = uri.substr(uri.find("://") + 3);
  host = host.substr(0, host.find_first_of("/?"));
  return host.substr(host.rfind('@') + 1);
}

Result<std::unique_ptr<sinks::Sink>> make_mongodb(const MongodbConfig& config,
                                                  const SinkSource& source) {
  sinks::MongodbOptions options;
  FITHOME_TRY(options.password, find_password("mongodb", config.password_file));
  options.uri = config.uri;
  options.database = config.database;
  options.collection = config.collection;
  options.all_channels = config.all_channels;
  options.time_series = config.time_series;
  options.site = source.site;
  options.meters = source.meters;
  FITHOME_TRY(sinks::MongodbModule * module, sinks::load_mongodb(std::string(kVersion)));
  return module->sink(options);
}

Result<std::unique_ptr<sinks::Sink>> make_history(const Config& config, const SinkSource& source) {
  mqtt::Broker broker = config.mqtt.broker;
  FITHOME_TRY(broker.password, find_password("mqtt", config.mqtt_password_file));
  return std::make_unique<mqtt::History>(std::move(broker), config.mqtt.topic, source.site);
}

}  // namespace

std::vector<SinkKind> configured_sinks(const Config& config) {
  std::vector<SinkKind> kinds;
  if (const MongodbConfig& mongodb = config.mongodb; !mongodb.uri.empty()) {
    kinds.push_back(
        {"mongodb",
         fmt::format("{}.{} at {}", mongodb.database, mongodb.collection, host_of(mongodb.uri)),
         true, [mongodb](const SinkSource& source) { return make_mongodb(mongodb, source); }});
  }
  if (const mqtt::MqttConfig& mqtt = config.mqtt; mqtt.history && !mqtt.broker.host.empty()) {
    kinds.push_back({"mqtt",
                     fmt::format("{}/SITE/METER/history at {}:{}", mqtt.topic, mqtt.broker.host,
                                 mqtt.broker.port),
                     false,
                     [config](const SinkSource& source) { return make_history(config, source); }});
  }
  return kinds;
}

Result<SinkKind> configured_sink(const Config& config, const std::string& name) {
  std::string names;
  for (const SinkKind& kind : configured_sinks(config)) {
    if (kind.name == name) return kind;
    names += (names.empty() ? "there is " : ", ") + kind.name;
  }
  if (names.empty()) names = "none is configured: docs/configuration.md, [mongodb] and [mqtt]";
  return fail(Code::not_found, fmt::format("no sink \"{}\"; {}", name, names));
}

}  // namespace fithome::app
