// SPDX-License-Identifier: MIT
#include "app/cli_words.h"

namespace fithome::app {
namespace {

Result<SimulationOptions> simulated_by(const RunWords& run) {
  SimulationOptions simulation;
  if (run.house) simulation.house = *run.house;
  const bool csv = simulation.house.starts_with("csv:");
  if (!csv && (run.columns || run.separator || run.time_format)) {
    return fail(Code::invalid, "--house-columns and its like are for --house csv:FILE");
  }
  simulation.columns = run.columns.value_or("");
  simulation.separator = run.separator ? run.separator->front() : '\0';
  simulation.time_format = run.time_format.value_or("");
  simulation.start = run.start;
  simulation.speed = run.speed.value_or(1);
  simulation.duration = run.duration;
  return simulation;
}

}  // namespace

std::optional<SimulationOptions> simulated_meter(const Words& words) {
  if (!words.simulated && !words.house) return {};
  SimulationOptions simulation;
  if (words.house) simulation.house = *words.house;
  // Time jumps to where it is waited for, except for those who watch.
  simulation.speed = words.chip.what == ChipCommand::What::watch ? 1 : 0;
  return simulation;
}

Result<RunCommand> run_command(const RunWords& run) {
  RunCommand command;
  const auto keep = [&](const char* key, const char* option, const auto& value) {
    if (value) command.overrides.push_back({key, *value, option});
  };
  keep("data", "--data", run.data);
  keep("listen", "--listen", run.listen);
  keep("meter.grid", "--grid", run.grid);
  keep("meter.wiring", "--wiring", run.wiring);
  if (!run.demo && !run.house) {
    const bool about_a_demo = run.columns || run.separator || run.time_format || run.start ||
                              run.speed || run.duration || run.scenario;
    if (!about_a_demo) return command;
    return fail(Code::invalid,
                "--start, --speed, --for, --scenario and --house-... are for simulated houses: add "
                "--demo, or --house SPEC");
  }
  command.scenario = run.scenario;
  FITHOME_TRY(command.options.simulation, simulated_by(run));
  return command;
}

Result<SimCommand> sim_command(const Words& words) {
  SimCommand command;
  command.devices = words.devices;
  command.scenario = words.run.scenario;
  FITHOME_TRY(command.simulation, simulated_by(words.run));
  if (command.simulation.speed == 0) {
    return fail(Code::invalid,
                "--speed max is for a house and a reader in one process; say how many times as "
                "fast as a clock, such as --speed 60");
  }
  if (words.run.grid) command.overrides.push_back({"meter.grid", *words.run.grid, "--grid"});
  if (words.run.wiring) {
    command.overrides.push_back({"meter.wiring", *words.run.wiring, "--wiring"});
  }
  return command;
}

}  // namespace fithome::app
