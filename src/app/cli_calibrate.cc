// SPDX-License-Identifier: MIT
#include "app/cli_calibrate.h"

#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/calibrate_flow.h"
#include "app/control_client.h"
#include "app/dialog.h"
#include "app/workbench.h"
#include "calibrate/presets.h"

namespace fithome::app {
namespace {

using CalibrateWhat = CalibrateCommand::What;
using Ordered = nlohmann::ordered_json;

constexpr double kNwhPerKwh = 1e12;

/// Lines of standard input, or of a file; progress only where somebody sees it move.
class TerminalDialog final : public Dialog {
 public:
  struct Close {
    void operator()(std::FILE* file) const {
      if (file != stdin) std::fclose(file);
    }
  };
  using File = std::unique_ptr<std::FILE, Close>;

  /// `silent`: only errors are told, for the answer is JSON.
  TerminalDialog(const Terminal& terminal, File in, bool silent)
      : out_(terminal.out),
        moving_(terminal.is_tty && !silent),
        echo_(!silent && ::isatty(::fileno(in.get())) == 0),
        silent_(silent),
        in_(std::move(in)) {}

  void say(std::string_view text) override {
    end_progress();
    if (silent_) return;
    fmt::print(out_, "{}\n", text);
    std::fflush(out_);
  }

  void progress(std::string_view text) override {
    if (!moving_) return;
    fmt::print(out_, "\r\x1b[K{}", text);
    std::fflush(out_);
    in_progress_ = true;
  }

  std::optional<std::string> ask(std::string_view, std::string_view question) override {
    end_progress();
    if (silent_) return {};
    fmt::print(out_, "{}", question);
    std::fflush(out_);
    char* line = nullptr;
    std::size_t size = 0;
    const auto got = ::getline(&line, &size, in_.get());
    const std::unique_ptr<char, decltype(&std::free)> owner(line, &std::free);
    if (got < 0) {
      if (echo_) fmt::print(out_, "\n");
      return {};
    }
    std::string answer(line, static_cast<std::size_t>(got));
    while (!answer.empty() && std::isspace(static_cast<unsigned char>(answer.back()))) {
      answer.pop_back();
    }
    if (echo_) fmt::print(out_, "{}\n", answer);  // a script's answer, for who reads the output
    return answer;
  }

 private:
  void end_progress() {
    if (std::exchange(in_progress_, false)) fmt::print(out_, "\r\x1b[K");
  }

  std::FILE* out_;
  bool moving_, echo_, silent_;
  bool in_progress_ = false;
  File in_;
};

Result<TerminalDialog::File> answers_of(const CalibrateCommand& command) {
  if (!command.answers || *command.answers == "-") return TerminalDialog::File(stdin);
  TerminalDialog::File file(std::fopen(command.answers->c_str(), "re"));
  if (!file) return os_failure(Code::invalid, "read " + *command.answers, errno);
  return file;
}

Result<std::vector<int>> lines_of(const std::string& text) {
  std::vector<int> lines;
  if (text.empty() || text == "all") return lines;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const bool good = text[at] >= 'a' && text[at] <= 'c' &&
                      (at + 1 == text.size() || (text[at + 1] == ',' && at + 2 < text.size()));
    if (!good) {
      return fail(Code::invalid, fmt::format("\"{}\" is no line; say a, b, c, a,c or all", text));
    }
    lines.push_back(text[at] - 'a');
  }
  return lines;
}

std::string letter_text(int line) { return std::string(1, chip::line_letter(line)); }

calibrate::Kind kind_of(CalibrateWhat what) {
  if (what == CalibrateWhat::current) return calibrate::Kind::current;
  if (what == CalibrateWhat::offset) return calibrate::Kind::offset;
  if (what == CalibrateWhat::phase) return calibrate::Kind::phase;
  return calibrate::Kind::voltage;
}

Ordered json_of(const chip::LineConfig& line) {
  return {{"voltage_gain", line.voltage_gain},     {"current_gain", line.current_gain},
          {"voltage_offset", line.voltage_offset}, {"current_offset", line.current_offset},
          {"active_offset", line.active_offset},   {"reactive_offset", line.reactive_offset},
          {"power_gain", line.power_gain},         {"phase_delay", line.phase_delay}};
}

Ordered json_of(const Outcome& outcome) {
  const auto& of = outcome.proposal;
  Ordered json{{"line", letter_text(of.line)},
               {"kind", name(of.kind)},
               {"unit", of.unit},
               {"windows", of.measured.count},
               {"measured", of.measured.mean},
               {"spread", of.measured.spread}};
  if (of.reference != 0) {
    json["reference"] = of.reference;
    json["error"] = of.error;
    json["in_doubt"] = of.remaining;
  }
  json["before"] = json_of(of.before);
  json["after"] = json_of(of.after);
  json["applied"] = outcome.applied;
  if (outcome.applied) json["id"] = outcome.id;
  if (outcome.error_after && of.reference != 0) json["error_after"] = *outcome.error_after;
  return json;
}

Ordered json_of(const store::Calibration& of) {
  const auto settings = [](const std::string& text) {
    return Ordered::parse(text, nullptr, false);
  };
  Ordered json{{"id", of.id},
               {"time", to_iso(of.time)},
               {"first_sequence", of.first_sequence},
               {"kind", of.kind}};
  if (!of.line.empty()) json["line"] = of.line;
  if (!of.reference.empty()) json["reference"] = of.reference;
  if (of.error_ppm) json["error_ppm"] = *of.error_ppm;
  if (!of.note.empty()) json["note"] = of.note;
  if (of.undone_by) json["undone_by"] = *of.undone_by;
  json["before"] = settings(of.before);
  json["after"] = settings(of.after);
  return json;
}

class Session {
 public:
  Session(const CalibrateCommand& command, const Config& config, const Terminal& terminal)
      : command_(command),
        config_(config),
        terminal_(terminal),
        data_(command.data.value_or(config.data)) {}

