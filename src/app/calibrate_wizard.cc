// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>

#include "app/calibrate_flow.h"
#include "calibrate/diagnosis.h"
#include "calibrate/presets.h"

namespace fithome::app {
namespace {

using calibrate::Kind;
using calibrate::Request;
using chip::Sample;

std::optional<double> positive(const std::string& answer) {
  const auto value = as_number(answer);
  return value && *value > 0 ? value : std::nullopt;
}

/// What became of a line, for the summary.
struct LineReport {
  calibrate::Orientation orientation = calibrate::Orientation::unknown;
  std::optional<double> voltage_error, current_error;  // that remain
};

class Wizard {
 public:
  Wizard(Workbench& bench, Dialog& dialog, const WizardOptions& options)
      : bench_(bench), dialog_(dialog), options_(options), lines_(lines_in_use(bench.settings())) {}

  Result<void> run() {
    dialog_.say(
        "This goes through adapter, voltage and each transformer. You need a wattmeter of the kind "
        "that is plugged in (Kill-A-Watt) and a heater or kettle.\n"
        "Keep out of the open panel: all of this is done at outlets.\n"
        "An empty answer leaves things as they are.");
    FITHOME_TRY_VOID(adapter());
    FITHOME_TRY_VOID(voltage());
    source_ = as_yes_or_no(dialog_.ask("source",
                                       "Solar panels, a battery or a generator in the "
                                       "house? [y/N] "),
                           false);
    for (const int line : lines_) FITHOME_TRY_VOID(transformer(line));
    summary();
    return {};
  }

 private:
  std::string answer(std::string_view key, std::string_view question) {
    return dialog_.ask(key, question).value_or("");
  }
  bool yes(std::string_view key, std::string_view question, bool otherwise) {
    return as_yes_or_no(dialog_.ask(key, question), otherwise).value_or(false);
  }
  LineReport& report(int line) { return reports_[static_cast<std::size_t>(line)]; }
  static std::string key(const char* what, int line) {
    return fmt::format("{}.{}", what, chip::line_letter(line));
  }

  Result<void> adapter();
  Result<void> voltage();
  Result<void> voltage_of(const std::vector<int>& lines, double volts);
  Result<void> transformer(int line);
  Result<void> choose_ct(int line);
  Result<void> load_step(int line);
  Result<bool> judge(int line, const calibrate::LoadStep& step);
  Result<void> current_gain(int line, const calibrate::LoadStep& step);
  Result<void> preset(const std::string& name, std::optional<int> line);
  void summary();

