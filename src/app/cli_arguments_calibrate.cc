// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>

#include "app/calibrate_options.h"

namespace fithome::app {
namespace {

using CalibrateWhat = CalibrateCommand::What;

constexpr const char* kCalibrateExamples = R"(Examples:
  fithome calibrate wizard                               all of it, step by step
  fithome calibrate voltage --reference 121.5            all lines, by a meter at an outlet
  fithome calibrate current --line a --watts 1480 --step a heater that is switched on
  fithome calibrate history
  fithome calibrate undo

docs/calibration.md tells how, with what, and how not to get killed.)";

void add_common(CLI::App& app, CalibrateWords& words) {
  app.add_option("--config", words.config, "configuration file")->type_name("FILE");
  app.add_option("--data", words.data, "directory that keeps the readings")->type_name("DIR");
  app.add_option("--meter", words.meter, "this one, where there are several")->type_name("NAME");
}

void add_note(CLI::App& app, std::string& note) {
  app.add_option("--note", note, "kept with it: who, and by what")->type_name("TEXT");
}

void add_measuring(CLI::App& app, CalibrateWords& words) {
  CalibrateCommand& of = words.calibrate;
  add_common(app, words);
  add_note(app, of.note);
  app.add_option("--windows", of.windows, "distinct windows to take, 10 or more")
      ->check(CLI::Range(10, 1000))
      ->type_name("N");
  app.add_flag("--yes", of.yes, "ask nothing");
  app.add_flag("--dry-run", of.dry_run, "only say what would change, and the error as it is");
  app.add_flag("--json", of.json, "what came of it, as JSON; asks nothing");
}

// A script may say it to every change; these ask nothing, and can be undone.
void add_needless_yes(CLI::App& app, CalibrateWords& words) {
  app.add_flag("--yes", words.calibrate.yes, "ask nothing, as without it");
}

void add_line(CLI::App& app, std::string& line, const char* help) {
  app.add_option("--line", line, help)->type_name("LINE");
}

void add_kinds(CLI::App& calibrate, CalibrateWords& words) {
  CalibrateCommand& of = words.calibrate;
  CLI::App& voltage = *calibrate.add_subcommand("voltage", "by volts at an outlet");
  add_measuring(voltage, words);
  add_line(voltage, of.line, "a, b, c, a,c or all (unless told, all)");
  voltage.add_option("--reference", of.reference, "volts that your meter shows")
      ->type_name("VOLTS");

  CLI::App& current = *calibrate.add_subcommand("current", "by a clamp meter, or a load's watts");
  add_measuring(current, words);
  add_line(current, of.line, "a, b or c");
  auto* amps = current.add_option("--reference", of.reference, "amperes that flow");
  auto* watts = current.add_option("--watts", of.watts, "watts of a plain load (power factor 1)");
  amps->type_name("AMPERES")->excludes(watts);
  watts->type_name("WATTS");
  current.add_flag("--step", of.step, "the load is switched on while all else stays as it is");

  CLI::App& offset = *calibrate.add_subcommand("offset", "with nothing flowing on the line");
  add_measuring(offset, words);
  add_line(offset, of.line, "a, b or c");

  CLI::App& phase = *calibrate.add_subcommand("phase", "by a plain load, or one of PF 0.5");
  add_measuring(phase, words);
  add_line(phase, of.line, "a, b or c");
  phase.add_option("--watts", of.watts, "watts of a load of power factor 0.5, lagging")
      ->type_name("WATTS");
  phase.add_flag("--step", of.step, "the load is switched on while all else stays as it is");
}

void add_rest(CLI::App& calibrate, CalibrateWords& words) {
  CalibrateCommand& of = words.calibrate;
  CLI::App& wizard = *calibrate.add_subcommand("wizard", "adapter, voltage, each transformer");
  add_common(wizard, words);
  add_note(wizard, of.note);
  wizard.add_option("--windows", of.windows, "distinct windows to take, 10 or more")
      ->check(CLI::Range(10, 1000))
      ->type_name("N");
  wizard.add_option("--answers", of.answers, "a file of answers, one a line; - is standard input")
      ->type_name("FILE");

  CLI::App& preset = *calibrate.add_subcommand("preset", "begin with known parts' gains");
  add_common(preset, words);
  add_note(preset, of.note);
  add_line(preset, of.line, "a, b or c; unless told, all");
  preset.add_option("NAME", of.preset, "of fithome calibrate presets")->required();
  preset.add_option("--pga", of.pga, "with a transformer, for all lines: 1, 2 or 4")
      ->check(CLI::IsMember({1, 2, 4}));
  preset.add_flag("--dry-run", of.dry_run, "only say what would change");
  add_needless_yes(preset, words);

  CLI::App& presets = *calibrate.add_subcommand("presets", "boards, adapters and transformers");
  presets.add_flag("--json", of.json, "as JSON");

  CLI::App& show = *calibrate.add_subcommand("show", "the gains in effect, and where from");
  add_common(show, words);
  show.add_flag("--json", of.json, "as JSON");
  CLI::App& history = *calibrate.add_subcommand("history", "every calibration there was");
  add_common(history, words);
  history.add_flag("--json", of.json, "as JSON");
  CLI::App& undo = *calibrate.add_subcommand("undo", "take a calibration back");
  add_common(undo, words);
  add_note(undo, of.note);
  undo.add_option("NUMBER", of.number, "of the history; unless told, the newest");
  undo.add_flag("--dry-run", of.dry_run, "only say what would change");
  add_needless_yes(undo, words);
}

CalibrateWhat what_of(const std::string& name) {
  constexpr std::pair<std::string_view, CalibrateWhat> kKinds[] = {
      {"voltage", CalibrateWhat::voltage}, {"current", CalibrateWhat::current},
      {"offset", CalibrateWhat::offset},   {"phase", CalibrateWhat::phase},
      {"wizard", CalibrateWhat::wizard},   {"preset", CalibrateWhat::preset},
      {"presets", CalibrateWhat::presets}, {"show", CalibrateWhat::show},
      {"history", CalibrateWhat::history}, {"undo", CalibrateWhat::undo}};
  for (const auto& [known, what] : kKinds) {
    if (known == name) return what;
  }
  return CalibrateWhat::show;
}

}  // namespace