  Result<int> run() {
    switch (command_.what) {
      case CalibrateWhat::presets:
        return presets();
      case CalibrateWhat::history:
        return history();
      case CalibrateWhat::show:
        return show();
      case CalibrateWhat::undo:
        return undo();
      case CalibrateWhat::preset:
        return preset();
      case CalibrateWhat::wizard:
        return wizard();
      case CalibrateWhat::voltage:
      case CalibrateWhat::current:
      case CalibrateWhat::offset:
      case CalibrateWhat::phase:
        break;
    }
    return measure();
  }

 private:
  void write(std::string_view text) const {
    std::fwrite(text.data(), 1, text.size(), terminal_.out);
  }
  Result<std::unique_ptr<Workbench>> open() const {
    return open_workbench({data_, config_, command_.meter}, {});
  }
  Result<std::vector<store::Calibration>> past() const {
    FITHOME_TRY(const auto reader, store::Reader::open(data_));
    FITHOME_TRY(const auto id, number_of({data_, config_, command_.meter}, reader));
    return reader.calibrations(id);
  }
  // For showing only, so the first does where the name is of a meter no longer configured.
  MeterSettings configured() const {
    return settings_of(config_.meters[place_in(config_, command_.meter).value_or(0)]);
  }
  Result<int> change(const std::function<Result<MeterSettings>(Workbench&)>& make, ChangeNote note);

  Result<int> measure();
  Result<int> wizard();
  Result<int> preset();
  Result<int> presets() const;
  Result<int> show() const;
  Result<int> history() const;
  Result<int> undo();

