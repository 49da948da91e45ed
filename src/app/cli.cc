// SPDX-License-Identifier: MIT
#include "app/cli.h"

#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "app/cli_calibrate.h"
#include "app/client_export.h"
#include "app/client_read.h"
#include "app/client_watch.h"
#include "app/daemon.h"
#include "app/homeassistant_command.h"
#include "app/import_command.h"
#include "app/print_energy.h"
#include "app/print_events.h"
#include "app/print_now.h"
#include "app/print_status.h"
#include "app/scenario_file.h"
#include "app/sim_command.h"
#include "app/sinks_command.h"
#include "app/store_command.h"
#include "app/version.h"
#include "base/clock.h"

namespace fithome::app {
namespace {

UtcTime wall_clock() { return to_stamp(SystemClock().utc()); }

// That a disk is full or fails, not that nobody answers.
bool of_disk(const Error& error) {
  constexpr std::array kOfDisk{ENOSPC, EDQUOT, EFBIG, EIO, EROFS};
  return std::ranges::find(kOfDisk, error.os) != kOfDisk.end();
}

int exit_status(const Error& error) {
  switch (error.code) {
    case Code::invalid:
      return EX_USAGE;
    case Code::transient:
      return of_disk(error) ? EX_IOERR : EX_UNAVAILABLE;
    case Code::not_found:
    case Code::unsupported:
      return EX_UNAVAILABLE;
    case Code::corrupt:
      return EX_DATAERR;
  }
  return EX_SOFTWARE;
}

// Each command as a call, with all that it may need.
class Run {
 public:
  Run(const CommandLine& line, const Environment& environment, const Terminal& terminal)
      : line_(line), environment_(environment), terminal_(terminal) {}

  int operator()(const HelpCommand& help) const {
    write(help.text);
    return EX_OK;
  }
  int operator()(const VersionCommand&) const {
    write(fmt::format("fithome {} (commit {}, store format {}, API {})\n", kVersion, revision(),
                      kStoreFormat, kApiVersion));
    return EX_OK;
  }
  int operator()(const ConfigCheckCommand&) const {
    return check_config(line_, environment_, terminal_);
  }
  int operator()(const ConfigShowCommand&) const {
    return print_config(line_, environment_, terminal_);
  }
  int operator()(const CalibrateCommand& command) const {
    return with_config(
        [&](const Config& config) { return run_calibrate(command, config, terminal_); });
  }
  int operator()(const LedgerCommand& command) const {
    return with_config(
        [&](const Config& config) { return run_ledger(command, config, terminal_); });
  }
  int operator()(const RunCommand& command) const;
  int operator()(const SimCommand& command) const;
  int operator()(const NowCommand& command) const;
  int operator()(const WatchCommand& command) const;
  int operator()(const ReadCommand& command) const;
  int operator()(const ExportCommand& command) const;
  int operator()(const StoreCommand& command) const;
  int operator()(const EventsCommand& command) const;
  int operator()(const StatusCommand& command) const;
  int operator()(const EnergyCommand& command) const;
  int operator()(const ChipCommand& command) const;
  int operator()(const DoctorCommand& command) const;
  int operator()(const SinksCommand& command) const;
  int operator()(const ImportCommand& command) const;
  int operator()(const HomeAssistantCommand& command) const;

 private:
  void write(std::string_view text) const {
    std::fwrite(text.data(), 1, text.size(), terminal_.out);
  }
  int failed(const Error& error) const {
    fmt::print(terminal_.err, "fithome: {}\n", error.what);
    return exit_status(error);
  }
  Style style() const { return {terminal_.colour}; }
  std::optional<Config> client_config(const Where& where) const;
  /// False, and said why, where there is a scenario with problems.
  bool add_scenario(const std::optional<std::string>& file, SimulationOptions& simulation) const;
  /// Of the meter that is configured; a broken configuration ends it, for it names the meter.
  int with_config(const std::function<Result<int>(const Config&)>& use) const;
  /// Opens the source, says what there is to say, and hands it to `use`.
  int with_source(const Where& where, const std::function<Result<int>(Chosen&)>& use) const;

