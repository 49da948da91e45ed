// SPDX-License-Identifier: MIT
#include "app/config_keys_out.h"

#include <algorithm>

#include "app/config_values.h"
#include "homeassistant/wire.h"

namespace fithome::app {
namespace {

using mqtt::Discovery;

// Part of a topic: it must not end one, nor stand for any.
std::function<Result<void>(Config&, std::string)> topic_part(Member<std::string> member) {
  return [member](Config& config, std::string text) -> Result<void> {
    const bool odd = text.empty() || text.find_first_of("+#") != std::string::npos ||
                     text.front() == '/' || text.back() == '/' || text.front() == '$' ||
                     std::ranges::any_of(text, [](unsigned char c) { return c < 32 || c == 127; });
    if (odd)
      return fail(Code::invalid,
                  "must be the beginning of a topic, without +, # and control characters, as in "
                  "home/power");
    member(config) = std::move(text);
    return {};
  };
}

// What is wrong with it; empty: nothing. A secret in it would be shown by `config show`, and be in
// every copy of the file.
std::string wrong_with_uri(const std::string& uri) {
  if (uri.empty()) return {};
  if (!uri.starts_with("mongodb://") && !uri.starts_with("mongodb+srv://")) {
    return "not the address of a server; say \"mongodb://HOST:PORT\"";
  }
  const std::size_t begin = uri.find("://") + 3;
  const std::size_t at = uri.rfind('@');
  if (at == uri.npos || at < begin || uri.find(':', begin) > at) return {};
  return "has a password in it, which everybody could read; leave the password out "
         "(mongodb://USER@HOST) and put it in a file that mongodb.password_file names";
}

}  // namespace

void add_export_keys(std::vector<Key>& keys) {
  keys.push_back(text_key(
      {"export.dir", "FITHOME_EXPORT_DIR", "where fithome export writes"},
      "/var/lib/fithome/export",
      [](Config& c, std::string text) -> Result<void> {
        if (text.empty()) return fail(Code::invalid, "must not be empty; name a directory");
        c.exports.dir = std::move(text);
        return {};
      },
      [](const Config& c) { return c.exports.dir.string(); }));
  keys.push_back(text_key(
      {"export.format", "FITHOME_EXPORT_FORMAT", "what it writes"}, "pandas",
      [](Config& c, std::string text) -> Result<void> {
        FITHOME_TRY(c.exports.format, exports::format_of(text));
        return {};
      },
      [](const Config& c) { return std::string(exports::name(c.exports.format)); }));
  keys.push_back(text_key(
      {"export.channels", "FITHOME_EXPORT_CHANNELS", "which channels"}, "all",
      [](Config& c, std::string text) -> Result<void> {
        if (!text.empty()) {
          FITHOME_TRY_VOID(exports::parse_wanted(text, {}));
        }
        c.exports.channels = std::move(text);
        return {};
      },
      [](const Config& c) { return c.exports.channels; }));
}

void add_mqtt_keys(std::vector<Key>& keys) {
  const auto text = [&keys](const About& about, std::string_view example,
                            Member<std::string> member) {
    keys.push_back(text_key(about, example, any_text(member), reader_of(member)));
  };
  const auto topic = [&keys](const About& about, std::string_view example,
                             Member<std::string> member) {
    keys.push_back(text_key(about, example, topic_part(member), reader_of(member)));
  };
  text({"mqtt.host", "FITHOME_MQTT_HOST", "broker; empty: no MQTT"}, "homeassistant.local",
       [](Config& c) -> std::string& { return c.mqtt.broker.host; });
  keys.push_back(whole_key<std::uint16_t>(
      {"mqtt.port", "FITHOME_MQTT_PORT", "of the broker"}, {1, 65535, "a port"},
      [](Config& c) -> std::uint16_t& { return c.mqtt.broker.port; }));
  text({"mqtt.user", "FITHOME_MQTT_USER", "name to log in with"}, "fithome",
       [](Config& c) -> std::string& { return c.mqtt.broker.user; });
  text({"mqtt.password_file", "FITHOME_MQTT_PASSWORD_FILE", "file that holds the password"},
       "/etc/fithome/mqtt_password",
       [](Config& c) -> std::string& { return c.mqtt_password_file; });
  keys.push_back(bool_key({"mqtt.tls", "FITHOME_MQTT_TLS", "encrypted; the port is 8883 as a rule"},
                          [](Config& c) -> bool& { return c.mqtt.broker.tls; }));
  text({"mqtt.ca_file", "FITHOME_MQTT_CA_FILE",
        "who vouches for the broker; empty: as this machine has it"},
       "/etc/fithome/ca.crt", [](Config& c) -> std::string& { return c.mqtt.broker.ca_file; });
  keys.push_back(choice_key<bool>({"mqtt.version", "FITHOME_MQTT_VERSION", "of the protocol"},
                                  {{"3.1.1", false}, {"5", true}}, false,
                                  [](Config& c) -> bool& { return c.mqtt.broker.version_5; }));
  topic({"mqtt.topic", "FITHOME_MQTT_TOPIC", "beginning of our topics"}, "fithome",
        [](Config& c) -> std::string& { return c.mqtt.topic; });
  keys.push_back(choice_key<Discovery>(
      {"mqtt.discovery", "FITHOME_MQTT_DISCOVERY", "how Home Assistant is told what there is"},
      {{"device", Discovery::device}, {"single", Discovery::single}, {"off", Discovery::off}},
      false, [](Config& c) -> Discovery& { return c.mqtt.discovery; }));
  topic({"mqtt.discovery_prefix", "FITHOME_MQTT_DISCOVERY_PREFIX",
         "beginning of Home Assistant's topics"},
        "homeassistant", [](Config& c) -> std::string& { return c.mqtt.prefix; });
  keys.push_back(whole_key(
      {"mqtt.interval", "FITHOME_MQTT_INTERVAL", "between two messages, unless much changes"},
      {1, 3600, "seconds"},
      [](Config& c, std::int64_t value) { c.mqtt.interval = std::chrono::seconds(value); },
      [](const Config& c) { return c.mqtt.interval.count() / 1000; }));
  keys.push_back(whole_key<int>({"mqtt.change_watts", "FITHOME_MQTT_CHANGE_WATTS",
                                 "so much more or less power is said at once"},
                                {10, 100'000, "watts"},
                                [](Config& c) -> int& { return c.mqtt.much_watts; }));
  keys.push_back(whole_key<int>({"mqtt.change_percent", "FITHOME_MQTT_CHANGE_PERCENT",
                                 "so, too, of what it was; 10 watts at least"},
                                {1, 100, "percent"},
                                [](Config& c) -> int& { return c.mqtt.much_percent; }));
  keys.push_back(
      bool_key({"mqtt.values", "FITHOME_MQTT_VALUES", "each value on a topic of its own, too"},
               [](Config& c) -> bool& { return c.mqtt.values; }));
  keys.push_back(bool_key({"mqtt.commands", "FITHOME_MQTT_COMMANDS",
                           "buttons may pause and resume sinks, and mark an event"},
                          [](Config& c) -> bool& { return c.mqtt.commands; }));
  keys.push_back(bool_key({"mqtt.history", "FITHOME_MQTT_HISTORY",
                           "every reading, acknowledged by the broker, as a message of its own"},
                          [](Config& c) -> bool& { return c.mqtt.history; }));
}

void add_mongodb_keys(std::vector<Key>& keys) {
  const Member<std::string> database = [](Config& c) -> std::string& { return c.mongodb.database; };
  const Member<std::string> collection = [](Config& c) -> std::string& {
    return c.mongodb.collection;
  };
  keys.push_back(text_key(
      {"mongodb.uri", "FITHOME_MONGODB_URI", "server that readings are handed on to; empty: none"},
      "mongodb://localhost:27017",
      [](Config& c, std::string text) -> Result<void> {
        if (const std::string wrong = wrong_with_uri(text); !wrong.empty()) {
          return fail(Code::invalid, wrong);
        }
        c.mongodb.uri = std::move(text);
        return {};
      },
      [](const Config& c) { return c.mongodb.uri; }));
  keys.push_back(text_key({"mongodb.database", "", "its database"}, "FitHome", not_empty(database),
                          reader_of(database)));
  keys.push_back(text_key({"mongodb.collection", "", "its collection"}, "aggregate",
                          not_empty(collection), reader_of(collection)));
  keys.push_back(choice_key<bool>(
      {"mongodb.channels", "", "what a document has: power of the house only, or all channels"},
      {{"original", false}, {"all", true}}, false,
      [](Config& c) -> bool& { return c.mongodb.all_channels; }));
  keys.push_back(
      bool_key({"mongodb.time_series", "", "a time-series collection, which the server must have"},
               [](Config& c) -> bool& { return c.mongodb.time_series; }));
  keys.push_back(text_key(
      {"mongodb.password_file", "", "file with the password of the URI's user"},
      "/etc/fithome/mongodb_password",
      [](Config& c, std::string text) -> Result<void> {
        c.mongodb.password_file = std::move(text);
        return {};
      },
      [](const Config& c) { return c.mongodb.password_file.string(); }));
}

void add_homeassistant_keys(std::vector<Key>& keys) {
  keys.push_back(text_key(
      {"homeassistant.url", "FITHOME_HOMEASSISTANT_URL",
       "a Home Assistant to tell of hours it missed; empty: none"},
      "http://homeassistant.local:8123",
      [](Config& c, std::string text) -> Result<void> {
        if (!text.empty()) FITHOME_TRY_VOID(homeassistant::check_url(text));
        c.homeassistant.url = std::move(text);
        return {};
      },
      [](const Config& c) { return c.homeassistant.url; }));
  keys.push_back(text_key(
      {"homeassistant.token_file", "FITHOME_HOMEASSISTANT_TOKEN_FILE",
       "file that holds a token of one of its administrators"},
      "/etc/fithome/homeassistant_token",
      [](Config& c, std::string text) -> Result<void> {
        c.homeassistant.token_file = std::move(text);
        return {};
      },
      [](const Config& c) { return c.homeassistant.token_file.string(); }));
  keys.push_back(bool_key({"homeassistant.entities", "FITHOME_HOMEASSISTANT_ENTITIES",
                           "put right its own hours of our MQTT sensors, too"},
                          [](Config& c) -> bool& { return c.homeassistant.entities; }));
}

}  // namespace fithome::app