  const CalibrateCommand& command_;
  const Config& config_;
  const Terminal& terminal_;
  std::filesystem::path data_;
};

Result<int> Session::measure() {
  CalibrateOptions options{.kind = kind_of(command_.what),
                           .lines = {},
                           .reference = command_.reference,
                           .watts = command_.watts,
                           .step = command_.step,
                           .yes = command_.yes || command_.json,
                           .dry_run = command_.dry_run,
                           .note = command_.note,
                           .windows = command_.windows};
  FITHOME_TRY(options.lines, lines_of(command_.line));
  FITHOME_TRY(const auto bench, open());
  TerminalDialog dialog(terminal_, TerminalDialog::File(stdin), command_.json);
  dialog.say("Calibrates " + bench->describe() +
             (bench->simulated() ? ", SIMULATED: no real house." : "."));
  FITHOME_TRY(const auto outcomes, calibrate_lines(*bench, dialog, options));
  if (command_.json) {
    Ordered list = Ordered::array();
    for (const auto& outcome : outcomes) list.push_back(json_of(outcome));
    write(list.dump() + "\n");
  }
  return EX_OK;
}

Result<int> Session::wizard() {
  FITHOME_TRY(auto in, answers_of(command_));
  FITHOME_TRY(const auto bench, open());
  TerminalDialog dialog(terminal_, std::move(in), false);
  dialog.say("Calibrates " + bench->describe() +
             (bench->simulated() ? ", SIMULATED: no real house." : "."));
  FITHOME_TRY_VOID(
      run_wizard(*bench, dialog, {.note = command_.note, .windows = command_.windows}));
  return EX_OK;
}

Result<int> Session::change(const std::function<Result<MeterSettings>(Workbench&)>& make,
                            ChangeNote note) {
  FITHOME_TRY(const auto bench, open());
  FITHOME_TRY(const MeterSettings after, make(*bench));
  const std::string text = difference_text(bench->settings(), after);
  if (command_.dry_run || text == "nothing") {
    write(
        fmt::format("{}\n", text == "nothing" ? "Nothing would change." : "Would change: " + text));
    return EX_OK;
  }
  note.note = command_.note;
  FITHOME_TRY(const auto id, bench->apply(after, note));
  write(fmt::format("{}\nKept as number {}.\n", text, id));
  return EX_OK;
}

Result<int> Session::preset() {
  FITHOME_TRY(const auto lines, lines_of(command_.line));
  if (lines.size() > 1) return fail(Code::invalid, "one line, or all: leave --line out");
  const auto line = lines.empty() ? std::nullopt : std::optional(lines.front());
  return change(
      [&](Workbench& bench) {
        return with_preset(bench.settings(), command_.preset, line, command_.pga);
      },
      {.kind = "preset", .line = line ? letter_text(*line) : "", .reference = command_.preset});
}

Result<int> Session::undo() {
  FITHOME_TRY(const auto bench, open());
  FITHOME_TRY(const auto all, bench->history());
  FITHOME_TRY(const Undo undo, undo_of(all, bench->settings(), command_.number));
  const std::string text = difference_text(bench->settings(), undo.settings);
  if (command_.dry_run) {
    write(fmt::format("Would take back number {}: {}\n", undo.number, text));
    return EX_OK;
  }
  FITHOME_TRY(const auto id,
              bench->apply(undo.settings, {.kind = "undo",
                                           .reference = fmt::format("{}", undo.number),
                                           .note = command_.note,
                                           .undoes = undo.number}));
  write(fmt::format("Number {} taken back: {}\nKept as number {}.\n", undo.number, text, id));
  return EX_OK;
}

Result<int> Session::presets() const {
  if (command_.json) {
    Ordered json{{"voltage", Ordered::array()}, {"current", Ordered::array()}};
    for (const auto& each : calibrate::voltage_presets()) {
      json["voltage"].push_back({{"name", each.name},
                                 {"what", each.what},
                                 {"voltage_gain", each.gain},
                                 {"doubt", each.doubt}});
    }
    for (const auto& each : calibrate::current_presets()) {
      Ordered of{{"name", each.name}, {"what", each.what}, {"mv_per_amp", each.mv_per_amp}};
      for (const int pga : {1, 2, 4}) {
        if (const auto setting = calibrate::setting_of(each, pga)) {
          of[fmt::format("pga_{}", pga)] = {{"current_gain", setting->gain},
                                            {"current_scale", setting->scale_per_mille / 1000.0},
                                            {"clips_at_a", setting->clips_at.value}};
        }
      }
      of["doubt"] = each.doubt;
      json["current"].push_back(std::move(of));
    }
    write(json.dump() + "\n");
    return EX_OK;
  }
  write("A start, no calibration: parts differ by 5 % and more.\n\nBoard and voltage adapter\n");
  for (const auto& each : calibrate::voltage_presets()) {
    write(fmt::format("  {:26} gain {:5}  {}\n", each.name, each.gain, each.what));
    if (!each.doubt.empty()) write(fmt::format("  {:26} mind: {}\n", "", each.doubt));
  }
  write("\nTransformer, with the amperes at which its input clips at pga 1, 2 and 4\n");
  for (const auto& each : calibrate::current_presets()) {
    std::string clips;
    for (const int pga : {1, 2, 4}) {
      if (const auto of = calibrate::setting_of(each, pga)) {
        clips += fmt::format("{:5.0f}", of->clips_at.value);
      }
    }
    write(fmt::format("  {:26}{} A  {}\n", each.name, clips, each.what));
    if (!each.doubt.empty()) write(fmt::format("  {:26} mind: {}\n", "", each.doubt));
  }
  return EX_OK;
}

Result<int> Session::show() const {
  // The newest is what is in effect, once a daemon ran with the configuration as it is.
  auto all = past();
  if (!all && all.error().code != Code::not_found) return Failure(all.error());
  const bool none = !all || all->empty();
  const Effective of = effective(configured(), none ? nullptr : &all->back(), {});
  const bool of_store = !none && all->back().configured == to_json(of.configured);
  const std::string settings = none ? to_json(of.settings) : all->back().after;
  if (command_.json) {
    Ordered json{{"settings", Ordered::parse(settings)}};
    if (!none) json["id"] = all->back().id;
    json["from"] = none ? "configuration" : all->back().kind;
    write(json.dump() + "\n");
    return EX_OK;
  }
  write(none ? "The configuration's; nothing was ever calibrated.\n"
             : fmt::format("Number {}, {}, since {}{}.\n", all->back().id, all->back().kind,
                           to_local_text(all->back().time),
                           of_store || of.configured.chip.wiring != of.settings.chip.wiring
                               ? ""
                               : "; the configuration was changed since, and holds from the "
                                 "daemon's next start on"));
  write(Ordered::parse(settings).dump(2) + "\n");
  return EX_OK;
}

Result<int> Session::history() const {
  FITHOME_TRY(const auto all, past());
  if (command_.json) {
    Ordered list = Ordered::array();
    for (const auto& each : all) list.push_back(json_of(each));
    write(list.dump() + "\n");
    return EX_OK;
  }
  for (const auto& each : all) {
    const auto before = from_json(each.before, configured());
    const auto after = from_json(each.after, configured());
    write(fmt::format("{:4}  {}  {}{}{}{}\n", each.id, to_local_text(each.time), each.kind,
                      each.line.empty() ? "" : " of line " + each.line,
                      each.reference.empty() ? "" : ", by " + each.reference,
                      each.undone_by ? fmt::format(" (taken back by {})", *each.undone_by) : ""));
    if (before && after) write(fmt::format("      {}\n", difference_text(*before, *after)));
    if (each.error_ppm) write(fmt::format("      {:.3f} % in doubt\n", *each.error_ppm / 1e4));
    if (!each.note.empty()) write(fmt::format("      {}\n", each.note));
    write(fmt::format("      from reading {} on\n", each.first_sequence));
  }
  return EX_OK;
}

}  // namespace

