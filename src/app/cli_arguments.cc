// SPDX-License-Identifier: MIT
//
// Only cli_*.cc know CLI11, which takes its time to compile.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/cli_add.h"
#include "app/cli_options.h"
#include "app/cli_values.h"
#include "app/cli_words.h"
#include "app/nearest.h"

namespace fithome::app {
namespace {

using std::chrono::milliseconds;

constexpr const char* kAbout =
    "FitHome measures a house's electricity, keeps every reading and shows it.";

constexpr const char* kExamples = R"(Examples:
  fithome run --demo                       a simulated house, and its page
  fithome run                              the meter of /etc/fithome/fithome.toml
  fithome now                              what flows this moment
  fithome watch                            the same, live
  fithome read --from today --every 15m    means of quarters of an hour
  fithome read --from -1h --channels p,p_a,p_c --format csv > hour.csv
  fithome energy --since 2026-11-01        what came and went since then
  fithome export --from 2026-01 -o january.pkl.zip   for pandas; or .csv, .parquet, .npz
  fithome events --kind outage,sag         when the power was gone or low
  fithome config check                     is the configuration good?
  fithome doctor                           is everything well? And what to do if not

fithome COMMAND --help tells more. Exit status: docs/cli.md.)";

// What `run` and `sim` say of a simulated house.
void add_house(CLI::App& app, RunWords& run, UtcTime now) {
  using Text = std::optional<std::string>;
  add<Text>(app, "--house", run.house, house_of, "simulate generated:SEED or csv:FILE")
      ->type_name("SPEC");
  add_text(app, "--house-columns", run.columns,
           "columns of the CSV: time=Date+Time,p_a=kW*1000,u_a=Voltage")
      ->type_name("LIST");
  add<Text>(app, "--house-separator", run.separator, separator_of, "of the CSV: \";\" or tab")
      ->type_name("CHAR");
  add_text(app, "--house-time-format", run.time_format, "of the CSV, as strptime takes it")
      ->type_name("FORMAT");
  add<std::optional<UtcTime>>(
      app, "--start", run.start,
      [now](const std::string& text) -> Result<std::optional<UtcTime>> {
        FITHOME_TRY(const UtcTime time, parse_time(text, now));
        return std::optional(time);
      },
      "the simulated clock begins at this time")
      ->type_name("TIME");
  add<std::optional<double>>(app, "--speed", run.speed, speed_of,
                             "of the simulated clock: 60, or max")
      ->type_name("N|max");
  add<std::optional<milliseconds>>(app, "--for", run.duration, duration_of,
                                   "the simulation ends after this time: 24h")
      ->type_name("DURATION");
  add<Text>(app, "--grid", run.grid, value_of("meter.grid"), "hertz of the mains")
      ->type_name("50|60");
  add<Text>(app, "--wiring", run.wiring, value_of("meter.wiring"),
            "split_phase, three_phase or single_phase")
      ->type_name("WIRING");
  add_text(app, "--scenario", run.scenario, "what goes wrong, and when: docs/scenarios.md")
      ->type_name("FILE");
}

void add_run(CLI::App& root, Words& words, UtcTime now) {
  CLI::App& app = *root.add_subcommand("run", "measure, keep and show: the daemon");
  RunWords& run = words.run;
  using Text = std::optional<std::string>;
  add_config(app, words);
  add_text(app, "--data", run.data, "directory that keeps the readings")->type_name("DIR");
  add<Text>(app, "--listen", run.listen, listen_of, "address of the page; port 0: the system picks")
      ->type_name("HOST:PORT");
  app.add_flag("--demo", run.demo, "a simulated meter in a simulated house");
  add_house(app, run, now);
}

void add_sim(CLI::App& root, Words& words, UtcTime now) {
  CLI::App& app = *root.add_subcommand("sim", "a simulated meter behind a spidev, for any driver");
  app.add_option("--spidev", words.devices, "make this file a spidev; may be said more than once")
      ->type_name("FILE")
      ->required()
      ->allow_extra_args(false);
  add_house(app, words.run, now);
}

void add_now(CLI::App& root, Words& words) {
  CLI::App& app = *root.add_subcommand("now", "what flows this moment");
  add_where(app, words);
  add_meter(app, words);
  add_json(app, words);
}

void add_watch(CLI::App& root, Words& words) {
  CLI::App& app = *root.add_subcommand("watch", "what flows, live, until Ctrl-C");
  add_where(app, words);
  add_meter(app, words);
  app.add_flag("--lines", words.watch.lines, "a line for each reading");
  add<std::optional<milliseconds>>(app, "--for", words.watch.duration, duration_of,
                                   "stop after this time: 10s")
      ->type_name("DURATION");
}

void add_read(CLI::App& root, Words& words) {
  CLI::App& app = *root.add_subcommand("read", "readings as a table, CSV or JSON");
  ReadCommand& read = words.read;
  using Text = std::optional<std::string>;
  add_where(app, words);
  add_meter(app, words);
  add<Text>(app, "--from", read.from, time_text, "first time; unless told, 10 minutes before --to")
      ->type_name("TIME");
  add<Text>(app, "--to", read.to, time_text, "end, not included; unless told, the newest reading")
      ->type_name("TIME");
  add<std::string>(app, "--channels", read.channels, channels_of,
                   "names with commas: p,p_a,u_a; unless told, all in use")
      ->type_name("LIST");
  add<std::optional<milliseconds>>(app, "--every", read.every, step_of,
                                   "means of steps of this time: 1m, 1h")
      ->type_name("DURATION");
  const std::map<std::string, RowFormat> formats{
      {"table", RowFormat::table}, {"csv", RowFormat::csv}, {"json", RowFormat::json}};
  add<RowFormat>(
      app, "--format", read.format,
      [formats](const std::string& text) -> Result<RowFormat> {
        const auto found = formats.find(text);
        if (found != formats.end()) return found->second;
        return fail(Code::invalid,
                    fmt::format("\"{}\" is no format; say table, csv or json", text));
      },
      "table, csv or json; unless told, table")
      ->type_name("FORMAT");
}

void add_events(CLI::App& root, Words& words) {
  CLI::App& app = *root.add_subcommand("events", "outages, sags, gaps: what happened, what lasts");
  EventsCommand& events = words.events;
  using Text = std::optional<std::string>;
  add_where(app, words);
  add_json(app, words);
  add<Text>(app, "--from", events.from, time_text, "first time; unless told, 7 days before --to")
      ->type_name("TIME");
  add<Text>(app, "--to", events.to, time_text, "end, not included; unless told, now")
      ->type_name("TIME");
  add<Text>(app, "--kind", events.kinds, kinds_of,
            "only these, with commas: outage,sag,swell,frequency,over_current,gap,...")
      ->type_name("LIST");
}

void add_status_and_energy(CLI::App& root, Words& words) {
  CLI::App& status = *root.add_subcommand("status", "how the daemon and its meter feel");
  add_where(status, words);
  add_json(status, words);
  CLI::App& energy = *root.add_subcommand("energy", "kilowatt-hours from and to the grid");
  add_where(energy, words);
  add_meter(energy, words);
  add_json(energy, words);
  add<std::optional<std::string>>(energy, "--since", words.since, time_text,
                                  "also what was gained since then: 2026-11-01, yesterday, -7d")
      ->type_name("TIME");
}

void add_config_commands(CLI::App& root, Words& words) {
  CLI::App& config = *root.add_subcommand("config", "check or show the configuration");
  config.require_subcommand(1);
  CLI::App& check = *config.add_subcommand("check", "is it good? All errors, with their places");
  add_text(check, "FILE", words.check_file, "unless told, the one that run would take");
  add_config(check, words);
  CLI::App& show = *config.add_subcommand("show", "what is in effect, and where it comes from");
  add_config(show, words);
}

// What a command that looks at the meter itself is told.
void add_meter(CLI::App& app, Words& words, std::optional<std::string>& data,
               std::optional<std::string>& device) {
  add_config(app, words);
  add_meter(app, words);
  add_text(app, "--data", data, "data directory of the daemon to ask")->type_name("DIR");
  auto* other = add_text(app, "--device", device, "open this in place of the configured one");
  other->type_name("DEVICE");
  app.add_flag("--simulated", words.simulated, "a simulated meter, to try it without hardware")
      ->excludes(other);
  add<std::optional<std::string>>(app, "--house", words.house, house_of,
                                  "simulate generated:SEED or csv:FILE")
      ->type_name("SPEC")
      ->excludes(other);
}

void add_chip(CLI::App& root, Words& words) {
  ChipCommand& chip = words.chip;
  CLI::App& app = *root.add_subcommand("chip", "the meter's registers by hand");
  app.require_subcommand(1);
  const auto add_one = [&](const char* name, const char* help, ChipCommand::What what) {
    CLI::App& one = *app.add_subcommand(name, help);
    one.callback([&chip, what] { chip.what = what; });
    add_meter(one, words, chip.data, chip.device);
    return &one;
  };
  const auto add_registers = [&](CLI::App& one) {
    one.add_option("REGISTER", chip.registers, "names or addresses: UgainA, 0x61")->required();
    one.add_flag("--destructive", chip.destructive, "also those that reading clears");
  };
  using What = ChipCommand::What;
  CLI::App& read = *add_one("read", "what registers hold", What::read);
  add_registers(read);
  read.add_flag("--json", chip.json, "as JSON");
  CLI::App& dump = *add_one("dump", "all that can be read without harm", What::dump);
  dump.add_flag("--json", chip.json, "as JSON");
  CLI::App& watch = *add_one("watch", "registers again and again, until Ctrl-C", What::watch);
  add_registers(watch);
  watch.add_flag("--json", chip.json, "as JSON, a line each time");
  add<std::chrono::milliseconds>(
      watch, "--every", chip.every,
      [](const std::string& text) -> Result<milliseconds> {
        FITHOME_TRY(const auto time, duration_of(text));
        return *time;
      },
      "time between two; unless told, 1s")
      ->type_name("DURATION");
  add<std::optional<milliseconds>>(watch, "--for", chip.duration, duration_of,
                                   "stop after this time: 10s")
      ->type_name("DURATION");
  CLI::App& write = *add_one("write", "sets a register, once it was asked", What::write);
  write.add_option("REGISTER", chip.target, "name or address")->required();
  write.add_option("VALUE", chip.value, "37106 or 0x90F2")->required();
  write.add_flag("--yes", chip.yes, "without asking");
}

void add_doctor(CLI::App& root, Words& words) {
  CLI::App& app = *root.add_subcommand("doctor", "is everything well? And what to do if not");
  add_meter(app, words, words.doctor.data, words.doctor.device);
  app.add_flag("--leds", words.doctor.leds, "blink the lights, and ask whether you saw them");
  app.add_flag("--json", words.doctor.json, "as JSON");
}

Result<Command> command_of(const CLI::App& root, Words& words) {
  const CLI::App& chosen = *root.get_subcommands().front();
  const std::string name = chosen.get_name();
  const Where where{words.shared.data, words.shared.url};
  const std::string meter = words.shared.meter.value_or("");
  if (name == "run") {
    FITHOME_TRY(auto command, run_command(words.run));
    return command;
  }
  if (name == "sim") {
    FITHOME_TRY(auto command, sim_command(words));
    return command;
  }
  if (name == "now") return NowCommand{where, words.shared.json, meter};
  if (name == "watch") {
    words.watch.where = where;
    words.watch.meter = meter;
    return words.watch;
  }
  if (name == "read") {
    words.read.where = where;
    words.read.meter = meter;
    return words.read;
  }
  if (name == "export") {
    words.exports.data = words.shared.data;
    words.exports.meter = meter;
    words.exports.output = words.output;
    return words.exports;
  }
  if (name == "store") {
    words.store.data = words.shared.data;
    words.store.json = words.shared.json;
    return words.store;
  }
  if (name == "events") {
    words.events.where = where;
    words.events.json = words.shared.json;
    return words.events;
  }
  if (name == "status") return StatusCommand{where, words.shared.json};
  if (name == "energy") return EnergyCommand{where, words.shared.json, words.since, meter};
  if (name == "calibrate") {
    FITHOME_TRY(auto command, calibrate_command(chosen, words.calibrate));
    return command;
  }
  if (name == "ledger") {
    FITHOME_TRY(auto command, ledger_command(words.calibrate));
    return command;
  }
  if (name == "sinks") {
    words.sinks.where = where;
    words.sinks.json = words.shared.json;
    return words.sinks;
  }
  if (name == "import") {
    FITHOME_TRY(auto command, import_command(words));
    return command;
  }
  if (name == "homeassistant") return words.homeassistant;
  if (name == "version") return VersionCommand{};
  if (name == "chip") {
    words.chip.meter = meter;
    words.chip.simulation = simulated_meter(words);
    return words.chip;
  }
  if (name == "doctor") {
    words.doctor.meter = meter;
    words.doctor.simulation = simulated_meter(words);
    return words.doctor;
  }
  if (chosen.get_subcommands().front()->get_name() == "check") return ConfigCheckCommand{};
  return ConfigShowCommand{};
}

// The innermost command that was named.
const CLI::App& innermost(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : innermost(*chosen.front());
}

std::vector<std::string> words_of(const CLI::App& app) {
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands({})) known.push_back(command->get_name());
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  return known;
}

