// SPDX-License-Identifier: MIT
//
// The command line, understood: one struct a command.
//
// Flow:    words -> parse_arguments -> CommandLine -> run_cli
// Errors:  invalid - what is wrong and what is possible instead, in a line or two
// Threads: plain values
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/calibrate_options.h"
#include "app/chip_command.h"
#include "app/config.h"
#include "app/doctor.h"
#include "app/run_options.h"
#include "base/result.h"
#include "base/time.h"
#include "exports/request.h"
#include "imports/csv.h"
#include "imports/influx.h"
#include "imports/phpfina.h"
#include "reading/channels.h"

namespace fithome::app {

/// Where a command gets its readings. Neither: the daemon that the configuration speaks of.
struct Where {
  std::optional<std::filesystem::path> data;  // read the store in this directory
  std::optional<std::string> url;             // ask the daemon there
};

struct RunCommand {
  RunOptions options;
  std::optional<std::string> scenario;  // its file, for a simulated house
  std::vector<Override> overrides;      // --data, --listen, --grid, --wiring
};

struct SimCommand {
  std::vector<std::string> devices;  // files that become spidevs
  SimulationOptions simulation;      // of the first; see run_sim()
  std::optional<std::string> scenario;
  std::vector<Override> overrides;  // --grid, --wiring
};

// In several commands `meter` is the name of one among several; empty: all, or the first.
struct NowCommand {
  Where where;
  bool json = false;
  std::string meter = {};
};

struct WatchCommand {
  Where where;
  std::string meter = {};
  bool lines = false;  // a line a reading, on a terminal too
  std::optional<std::chrono::milliseconds> duration;
};

enum class RowFormat { table, csv, json };

struct ReadCommand {
  Where where;
  std::string meter = {};
  std::optional<std::string> from;  // as parse_time takes them; "now" is the house's
  std::optional<std::string> to;
  std::string channels;                            // names with commas; empty: all in use
  std::optional<std::chrono::milliseconds> every;  // nothing: each reading
  RowFormat format = RowFormat::table;
};

struct ExportCommand {
  std::optional<std::filesystem::path> data;  // the store's; nothing: the configured one
  std::string meter = {};
  std::optional<exports::Format> format = {};
  std::optional<std::string> from = {}, to = {};  // as parse_time takes them; "now" is the house's
  std::optional<std::string> channels = {};
  std::optional<exports::Every> every = {};
  std::optional<std::string> timezone = {};
  bool uncompressed = false;
  std::optional<std::filesystem::path> output = {};
};

struct StoreCommand {
  enum class What { info, check, back_up, restore, rebuild, compact };
  What what = What::info;
  std::optional<std::filesystem::path> data = {};  // the store's; nothing: the configured one
  std::filesystem::path other = {};                // the copy
  bool json = false;
  bool replace = false;  // of restore: move aside what is there
};

struct EventsCommand {
  Where where;
  bool json = false;
  std::optional<std::string> from;  // as parse_time takes them; "now" is the house's
  std::optional<std::string> to;
  std::optional<std::string> kinds;  // names with commas; nothing: all
};

struct StatusCommand {
  Where where;
  bool json = false;
};

struct EnergyCommand {
  Where where;
  bool json = false;
  std::optional<std::string> since;
  std::string meter = {};
};

struct SinksCommand {
  enum class What { status, pause, resume, rewind, test };
  What what = What::status;
  Where where;
  bool json = false;
  std::string name = {};                           // "mongodb"; none for the status
  std::optional<std::filesystem::path> data = {};  // of the daemon to ask
  std::optional<std::string> from = {};            // rewind: to here; nothing: to the first
};

struct HomeAssistantCommand {
  enum class What { status, check, repair };
  What what = What::status;
  std::optional<std::filesystem::path> data = {};  // the store's; nothing: the configured one
  bool json = false;
  bool entities = false;  // its own hours of our sensors, too; or by homeassistant.entities
  std::optional<std::string> from = {}, to = {};  // as parse_time takes them; "now" is the house's
};

/// Brings in what another program has kept.
struct ImportCommand {
  enum class From { mongodb, csv, phpfina, influx };
  From from = From::mongodb;
  std::optional<std::filesystem::path> data = {};
  std::string meter = {};  // empty: the first
  std::optional<std::string> timezone = {};
  std::string uri = {};                      // of MongoDB
  std::string collection = "aggregate";      // of MongoDB
  std::optional<std::string> database = {};  // of MongoDB or InfluxDB
  std::filesystem::path password_file = {};  // of InfluxDB
  imports::CsvOptions csv = {};
  imports::PhpfinaOptions phpfina = {};
  imports::InfluxOptions influx = {};  // without database and password
};

struct ConfigCheckCommand {};
struct ConfigShowCommand {};
struct VersionCommand {};

/// Somebody asked how it works.
struct HelpCommand {
  std::string text;
};

using Command = std::variant<RunCommand, SimCommand, NowCommand, WatchCommand, ReadCommand,
                             EventsCommand, StatusCommand, EnergyCommand, ConfigCheckCommand,
                             ConfigShowCommand, CalibrateCommand, LedgerCommand, VersionCommand,
                             HelpCommand, ChipCommand, DoctorCommand, ExportCommand, StoreCommand,
                             SinksCommand, ImportCommand, HomeAssistantCommand>;

struct CommandLine {
  std::optional<std::filesystem::path> config;  // --config, or FILE of `config check`
  Command command;
};

/// `words` without the program's name; `now` is what a relative --start is counted from.
Result<CommandLine> parse_arguments(const std::vector<std::string>& words, UtcTime now);

}  // namespace fithome::app
