// SPDX-License-Identifier: MIT
//
// What was said on the command line, before it is known to fit together.
//
// Flow:    options (cli_arguments.cc) -> Words -> one struct a command (cli_options.h)
// Errors:  invalid - options that do not go together, and which do
// Threads: plain values
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "app/cli_options.h"

namespace CLI {
class App;
}

namespace fithome::app {

// Readings and their origin: the options that several commands share.
struct Shared {
  std::optional<std::string> config;
  std::optional<std::string> data;
  std::optional<std::string> url;
  std::optional<std::string> meter;
  bool json = false;
};

// What `run` is told, before it is known to fit together.
struct RunWords {
  std::optional<std::string> data, listen, house, columns, separator, time_format, grid, wiring,
      scenario;
  std::optional<UtcTime> start;
  std::optional<double> speed;
  std::optional<std::chrono::milliseconds> duration;
  bool demo = false;
};

struct Words {
  Shared shared;
  RunWords run;
  std::vector<std::string> devices;
  WatchCommand watch;
  ReadCommand read;
  EventsCommand events;
  ExportCommand exports;
  StoreCommand store;
  std::optional<std::string> output;
  std::optional<std::string> since;
  std::optional<std::string> check_file;
  CalibrateWords calibrate;
  ChipCommand chip;
  DoctorCommand doctor;
  SinksCommand sinks;
  ImportCommand import;
  std::optional<std::string> import_separator;
  HomeAssistantCommand homeassistant;
  std::optional<std::string> house;  // simulated, of chip and doctor
  bool simulated = false;
};

/// The parser of all commands, which puts what it is told into `found`; `now` is what a relative
/// --start is counted from. Both must outlive the parsing.
void add_commands(CLI::App& root, Words& found, UtcTime now);

/// Their words: cli_arguments_import.cc, cli_arguments_keeping.cc, cli_arguments_sinks.cc.
void add_export(CLI::App& root, Words& words);
void add_store(CLI::App& root, Words& words);
void add_sinks(CLI::App& root, Words& words);
void add_import(CLI::App& root, Words& words);
void add_homeassistant(CLI::App& root, Words& words);
/// Of chip and doctor: the simulated meter, if one was asked for.
std::optional<SimulationOptions> simulated_meter(const Words& words);
Result<RunCommand> run_command(const RunWords& run);
Result<SimCommand> sim_command(const Words& words);
Result<ImportCommand> import_command(const Words& words);

}  // namespace fithome::app