Result<int> run_calibrate(const CalibrateCommand& command, const Config& config,
                          const Terminal& terminal) {
  return Session(command, config, terminal).run();
}

Result<int> run_ledger(const LedgerCommand& command, const Config& config,
                       const Terminal& terminal) {
  const auto data = command.data.value_or(config.data);
  const auto nwh = [](const std::optional<double>& kwh) -> std::optional<std::int64_t> {
    if (!kwh) return {};
    return std::llround(*kwh * kNwhPerKwh);
  };
  if (!command.yes && !command.json) {
    TerminalDialog dialog(terminal, TerminalDialog::File(stdin), false);
    const auto agreed = as_yes_or_no(
        dialog.ask("ledger",
                   fmt::format("Set the totals of {} by hand? What was counted is kept "
                               "as an event. [y/N] ",
                               command.line.empty() ? "the house" : "line " + command.line)),
        false);
    if (!agreed) return fail(Code::invalid, "nobody says whether to do it (--yes does)");
    if (!*agreed) return EX_OK;
  }
  FITHOME_TRY(const bool listens, daemon_listens(data));
  const Which which{data, config, command.meter};
  FITHOME_TRY(const auto bench,
              listens ? open_daemon_workbench(which, {}) : open_own_workbench(which, false, {}));
  FITHOME_TRY(const LedgerSet set,
              bench->set_ledger({command.meter, command.line, nwh(command.import_kwh),
                                 nwh(command.export_kwh), command.note}));
  const auto text = [&](const char* what, reading::Energy before, reading::Energy after) {
    return fmt::format("{:14} {:14.3f} -> {:14.3f} kWh\n", what, before.wh() / 1000,
                       after.wh() / 1000);
  };
  if (command.json) {
    const Ordered json{{"import_before_wh", set.before.imported.wh()},
                       {"import_wh", set.after.imported.wh()},
                       {"export_before_wh", set.before.exported.wh()},
                       {"export_wh", set.after.exported.wh()}};
    fmt::print(terminal.out, "{}\n", json.dump());
    return EX_OK;
  }
  fmt::print(terminal.out, "{}{}", text("from the grid", set.before.imported, set.after.imported),
             text("to the grid", set.before.exported, set.after.exported));
  return EX_OK;
}

}  // namespace fithome::app