  const CommandLine& line_;
  const Environment& environment_;
  const Terminal& terminal_;
};

// A demo is like the house that was configured, if one was; a CSV says itself what it is.
void fit(SimulationOptions& simulation, const Settings& settings) {
  const bool csv = simulation.house.starts_with("csv:");
  const auto said = [&](const char* key) {
    const auto origin = settings.origin.find(key);
    return origin != settings.origin.end() && (!csv || origin->second.starts_with("--"));
  };
  if (said("meter.grid")) simulation.grid = settings.config.meter().chip.grid;
  if (said("meter.wiring")) simulation.wiring = settings.config.meter().chip.wiring;
  for (std::size_t n = 1; n < settings.config.meters.size(); ++n) {
    simulation.further_meters.push_back(settings.config.meters[n].chip.wiring);
  }
}

int Run::operator()(const RunCommand& command) const {
  const auto settings = load_config({line_.config, environment_, command.overrides});
  if (!settings) {
    print_problems(settings.error(), "", terminal_.err);
    return EX_CONFIG;
  }
  print_problems(settings->warnings, "warning: ", terminal_.err);
  RunOptions options = command.options;
  if (options.simulation) {
    fit(*options.simulation, *settings);
    if (!add_scenario(command.scenario, *options.simulation)) return EX_CONFIG;
  }
  return run_daemon(options, settings->config);
}

bool Run::add_scenario(const std::optional<std::string>& file,
                       SimulationOptions& simulation) const {
  if (!file) return true;
  auto scenario = load_scenario(*file);
  if (!scenario) {
    print_problems(scenario.error(), "", terminal_.err);
    return false;
  }
  simulation.scenario = *std::move(scenario);
  return true;
}

// It is no part of a house: only what its own words say is asked of the configuration's keys.
int Run::operator()(const SimCommand& command) const {
  const auto settings = load_config({"/dev/null", {}, command.overrides});
  SimulationOptions simulation = command.simulation;
  if (settings) fit(simulation, *settings);
  if (!add_scenario(command.scenario, simulation)) return EX_CONFIG;
  return run_sim(command.devices, simulation, terminal_.out, terminal_.err);
}

// Who names a directory or an address needs no configuration; a broken one is no hindrance then.
std::optional<Config> Run::client_config(const Where& where) const {
  const auto settings = load_config({line_.config, environment_, {}});
  if (settings) return settings->config;
  if (where.data || where.url) return Config{};
  print_problems(settings.error(), "", terminal_.err);
  return {};
}

int Run::with_config(const std::function<Result<int>(const Config&)>& use) const {
  const auto config = client_config({});
  if (!config) return EX_CONFIG;
  const auto status = use(*config);
  return status ? *status : failed(status.error());
}

int Run::with_source(const Where& where, const std::function<Result<int>(Chosen&)>& use) const {
  const auto config = client_config(where);
  if (!config) return EX_CONFIG;
  auto chosen = choose_source(where, *config, environment_);
  if (!chosen) return failed(chosen.error());
  if (!chosen->notice.empty()) fmt::print(terminal_.err, "fithome: {}\n", chosen->notice);
  const auto status = use(*chosen);
  return status ? *status : failed(status.error());
}

int Run::operator()(const NowCommand& command) const {
  return with_source(command.where, [&](Chosen& chosen) -> Result<int> {
    const std::string one = command.meter.empty() ? "" : "?meter=" + in_address(command.meter);
    FITHOME_TRY(const std::string body, chosen.source->get("/api/v1/now" + one));
    FITHOME_TRY(const NowReport now, parse_now(body));
    write(command.json ? body : now_table(now, style()));
    return EX_OK;
  });
}

int Run::operator()(const WatchCommand& command) const {
  return with_source(command.where, [&](Chosen& chosen) -> Result<int> {
    const Screen screen{terminal_.is_tty && !command.lines, style()};
    FITHOME_TRY_VOID(until_told(command.duration, [&](std::stop_token stop) {
      return watch_readings(*chosen.source, screen, command.meter, stop,
                            [&](std::string_view text) {
                              write(text);
                              std::fflush(terminal_.out);
                            });
    }));
    return EX_OK;
  });
}

int Run::operator()(const ReadCommand& command) const {
  return with_source(command.where, [&](Chosen& chosen) -> Result<int> {
    FITHOME_TRY_VOID(read_rows(*chosen.source, command, wall_clock(),
                               [&](std::string_view text) { write(text); }));
    return EX_OK;
  });
}

int Run::operator()(const ExportCommand& command) const {
  const auto config = client_config({command.data, {}});
  if (!config) return EX_CONFIG;
  const auto done = export_readings(command, *config, wall_clock(), terminal_);
  return done ? EX_OK : failed(done.error());
}

int Run::operator()(const StoreCommand& command) const {
  const auto config = client_config({command.data, {}});
  if (!config) return EX_CONFIG;
  const auto status = run_store(command, *config, wall_clock(), terminal_);
  return status ? *status : failed(status.error());
}

int Run::operator()(const EventsCommand& command) const {
  return with_source(command.where, [&](Chosen& chosen) -> Result<int> {
    FITHOME_TRY(const std::string target, events_target(*chosen.source, command, wall_clock()));
    FITHOME_TRY(const std::string body, chosen.source->get(target));
    FITHOME_TRY(const EventsReport report, parse_events(body));
    write(command.json ? body : events_table(report, style()));
    return EX_OK;
  });
}

int Run::operator()(const StatusCommand& command) const {
  const auto config = client_config(command.where);
  if (!config) return EX_CONFIG;
  auto chosen = choose_source(command.where, *config, environment_);
  if (!chosen) {
    failed(chosen.error());
    return kExitSilent;
  }
  if (!chosen->notice.empty()) fmt::print(terminal_.err, "fithome: {}\n", chosen->notice);
  const auto body = chosen->source->get("/api/v1/status");
  if (!body) return failed(body.error());
  const auto report = parse_status(*body);
  if (!report) return failed(report.error());
  write(command.json ? *body : status_text(*report, chosen->daemon, style()));
  if (!chosen->notice.empty()) return kExitSilent;
  return report->status.faults.empty() ? EX_OK : kExitFaults;
}

int Run::operator()(const EnergyCommand& command) const {
  return with_source(command.where, [&](Chosen& chosen) -> Result<int> {
    std::string target = "/api/v1/energy?";
    if (!command.meter.empty()) target += "meter=" + in_address(command.meter) + "&";
    if (command.since) {
      FITHOME_TRY(const std::string body, chosen.source->get("/api/v1/status"));
      FITHOME_TRY(const StatusReport status, parse_status(body));
      FITHOME_TRY(const UtcTime since, parse_time(*command.since, house_now(status, wall_clock())));
      target += "since=" + to_iso(since);
    }
    while (target.ends_with('?') || target.ends_with('&')) target.pop_back();
    FITHOME_TRY(const std::string body, chosen.source->get(target));
    FITHOME_TRY(const EnergyReport report, parse_energy(body));
    write(command.json ? body : energy_table(report, style()));
    return EX_OK;
  });
}

int Run::operator()(const ChipCommand& command) const {
  const auto settings = load_config({line_.config, environment_, {}});
  if (!settings) {
    print_problems(settings.error(), "", terminal_.err);
    return EX_CONFIG;
  }
  const Dialogue dialogue = standard_dialogue(terminal_.out, terminal_.err, style());
  const auto done = run_chip(command, settings->config, dialogue);
  return done ? EX_OK : failed(done.error());
}

int Run::operator()(const DoctorCommand& command) const {
  const Dialogue dialogue = standard_dialogue(terminal_.out, terminal_.err, style());
  const auto status = run_doctor(command, load_config({line_.config, environment_, {}}), dialogue);
  return status ? *status : failed(status.error());
}

int Run::operator()(const SinksCommand& command) const {
  if (command.what != SinksCommand::What::status) {
    return with_config([&](const Config& config) -> Result<int> {
      FITHOME_TRY(const std::string done, order_sink(command, config, wall_clock()));
      write(done);
      return EX_OK;
    });
  }
  return with_source(command.where, [&](Chosen& chosen) -> Result<int> {
    FITHOME_TRY(const std::string body, chosen.source->get("/api/v1/sinks"));
    FITHOME_TRY(const std::string table, sinks_table(body));
    write(command.json ? body : table);
    return EX_OK;
  });
}

int Run::operator()(const ImportCommand& command) const {
  return with_config([&](const Config& config) -> Result<int> {
    FITHOME_TRY_VOID(run_import(command, config, terminal_.out, terminal_.err));
    return EX_OK;
  });
}

int Run::operator()(const HomeAssistantCommand& command) const {
  const auto config = client_config({});
  if (!config) return EX_CONFIG;
  const auto status = run_homeassistant(command, *config, wall_clock(), terminal_);
  if (status) return *status;
  failed(status.error());
  // Its address or its token: no words of this command are wrong.
  return status.error().code == Code::invalid ? EX_CONFIG : exit_status(status.error());
}

}  // namespace

Terminal standard_terminal() {
  Terminal terminal;
  terminal.is_tty = ::isatty(STDOUT_FILENO) == 1;
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org: set and not empty
  const char* kind = std::getenv("TERM");
  const bool dumb = !kind || std::string_view(kind) == "dumb";
  if (dumb) terminal.is_tty = false;  // it cannot draw over what stands there
  terminal.colour = terminal.is_tty && !(no_color && *no_color);
  return terminal;
}

int run_cli(const std::vector<std::string>& words, const Environment& environment,
            const Terminal& terminal) {
  const auto line = parse_arguments(words, wall_clock());
  if (!line) {
    fmt::print(terminal.err, "fithome: {}\n", line.error().what);
    return EX_USAGE;
  }
  const int status = std::visit(Run(*line, environment, terminal), line->command);
  if (std::fflush(terminal.out) != 0 || std::ferror(terminal.out) != 0) {
    fmt::print(terminal.err, "fithome: what was written is not complete: {}\n",
               std::generic_category().message(errno));
    return EX_IOERR;
  }
  return status;
}

}  // namespace fithome::app
