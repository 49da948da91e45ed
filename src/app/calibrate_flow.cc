// SPDX-License-Identifier: MIT
#include "app/calibrate_flow.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "calibrate/formulas.h"
#include "calibrate/presets.h"

namespace fithome::app {
namespace {

using calibrate::Kind;
using calibrate::Proposal;
using calibrate::Request;
using chip::Sample;

constexpr double kAccepted = 0.005;  // of the reference, measured again

Failure unanswered(const char* what) {
  return fail(Code::invalid,
              fmt::format("{}; give it as an option, or run this in a terminal", what));
}

const char* unit_of(const Request& request) {
  if (request.kind == Kind::voltage) return "V";
  if (request.kind == Kind::phase || request.watts) return "W";
  return "A";
}

// What the register would become by the windows so far.
std::string so_far(const Request& request, const MeterSettings& settings,
                   const calibrate::Statistics& of) {
  const auto& line = settings.chip.lines[static_cast<std::size_t>(request.line)];
  const auto by = [&](std::uint16_t now, double reference) {
    const auto gain = calibrate::gain(now, reference, of.mean);
    return gain ? fmt::format(", gain {} -> {}", now, *gain) : std::string();
  };
  if (request.volts) return by(line.voltage_gain, request.volts->value);
  if (request.amps) return by(line.current_gain, request.amps->value);
  return "";
}

class OneLine {
 public:
  OneLine(Workbench& bench, Dialog& dialog, const CalibrateOptions& options, int line)
      : bench_(bench), dialog_(dialog), options_(options) {
    request_.kind = options.kind;
    request_.line = line;
  }

  Result<Outcome> run() {
    FITHOME_TRY_VOID(know_reference());
    FITHOME_TRY_VOID(know_baseline());
    FITHOME_TRY(const auto samples, measure(bench_, dialog_, request_, options_.windows));
    FITHOME_TRY(outcome_.proposal, propose_by(samples));
    dialog_.say(proposal_text(outcome_.proposal));
    if (options_.dry_run) return outcome_;
    if (!options_.yes) {
      const auto agreed = as_yes_or_no(dialog_.ask("apply", "Apply it? [Y/n] "), true);
      if (!agreed) return unanswered("nobody says whether to apply it (--yes does)");
      if (!*agreed) return outcome_;
    }
    FITHOME_TRY(outcome_.id, apply_proposal(bench_, outcome_.proposal, options_.note));
    outcome_.applied = true;
    FITHOME_TRY_VOID(measure_again());
    if (!options_.yes) FITHOME_TRY_VOID(check_points());
    return outcome_;
  }

 private:
  Result<Proposal> propose_by(std::span<const Sample> samples) {
    return calibrate::propose(request_, samples, bench_.settings().chip, bench_.settings().rules);
  }

  Result<void> know_reference();
  Result<void> know_baseline();
  Result<void> measure_again();
  Result<void> check_points();