  Workbench& bench_;
  Dialog& dialog_;
  const WizardOptions& options_;
  const std::vector<int> lines_;
  std::optional<bool> source_;
  std::array<std::optional<double>, chip::kLines> ct_{};  // mV/A
  std::array<LineReport, chip::kLines> reports_{};
};

Result<void> Wizard::preset(const std::string& name, std::optional<int> line) {
  FITHOME_TRY(const MeterSettings after, with_preset(bench_.settings(), name, line, {}));
  FITHOME_TRY(const auto id,
              bench_.apply(after, {.kind = "preset",
                                   .line = line ? std::string(1, chip::line_letter(*line)) : "",
                                   .reference = name,
                                   .note = options_.note}));
  dialog_.say(fmt::format("Set; kept as number {}.", id));
  return {};
}

Result<void> Wizard::adapter() {
  std::string list = "Board and voltage adapter:";
  for (const auto& each : calibrate::voltage_presets()) {
    list += fmt::format("\n  {:26} {}{}{}", each.name, each.what, each.doubt.empty() ? "" : "; ",
                        each.doubt);
  }
  dialog_.say(list);
  while (true) {
    const std::string name = answer("adapter", "Which? [as it is] ");
    if (name.empty()) return {};
    if (const auto known = calibrate::voltage_preset(name); !known) {
      dialog_.say(known.error().what);
      continue;
    }
    return preset(name, {});
  }
}

Result<void> Wizard::voltage() {
  const bool several = lines_.size() > 1;
  const bool shared =
      !several ||
      yes("shared", "One voltage adapter for all lines (the board as it is sold)? [Y/n] ", true);
  std::vector<std::vector<int>> groups;
  if (shared) groups.push_back(lines_);
  for (const int line : lines_) {
    if (!shared) groups.push_back({line});
  }
  for (const auto& group : groups) {
    for (bool again = true; again;) {
      const std::string text = answer(
          shared ? "volts" : key("volts", group.front()),
          fmt::format("Volts at an outlet{}, by your wattmeter now: [skip] ",
                      shared ? std::string()
                             : fmt::format(" of line {}", chip::line_letter(group.front()))));
      if (text.empty()) break;
      const auto volts = positive(text);
      if (!volts) {
        dialog_.say("That is no number; such as 121.5.");
        continue;
      }
      const auto done = voltage_of(group, *volts);
      again = !done;
      if (done) continue;
      dialog_.say(done.error().what);
      if (!yes("again", "Try again? [Y/n] ", true)) break;
    }
  }
  return {};
}

// All lines by the same windows: their voltage is one.
Result<void> Wizard::voltage_of(const std::vector<int>& lines, double volts) {
  Request request{.kind = Kind::voltage, .line = lines.front(), .volts = Volts{volts}};
  FITHOME_TRY(const auto samples, measure(bench_, dialog_, request, options_.windows));
  for (const int line : lines) {
    request.line = line;
    FITHOME_TRY(const auto proposal, calibrate::propose(request, samples, bench_.settings().chip,
                                                        bench_.settings().rules));
    dialog_.say(proposal_text(proposal));
    FITHOME_TRY(const auto id, apply_proposal(bench_, proposal, options_.note));
    dialog_.say(fmt::format("Set; kept as number {}.", id));
  }
  request.line = lines.front();
  FITHOME_TRY(const auto again, measure(bench_, dialog_, request, options_.windows));
  for (const int line : lines) {
    request.line = line;
    const auto of =
        calibrate::statistics(calibrate::values_of(request, again, bench_.settings().rules));
    report(line).voltage_error = of.mean / volts - 1;
  }
  return {};
}

Result<void> Wizard::transformer(int line) {
  FITHOME_TRY_VOID(choose_ct(line));
  return load_step(line);
}

Result<void> Wizard::choose_ct(int line) {
  while (true) {
    const std::string name = answer(
        key("ct", line),
        fmt::format("Transformer of line {} (? lists them): [as it is] ", chip::line_letter(line)));
    if (name.empty()) return {};
    const auto known = calibrate::current_preset(name);
    if (!known) {
      dialog_.say(known.error().what);
      continue;
    }
    ct_[static_cast<std::size_t>(line)] = known->mv_per_amp;
    if (!known->doubt.empty()) dialog_.say(fmt::format("Mind: {}.", known->doubt));
    return preset(name, line);
  }
}

Result<void> Wizard::load_step(int line) {
  Request request{.kind = Kind::current, .line = line, .watts = Watts{0}};
  while (true) {
    const auto off = dialog_.ask(
        key("off", line),
        fmt::format("Line {}: plug the heater into an outlet of it, through the wattmeter, and "
                    "leave it off. Enter when it is off, or skip: ",
                    chip::line_letter(line)));
    if (!off || !off->empty()) return {};
    FITHOME_TRY(const auto before, measure(bench_, dialog_, request, options_.windows));
    const std::string text =
        answer(key("on", line), "Switch it on. Watts that the wattmeter shows, once steady: ");
    const auto watts = positive(text);
    if (!watts) {
      dialog_.say("Without its watts nothing can be told; such as 1480.");
      continue;
    }
    FITHOME_TRY(const auto on, measure(bench_, dialog_, request, options_.windows));
    // Read again: a heater's watts follow the mains, and so does its reading.
    const auto later = positive(
        answer(key("still", line), fmt::format("Watts that it shows now: [{:g}] ", *watts)));
    if (!dialog_.ask(key("off_again", line), "Switch it off, then press Enter. ")) return {};
    FITHOME_TRY(const auto after, measure(bench_, dialog_, request, options_.windows));
    const Watts shown{later ? (*watts + *later) / 2 : *watts};
    const calibrate::LoadStep step{
        .before = before, .on = on, .after = after, .watts = shown, .line = line};
    FITHOME_TRY(const bool good, judge(line, step));
    if (good) {
      const auto done = current_gain(line, step);
      if (done) return {};
      dialog_.say(done.error().what);
    }
    if (!yes("again", "Try again? [Y/n] ", true)) return {};
  }
}

// Where the transformer is, and which way round. False where that must be put right first.
Result<bool> Wizard::judge(int line, const calibrate::LoadStep& step) {
  calibrate::Evidence evidence{.samples = step.on, .config = bench_.settings().chip};
  evidence.rules = bench_.settings().rules;
  evidence.source = source_;
  evidence.ct_mv_per_amp = ct_;
  evidence.steps = {step};
  const auto found = calibrate::diagnose(evidence);
  report(line).orientation = found.orientation[static_cast<std::size_t>(line)];
  bool good = true;
  for (const auto& finding : found.findings) {
    // The gain is what comes next.
    if (finding.trouble == calibrate::Trouble::current_gain_off) continue;
    // So does the turn of the other lines, which this load tells nothing about.
    const bool doubt = finding.certainty == calibrate::Certainty::cannot_tell;
    if (doubt && finding.line && *finding.line != line) continue;
    dialog_.say(
        fmt::format("{}{}.\n  {}.", doubt ? "Cannot tell: " : "", finding.what, finding.remedy));
    good = good && finding.trouble == calibrate::Trouble::reversed_ct &&
           finding.certainty == calibrate::Certainty::certain;
  }
  if (!found.has(calibrate::Trouble::reversed_ct, line)) {
    if (report(line).orientation == calibrate::Orientation::right) {
      dialog_.say(
          fmt::format("Line {}: the transformer is the right way round.", chip::line_letter(line)));
    }
    return good;
  }
  if (!yes(key("turn", line),
           "Turn its sign round in the settings, in place of the transformer? "
           "[Y/n] ",
           true)) {
    return false;
  }
  MeterSettings after = bench_.settings();
  auto& rule = after.rules[static_cast<std::size_t>(line)];
  rule.reversed = !rule.reversed;
  FITHOME_TRY(const auto id,
              bench_.apply(after, {.kind = "direction",
                                   .line = std::string(1, chip::line_letter(line)),
                                   .reference = fmt::format("{:g} W switched on", step.watts.value),
                                   .note = options_.note}));
  dialog_.say(fmt::format("Set; kept as number {}.", id));
  report(line).orientation = calibrate::Orientation::right;
  return good;
}

Result<void> Wizard::current_gain(int line, const calibrate::LoadStep& step) {
  std::vector<Sample> baseline(step.before.begin(), step.before.end());
  baseline.insert(baseline.end(), step.after.begin(), step.after.end());
  const Request request{
      .kind = Kind::current, .line = line, .watts = step.watts, .baseline = baseline};
  FITHOME_TRY(const auto proposal, calibrate::propose(request, step.on, bench_.settings().chip,
                                                      bench_.settings().rules));
  dialog_.say(proposal_text(proposal));
  FITHOME_TRY(const auto id, apply_proposal(bench_, proposal, options_.note));
  dialog_.say(fmt::format("Set; kept as number {}.", id));
  report(line).current_error = proposal.remaining;
  const auto again = dialog_.ask(
      key("check", line),
      "To see what remains, switch it on once more. Watts that the wattmeter shows: [skip] ");
  const auto watts = again ? positive(*again) : std::nullopt;
  if (!watts) return {};
  FITHOME_TRY(const auto on, measure(bench_, dialog_, request, options_.windows));
  Request check = request;
  check.watts = Watts{*watts};
  // What flowed without it was measured with the old gain.
  const double factor =
      static_cast<double>(proposal.after.current_gain) / proposal.before.current_gain;
  for (Sample& sample : baseline) {
    auto& of = *sample.lines[static_cast<std::size_t>(line)];
    of.p = of.p * factor;
    of.q = of.q * factor;
  }
  check.baseline = baseline;
  const auto left = calibrate::propose(check, on, bench_.settings().chip, bench_.settings().rules);
  if (!left) {
    dialog_.say("measured again: " + left.error().what);
    return {};
  }
  report(line).current_error = left->error;
  dialog_.say(fmt::format("Line {} reads {:.1f} W of it now: {:+.3f} %.", chip::line_letter(line),
                          left->measured.mean, left->error * 100));
  return {};
}

void Wizard::summary() {
  const auto share = [](const std::optional<double>& error) {
    return error ? fmt::format("{:+.3f} %", *error * 100) : std::string("not measured");
  };
  dialog_.say("\nSo it is now:");
  for (const int line : lines_) {
    const auto at = static_cast<std::size_t>(line);
    const auto& settings = bench_.settings();
    const LineReport& of = report(line);
    dialog_.say(fmt::format(
        "  line {}: voltage gain {} (error {}), current gain {} at pga {}{} (error {}), {}",
        chip::line_letter(line), settings.chip.lines[at].voltage_gain, share(of.voltage_error),
        settings.chip.lines[at].current_gain, settings.chip.pga,
        settings.rules[at].scale_per_mille == 1000
            ? std::string()
            : fmt::format(" x {:g}", settings.rules[at].scale_per_mille / 1000.0),
        share(of.current_error),
        of.orientation == calibrate::Orientation::right
            ? (settings.rules[at].reversed ? "sign turned round" : "right way round")
            : "direction not proved"));
  }
  dialog_.say(
      "All of it is kept: fithome calibrate history; fithome calibrate undo takes it back.");
}

}  // namespace

Result<void> run_wizard(Workbench& bench, Dialog& dialog, const WizardOptions& options) {
  return Wizard(bench, dialog, options).run();
}

}  // namespace fithome::app
