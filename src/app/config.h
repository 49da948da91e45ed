// SPDX-License-Identifier: MIT
//
// The configuration: what the owner of a house may set, checked whole before anything starts.
//
// Flow:    defaults -> TOML file -> FITHOME_ variables -> command line -> Config
// Shape:   the keys are one table (config_keys.h); nothing else knows their names
// Units:   in the names of the keys, or in the types here
// Errors:  all that is wrong, not only the first; each with file:line:column, the line and a caret
// Threads: plain values
// Source:  docs/configuration.md
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/leds.h"
#include "base/log.h"
#include "base/result.h"
#include "chip/chip.h"
#include "exports/request.h"
#include "mqtt/publisher.h"
#include "reading/ledger.h"

namespace fithome::app {

struct Listen {
  std::string host = "127.0.0.1";  // without the brackets of an IPv6 address
  std::uint16_t port = 8080;       // 0: the system picks
  friend bool operator==(const Listen&, const Listen&) = default;
};

/// "127.0.0.1:8080", "[::1]:8080".
Result<Listen> parse_listen(std::string_view text);
std::string to_text(const Listen& listen);

/// "forever", or years, weeks or days: "5y", "26w", "90d"; at least a week.
Result<std::optional<std::chrono::days>> parse_keeping(std::string_view text);
std::string keeping_text(const std::optional<std::chrono::days>& days);

/// Seven boards of two chips each: as many as can be stacked.
constexpr std::size_t kMostMeters = 14;

struct MeterConfig {
  std::string name = "mains";
  std::string formerly;  // the name that its history in the store has; empty: the same
  std::string device = "/dev/spidev0.0";
  std::uint32_t speed_hz = 500'000;
  chip::ChipConfig chip;
  reading::LineRules rules{};
  std::array<std::string, chip::kLines> line_names{};  // "solar"; empty: none
};

/// What `fithome export` does where its words do not say.
struct ExportConfig {
  std::filesystem::path dir = ".";
  exports::Format format = exports::Format::pandas;
  std::string channels;  // empty: Pa and Pr for pandas, all for the others
};

/// A MongoDB server that readings are handed on to.
struct MongodbConfig {
  std::string uri;  // empty: none. Never with a password (app/secret.h)
  std::string database = "FitHome";
  std::string collection = "aggregate";
  bool all_channels = false;
  bool time_series = false;
  std::filesystem::path password_file;
};

/// A Home Assistant that is told of hours it missed.
struct HomeAssistantConfig {
  std::string url;  // "http://127.0.0.1:8123"; empty: none
  std::filesystem::path token_file;
  bool entities = false;  // and of its own hours of our sensors
};

/// The defaults are a v1.4 board in a North American house.
struct Config {
  std::string site = "home";
  std::filesystem::path data = "/var/lib/fithome";
  Listen listen;
  std::chrono::milliseconds interval{1000};
  std::chrono::milliseconds sync_interval{10'000};      // the most that a power cut may take
  std::optional<std::chrono::days> keep_readings = {};  // nothing: for ever
  Severity log_level = Severity::info;
  LedNames leds;
  ExportConfig exports;
  mqtt::MqttConfig mqtt;
  std::string mqtt_password_file;
  HomeAssistantConfig homeassistant;
  MongodbConfig mongodb;
  std::vector<MeterConfig> meters{MeterConfig{}};  // never empty
  std::string house;  // which meters and lines are the house: "mains + solar"; empty: the first

  /// The first: in most homes the only one.
  MeterConfig& meter() { return meters.front(); }
  const MeterConfig& meter() const { return meters.front(); }
};

/// Something wrong, or doubtful, and where.
struct Problem {
  std::string what;    // one line: "interval: 5000 is out of range; takes ..."
  std::string file;    // empty: not from a file
  int line = 0;        // from 1; 0: the file as a whole
  int column = 0;      // from 1, in characters
  std::string source;  // that line of the file
};
using Problems = std::vector<Problem>;

/// "FILE:LINE:COLUMN: WHAT", then the line and a caret below it; no line end behind the last.
std::string to_text(const Problem& problem);

/// One value from outside the file, as text.
struct Override {
  std::string key;     // "data", "meter.grid"
  std::string value;   // "50"
  std::string origin;  // "--grid", "FITHOME_GRID"
};

struct Settings {
  Config config;
  std::string file;  // that was read; empty: none
  /// Key -> "FILE:LINE", "FITHOME_DATA"; absent: default. Of a later meter it is "meter 2.grid".
  std::map<std::string, std::string> origin;
  Problems warnings;  // things to say, no reason to stop
};

/// All variables whose names begin with FITHOME_.
using Environment = std::map<std::string, std::string>;
Environment fithome_environment();

struct ConfigRequest {
  std::optional<std::filesystem::path> file;  // --config; must then be there
  Environment environment;
  std::vector<Override> overrides;  // from the command line; strongest
};

constexpr std::string_view kSystemConfig = "/etc/fithome/fithome.toml";

/// The file: the one asked for, else $FITHOME_CONFIG, else /etc/fithome/fithome.toml if it is
/// there, else none; /dev/null is none too.
std::expected<Settings, Problems> load_config(const ConfigRequest& request);

/// The same from text in memory; `file` is its name in messages. Empty text is no configuration.
std::expected<Settings, Problems> parse_config(std::string_view text, std::string_view file,
                                               const ConfigRequest& request);

/// "split_phase", as the file and the API call it.
std::string_view wiring_name(chip::Wiring wiring);

/// The configuration in effect as TOML, with the origin of each value as a comment.
std::string show_config(const Settings& settings);

}  // namespace fithome::app