std::string full_name(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return parent ? full_name(*parent) + " " + app.get_name() : "fithome";
}

std::string help_of(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return app.help(parent ? full_name(*parent) : "");
}

// What went wrong, with what was perhaps meant.
std::string usage_text(const CLI::App& root, const CLI::ParseError& error) {
  const CLI::App& app = innermost(root);
  const auto left = root.remaining(true);
  std::string what = error.what();
  if (!left.empty()) {
    what = fmt::format("{}: not known here", left.front());
    const std::string bare = left.front().substr(0, left.front().find('='));
    if (const auto near = nearest(bare, words_of(app))) {
      what += fmt::format("; did you mean {}?", *near);
    }
  }
  return fmt::format("{}\nSee {} --help", what, full_name(app));
}

}  // namespace

void add_commands(CLI::App& root, Words& found, UtcTime now) {
  root.description(kAbout);
  root.require_subcommand(0, 1);
  add_run(root, found, now);
  add_sim(root, found, now);
  add_now(root, found);
  add_watch(root, found);
  add_read(root, found);
  add_export(root, found);
  add_store(root, found);
  add_events(root, found);
  add_status_and_energy(root, found);
  add_config_commands(root, found);
  add_calibrate(root, found.calibrate);
  add_ledger(root, found.calibrate);
  add_doctor(root, found);
  add_chip(root, found);
  add_sinks(root, found);
  add_import(root, found);
  add_homeassistant(root, found);
  root.add_subcommand("version", "which fithome this is");
  root.set_version_flag("--version", std::string(), "which fithome this is");
  root.footer(kExamples);  // last, or every command would inherit it
}

Result<CommandLine> parse_arguments(const std::vector<std::string>& words, UtcTime now) {
  CLI::App root("", "fithome");
  Words found;
  add_commands(root, found, now);
  if (words.empty()) return CommandLine{{}, HelpCommand{root.help()}};
  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    root.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return CommandLine{{}, HelpCommand{help_of(innermost(root))}};
  } catch (const CLI::CallForVersion&) {
    return CommandLine{{}, VersionCommand{}};
  } catch (const CLI::ParseError& error) {
    return fail(Code::invalid, usage_text(root, error));
  }
  if (root.get_subcommands().empty()) {
    return fail(Code::invalid, "which command? See fithome --help");
  }
  FITHOME_TRY(auto command, command_of(root, found));
  CommandLine line{{}, std::move(command)};
  if (found.shared.config) line.config = *found.shared.config;
  if (found.calibrate.config) line.config = *found.calibrate.config;
  if (found.check_file) line.config = *found.check_file;
  return line;
}

}  // namespace fithome::app