void add_calibrate(CLI::App& root, CalibrateWords& words) {
  CLI::App& app = *root.add_subcommand("calibrate", "make the meter right, and see what was done");
  app.require_subcommand(1);
  add_kinds(app, words);
  add_rest(app, words);
  app.footer(kCalibrateExamples);
}

void add_ledger(CLI::App& root, CalibrateWords& words) {
  CLI::App& app = *root.add_subcommand("ledger", "the energy totals");
  app.require_subcommand(1);
  LedgerCommand& of = words.ledger;
  CLI::App& set = *app.add_subcommand("set", "match the totals to the utility's meter");
  add_common(set, words);
  set.add_option("--import", of.import_kwh, "from the grid, in all")->type_name("KWH");
  set.add_option("--export", of.export_kwh, "to the grid, in all")->type_name("KWH");
  add_line(set, of.line, "a, b or c; unless told, the house");
  add_note(set, of.note);
  set.add_flag("--yes", of.yes, "ask nothing");
  set.add_flag("--json", of.json, "as JSON; asks nothing");
}

Result<CalibrateCommand> calibrate_command(const CLI::App& chosen, const CalibrateWords& words) {
  CalibrateCommand command = words.calibrate;
  command.meter = words.meter;
  command.what = what_of(chosen.get_subcommands().front()->get_name());
  if (words.data) command.data = *words.data;
  const bool one_line = command.what == CalibrateWhat::current ||
                        command.what == CalibrateWhat::offset ||
                        command.what == CalibrateWhat::phase;
  if (one_line && command.line.size() != 1) {
    return fail(Code::invalid, "say which line: --line a");
  }
  const bool scripted = command.yes || command.json;
  if (command.step && scripted) {
    return fail(
        Code::invalid,
        "--step asks you to switch the load, so it goes with neither --yes nor --json; feed "
        "the answers to its standard input");
  }
  const bool needs =
      command.what == CalibrateWhat::voltage || command.what == CalibrateWhat::current;
  if (needs && scripted && !command.reference && !command.watts) {
    return fail(Code::invalid, "there is no reference to calibrate by: --reference 121.5");
  }
  return command;
}

Result<LedgerCommand> ledger_command(const CalibrateWords& words) {
  LedgerCommand command = words.ledger;
  command.meter = words.meter;
  if (words.data) command.data = *words.data;
  if (!command.import_kwh && !command.export_kwh) {
    return fail(Code::invalid, "say what your meter shows: --import KWH, --export KWH, or both");
  }
  for (const auto& kwh : {command.import_kwh, command.export_kwh}) {
    if (kwh && !(*kwh >= 0 && *kwh < 9e6)) {
      return fail(Code::invalid, fmt::format("{} kWh is no total; 0 to 9,000,000", *kwh));
    }
  }
  if (!command.line.empty() && command.line != "a" && command.line != "b" && command.line != "c") {
    return fail(Code::invalid, "no such line; say a, b or c, or leave --line out for the house");
  }
  return command;
}

}  // namespace fithome::app