  Workbench& bench_;
  Dialog& dialog_;
  const CalibrateOptions& options_;
  Request request_;
  std::vector<Sample> baseline_;
  Outcome outcome_;
};

Result<void> OneLine::know_reference() {
  if (options_.watts) request_.watts = Watts{*options_.watts};
  const bool needed = options_.kind == Kind::voltage || options_.kind == Kind::current;
  if (!needed || options_.watts) return {};
  std::optional<double> value = options_.reference;
  if (!value && !options_.yes) {
    const auto answer = dialog_.ask(
        "reference", options_.kind == Kind::voltage
                         ? fmt::format("Line {}: volts that your reference shows now: ",
                                       chip::line_letter(request_.line))
                         : fmt::format("Line {}: amperes that your reference shows now: ",
                                       chip::line_letter(request_.line)));
    if (answer) value = as_number(*answer);
  }
  if (!value) return unanswered("there is no reference to calibrate by (--reference)");
  if (options_.kind == Kind::voltage) request_.volts = Volts{*value};
  if (options_.kind == Kind::current) request_.amps = Amps{*value};
  return {};
}

Result<void> OneLine::know_baseline() {
  if (!options_.step) return {};
  if (!dialog_.ask("off", "Switch the load off, then press Enter. ")) {
    return unanswered("with --step the load is switched between two measurements");
  }
  FITHOME_TRY(baseline_, measure(bench_, dialog_, request_, options_.windows));
  if (!dialog_.ask("on", "Switch the load on, wait until it is steady, then press Enter. ")) {
    return unanswered("with --step the load is switched between two measurements");
  }
  request_.baseline = baseline_;
  return {};
}

Result<void> OneLine::measure_again() {
  if (options_.kind == Kind::offset) {
    dialog_.say(
        fmt::format("line {}: kept as number {}", chip::line_letter(request_.line), outcome_.id));
    return {};
  }
  FITHOME_TRY(const auto samples, measure(bench_, dialog_, request_, options_.windows));
  const auto again = propose_by(samples);
  if (!again) {
    dialog_.say("measured again: " + again.error().what);
    return {};
  }
  outcome_.error_after = again->error;
  if (options_.kind == Kind::phase) {
    dialog_.say(fmt::format("line {}: {:.2f} {} now; kept as number {}",
                            chip::line_letter(request_.line), again->measured.mean, again->unit,
                            outcome_.id));
    return {};
  }
  dialog_.say(
      fmt::format("line {}: reads {:.3f} {} now, {:+.3f} % of the reference; kept as "
                  "number {}",
                  chip::line_letter(request_.line), again->measured.mean, again->unit,
                  again->error * 100, outcome_.id));
  if (std::abs(again->error) > kAccepted) {
    dialog_.say(
        fmt::format("  More than {:g} % is left: the reference or the load changed "
                    "meanwhile. Do it again, or take it back with: fithome calibrate undo",
                    kAccepted * 100));
  }
  return {};
}

// The error at other loads, with the gain as it is now.
Result<void> OneLine::check_points() {
  if (options_.kind != Kind::voltage && options_.kind != Kind::current) return {};
  request_.baseline = {};
  while (true) {
    const auto answer = dialog_.ask(
        "point", fmt::format("Check it at another load? Its {} by your reference, or Enter to "
                             "end: ",
                             unit_of(request_)));
    if (!answer || answer->empty()) break;
    const auto reference = as_number(*answer);
    if (!reference || *reference <= 0) {
      dialog_.say("That is no number.");
      continue;
    }
    FITHOME_TRY(const auto samples, measure(bench_, dialog_, request_, options_.windows));
    const auto of =
        calibrate::statistics(calibrate::values_of(request_, samples, bench_.settings().rules));
    outcome_.points.push_back({*reference, of.mean});
  }
  for (const auto& [reference, measured] : outcome_.points) {
    dialog_.say(fmt::format("  at {:10.3f} {}: reads {:10.3f}, {:+.3f} %", reference,
                            unit_of(request_), measured, (measured / reference - 1) * 100));
  }
  return {};
}

std::string reference_text(const Proposal& proposal) {
  if (proposal.reference == 0) return "";
  return fmt::format("{:g} {}", proposal.reference, proposal.unit);
}

}  // namespace

std::vector<int> lines_in_use(const MeterSettings& settings) {
  std::vector<int> lines;
  const auto used = chip::lines_of(settings.chip.wiring);
  for (int line = 0; line < chip::kLines; ++line) {
    if (used[static_cast<std::size_t>(line)]) lines.push_back(line);
  }
  return lines;
}

Result<std::vector<Sample>> measure(Workbench& bench, Dialog& dialog, const Request& request,
                                    std::size_t windows) {
  std::vector<double> values;
  return bench.windows(windows, [&](const Sample& sample) {
    if (!sample.lines[static_cast<std::size_t>(request.line)]) return;
    values.push_back(
        calibrate::values_of(request, std::span(&sample, 1), bench.settings().rules).front());
    const auto of = calibrate::statistics(values);
    dialog.progress(fmt::format("line {}, window {} of {}: mean {:.3f} {}, spread {:.3f}{}",
                                chip::line_letter(request.line), values.size(), windows, of.mean,
                                unit_of(request), of.spread,
                                so_far(request, bench.settings(), of)));
  });
}

Result<std::uint64_t> apply_proposal(Workbench& bench, const Proposal& proposal,
                                     const std::string& note) {
  MeterSettings after = bench.settings();
  after.chip.lines[static_cast<std::size_t>(proposal.line)] = proposal.after;
  ChangeNote kept{.kind = std::string(name(proposal.kind)),
                  .line = std::string(1, chip::line_letter(proposal.line)),
                  .reference = reference_text(proposal),
                  .note = note};
  if (proposal.reference != 0) {
    kept.error_ppm =
        static_cast<std::int32_t>(std::llround(std::min(proposal.remaining, 1.0) * 1e6));
  }
  return bench.apply(after, kept);
}

std::string proposal_text(const Proposal& proposal) {
  MeterSettings before;
  MeterSettings after;
  before.chip.wiring = after.chip.wiring = chip::Wiring::three_phase;
  before.chip.lines[static_cast<std::size_t>(proposal.line)] = proposal.before;
  after.chip.lines[static_cast<std::size_t>(proposal.line)] = proposal.after;
  std::string text = fmt::format("line {}: reads {:.3f} {} ({} windows, spread {:.3f})",
                                 chip::line_letter(proposal.line), proposal.measured.mean,
                                 proposal.unit, proposal.measured.count, proposal.measured.spread);
  if (proposal.reference != 0) {
    text += fmt::format(", and the reference is {:g} {}: {:+.3f} %", proposal.reference,
                        proposal.unit, proposal.error * 100);
  }
  text += fmt::format("\n  {}", difference_text(before, after));
  if (proposal.reference != 0) {
    text += fmt::format("\n  the windows leave {:.3f} % in doubt, beside the reference's own error",
                        proposal.remaining * 100);
  }
  return text;
}

Result<std::vector<Outcome>> calibrate_lines(Workbench& bench, Dialog& dialog,
                                             const CalibrateOptions& options) {
  const auto lines = options.lines.empty() ? lines_in_use(bench.settings()) : options.lines;
  if (lines.size() > 1 && options.kind != Kind::voltage) {
    return fail(Code::invalid, "one line at a time, for each has a load of its own: --line a");
  }
  std::vector<Outcome> outcomes;
  for (const int line : lines) {
    FITHOME_TRY(auto outcome, OneLine(bench, dialog, options, line).run());
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

Result<MeterSettings> with_preset(MeterSettings settings, const std::string& name,
                                  std::optional<int> line, std::optional<int> pga) {
  const auto lines = line ? std::vector{*line} : lines_in_use(settings);
  if (const auto voltage = calibrate::voltage_preset(name)) {
    if (pga) return fail(Code::invalid, "--pga goes with a transformer's preset");
    for (const int each : lines) {
      settings.chip.lines[static_cast<std::size_t>(each)].voltage_gain = voltage->gain;
    }
    return settings;
  }
  const auto current = calibrate::current_preset(name);
  if (!current) {
    return fail(Code::invalid,
                fmt::format("no preset \"{}\"; see fithome calibrate presets", name));
  }
  if (pga && *pga != settings.chip.pga && lines.size() < lines_in_use(settings).size()) {
    return fail(Code::invalid,
                "the pga is that of all lines, and another would make the other lines' gains "
                "wrong: leave --line out");
  }
  if (pga) settings.chip.pga = *pga;
  FITHOME_TRY(const auto of, calibrate::setting_of(*current, settings.chip.pga));
  for (const int each : lines) {
    settings.chip.lines[static_cast<std::size_t>(each)].current_gain = of.gain;
    settings.rules[static_cast<std::size_t>(each)].scale_per_mille = of.scale_per_mille;
  }
  return settings;
}

}  // namespace fithome::app
