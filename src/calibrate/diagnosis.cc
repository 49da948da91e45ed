// SPDX-License-Identifier: MIT
#include "calibrate/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "calibrate/formulas.h"
#include "calibrate/load_step.h"

namespace fithome::calibrate {
namespace {

using chip::Sample;

constexpr double kRevisionStep = 9.47;  // v1.4 before rev3 against rev3: 37106 / 3920
constexpr Amps kNothing{0.020};         // less is an open input
constexpr Watts kNoPower{2};
constexpr Watts kClearPower{20};
constexpr double kClearFactor = 0.5;
constexpr double kAdapterPhase = 30;  // degrees that adapter and transformer may add

bool within(double value, double of, double share) {
  return std::abs(value - of) <= share * std::abs(of);
}

/// The power of two, 1/4 to 4 but not 1, that a factor comes near to.
std::optional<double> power_of_two(double factor) {
  for (const double whole : {0.25, 0.5, 2.0, 4.0}) {
    if (within(factor, whole, 0.12)) return whole;
  }
  return {};
}

class Examination {
 public:
  explicit Examination(const Evidence& evidence)
      : of_(evidence), lines_(chip::lines_of(evidence.config.wiring)) {}

  Diagnosis run() {
    look_for_clipping();
    look_at_mains();
    look_at_voltages();
    for (const LoadStep& step : of_.steps) look_at_step(step);
    if (of_.samples.size() >= kWindows) look_at_currents();
    // In place and stable: std::stable_sort asks for a buffer in a way that is deprecated.
    for (auto next = found_.findings.begin(); next != found_.findings.end(); ++next) {
      const auto place = std::ranges::upper_bound(found_.findings.begin(), next, next->certainty,
                                                  {}, &Finding::certainty);
      std::rotate(place, next, next + 1);
    }
    return std::move(found_);
  }

 private:
  template <class Use>
  void each_line(Use use) {
    for (int line = 0; line < chip::kLines; ++line) {
      if (lines_[at(line)]) use(line);
    }
  }
  template <class Test>
  bool always(int line, Test test) const {
    return !of_.samples.empty() && std::ranges::all_of(of_.samples, [&](const Sample& sample) {
      return sample.lines[at(line)] && test(*sample.lines[at(line)]);
    });
  }
  double mean_voltage(int line) const;
  double house_sign(int line) const { return of_.rules[at(line)].reversed ? -1 : 1; }
  void say(Trouble trouble, std::optional<int> line, Certainty certainty, std::string what,
           std::string remedy);

  void look_for_clipping();
  void look_at_mains();
  void look_at_voltages();
  void look_at_currents();
  void look_at_sign(int line);
  void look_at_step(const LoadStep& step);
  void look_at_silence(const LoadStep& step, const Response& response);
  void look_at_direction(const LoadStep& step, int line, const LineResponse& response);
  void look_at_place(const LoadStep& step, int line, const Response& response);
  void look_at_size(const LoadStep& step, int line, const LineResponse& response);
  bool two_moved(const LoadStep& step, const Response& response);

  const Evidence& of_;
  const std::array<bool, chip::kLines> lines_;
  Diagnosis found_;
};

void Examination::say(Trouble trouble, std::optional<int> line, Certainty certainty,
                      std::string what, std::string remedy) {
  for (Finding& known : found_.findings) {
    if (known.trouble != trouble || known.line != line) continue;
    // Two loads that contradict one another leave a doubt, never a choice.
    if (certainty < known.certainty) known = {trouble, line, certainty, what, remedy};
    return;
  }
  found_.findings.push_back({trouble, line, certainty, std::move(what), std::move(remedy)});
}

double Examination::mean_voltage(int line) const {
  double sum = 0;
  for (const Sample& sample : of_.samples) {
    sum += sample.lines[at(line)] ? sample.lines[at(line)]->u.value : 0;
  }
  return sum / static_cast<double>(of_.samples.size());
}

void Examination::look_for_clipping() {
  each_line([this](int line) {
    const bool any = std::ranges::any_of(of_.samples, [&](const Sample& sample) {
      return sample.lines[at(line)] && sample.lines[at(line)]->clipped;
    });
    if (!any) return;
    const double full_v = 32700 * of_.config.lines[at(line)].voltage_gain / 819'200.0;
    const bool voltage = std::ranges::any_of(of_.samples, [&](const Sample& sample) {
      const auto& one = sample.lines[at(line)];
      return one && (one->u_peak.value >= full_v - 1e-6 || one->u.value >= 655.34);
    });
    say(Trouble::clipping, line, Certainty::certain,
        fmt::format("the {} of line {} goes beyond the range of its input",
                    voltage ? "voltage" : "current", chip::line_letter(line)),
        voltage ? "use an adapter of fewer volts, or another board; the reading is too low"
                : fmt::format("use a lower pga than {} (and calibrate again), or a transformer "
                              "for more amperes; the reading is too low",
                              of_.config.pga));
  });
}

void Examination::look_at_mains() {
  if (of_.samples.empty()) return;
  const double configured = of_.config.grid == chip::Grid::hz60 ? 60 : 50;
  const double other = 110 - configured;
  const bool other_mains = std::ranges::all_of(of_.samples, [&](const Sample& sample) {
    return !sample.voltage_absent && std::abs(sample.f.value - other) < 3;
  });
  if (!other_mains) return;
  say(Trouble::wrong_frequency, {}, Certainty::certain,
      fmt::format("the mains have {:.1f} Hz, and the meter is set for {:.0f}",
                  of_.samples.back().f.value, configured),
      fmt::format("set grid = {:.0f} in [[meter]]", other));
}

void Examination::look_at_voltages() {
  if (of_.samples.empty()) return;
  const double nominal = of_.config.nominal.value;
  const auto dead = [&](const chip::LineSample& line) { return line.u.value < 0.05 * nominal; };
  bool all_dead = true;
  each_line([&](int line) { all_dead = all_dead && always(line, dead); });
  if (all_dead) {
    say(Trouble::adapter_missing, {}, Certainty::certain, "no line has any voltage",
        "plug in the voltage adapter; without it there is current, but no power and no energy");
    return;
  }
  each_line([&](int line) {
    if (always(line, dead)) {
      say(Trouble::adapter_missing, line, Certainty::certain,
          fmt::format("line {} has no voltage, and another has", chip::line_letter(line)),
          "plug in its voltage adapter, or close the board's jumper that shares one (JP3)");
      return;
    }
    if (of_.samples.size() < kWindows) return;
    const auto odd =
        judge_voltage(Volts{mean_voltage(line)}, of_.config.lines[at(line)].voltage_gain,
                      of_.config.nominal, line);
    if (odd) say(odd->trouble, odd->line, odd->certainty, odd->what, odd->remedy);
  });
  if (of_.config.wiring != chip::Wiring::split_phase || !of_.u_angle_c) return;
  const double apart = std::abs(std::remainder(of_.u_angle_c->value, 360.0));
  if (apart < kAdapterPhase && of_.adapters == 2) {
    say(Trouble::adapter_in_phase, 2, Certainty::certain,
        "the second voltage adapter is in phase with the first",
        "turn the plug of one adapter round, or put it on the other leg (JP3 must be cut)");
  }
}

void Examination::look_at_currents() {
  each_line([this](int line) {
    const auto& all = of_.samples;
    const bool live = always(line, [&](const chip::LineSample& one) {
      return one.u.value > 0.1 * of_.config.nominal.value;
    });
    if (!live) return;
    const bool nothing = always(line, [](const chip::LineSample& one) {
      return one.i < kNothing && std::abs(one.p.value) < kNoPower.value;
    });
    if (nothing) {
      say(Trouble::unplugged_ct, line,
          all.size() >= kLongWatch ? Certainty::likely : Certainty::cannot_tell,
          fmt::format("no current on line {}: its transformer is unplugged, or nothing at all is "
                      "switched on there",
                      chip::line_letter(line)),
          "check the transformer's plug and that its jaws are closed around the conductor");
      return;
    }
    look_at_sign(line);
  });
}

void Examination::look_at_sign(int line) {
  if (found_.orientation[at(line)] != Orientation::unknown || of_.source == true) return;
  const bool backwards = always(line, [&](const chip::LineSample& one) {
    return one.p.value * house_sign(line) < -kClearPower.value && std::abs(one.pf) > kClearFactor;
  });
  if (!backwards) return;
  const auto suspect = [&](const char* why) {
    say(Trouble::reversed_ct, line, Certainty::cannot_tell,
        fmt::format("line {} feeds power into the grid, {}", chip::line_letter(line), why),
        "switch a known load on and off: fithome calibrate wizard");
  };
  if (of_.source != false) return suspect("as solar panels do, or a transformer on backwards");
  if (of_.samples.size() < kLongWatch) return suspect("but not for long enough to be sure");
  if (of_.config.wiring == chip::Wiring::three_phase) {
    return suspect("as a transformer on backwards does, or one on another line");
  }
  if (of_.config.wiring == chip::Wiring::split_phase &&
      same_conductor(of_.samples, line, 2 - line) != false) {
    return suspect("as a transformer on backwards does, or one on the other leg");
  }
  found_.orientation[at(line)] = Orientation::reversed;
  say(Trouble::reversed_ct, line, Certainty::certain,
      fmt::format("line {} seems to feed power into the grid, and nothing in the house can",
                  chip::line_letter(line)),
      fmt::format("turn its transformer round, or set reversed = {} in [meter.line.{}]",
                  !of_.rules[at(line)].reversed, chip::line_letter(line)));
}

bool Examination::two_moved(const LoadStep& step, const Response& response) {
  if (!response.second) return false;
  std::vector<Sample> all(step.before.begin(), step.before.end());
  all.insert(all.end(), step.on.begin(), step.on.end());
  const int one = *response.strongest;
  const int other = *response.second;
  if (same_conductor(all, one, other) == true) {
    const bool known = step.line == one || step.line == other;
    const auto wrong = known ? std::optional(step.line == one ? other : one) : std::nullopt;
    say(Trouble::wrong_leg, wrong, Certainty::certain,
        fmt::format("the transformers of lines {} and {} are around the same conductor",
                    chip::line_letter(std::min(one, other)),
                    chip::line_letter(std::max(one, other))),
        known ? fmt::format("move the transformer of line {} to its own conductor",
                            chip::line_letter(*wrong))
              : "move one of them to the other conductor");
    return true;
  }
  say(Trouble::wrong_leg, {}, Certainty::cannot_tell,
      fmt::format("lines {} and {} both moved: the load is on two lines, or something else was "
                  "switched at the same time",
                  chip::line_letter(std::min(one, other)), chip::line_letter(std::max(one, other))),
      "try again with a load on one line: one that has an ordinary plug");
  return true;
}

void Examination::look_at_step(const LoadStep& step) {
  const auto response = respond(step, of_.rules);
  if (!response) {
    say(Trouble::reversed_ct, step.line, Certainty::cannot_tell, response.error().what,
        "switch the load on and off once more");
    return;
  }
  if (!response->strongest) return look_at_silence(step, *response);
  if (two_moved(step, *response)) return;
  const int line = *response->strongest;
  const LineResponse& of = *response->lines[at(line)];
  look_at_place(step, line, *response);
  look_at_direction(step, line, of);
  look_at_size(step, line, of);
}

void Examination::look_at_silence(const LoadStep& step, const Response& response) {
  const auto silent = [&](int line) {
    const auto& of = response.lines[at(line)];
    return of && of->before < kNothing;
  };
  if (step.line && silent(*step.line) && step.watts >= Watts{100}) {
    say(Trouble::unplugged_ct, step.line, Certainty::certain,
        fmt::format("{:.0f} W were switched on and line {} has no current", step.watts.value,
                    chip::line_letter(*step.line)),
        "check the transformer's plug and that its jaws are closed around the conductor");
    return;
  }
  say(Trouble::wrong_leg, step.line, Certainty::cannot_tell,
      fmt::format("{:.0f} W were switched on and no line shows it", step.watts.value),
      "is that outlet behind the measured conductors? Try a larger load");
}

void Examination::look_at_place(const LoadStep& step, int line, const Response& response) {
  if (!step.line || *step.line == line) return;
  const int meant = *step.line;
  const auto& own = response.lines[at(meant)];
  const bool alive = own && own->before > Amps{0.05};
  if (alive && of_.config.wiring == chip::Wiring::split_phase) {
    say(Trouble::swapped_cts, {}, Certainty::certain,
        fmt::format("a load on line {} shows on line {}: the two transformers are swapped",
                    chip::line_letter(meant), chip::line_letter(line)),
        "swap their plugs at the board, then check the direction of both");
    return;
  }
  say(Trouble::wrong_leg, line, Certainty::certain,
      fmt::format("a load on line {} shows on line {}", chip::line_letter(meant),
                  chip::line_letter(line)),
      fmt::format("the transformer of line {} is around the conductor of line {}: move it",
                  chip::line_letter(line), chip::line_letter(meant)));
}

void Examination::look_at_direction(const LoadStep& step, int line, const LineResponse& response) {
  const double angle = std::abs(response.angle().value);
  const double clear = step.resistive ? kAdapterPhase : 60;
  const bool three = of_.config.wiring == chip::Wiring::three_phase;
  const bool straight = angle < clear && (step.resistive || !three);
  const bool turned = angle > 180 - clear && (step.resistive || !three);
  Orientation& known = found_.orientation[at(line)];
  if (straight || turned) {
    const Orientation seen = straight ? Orientation::right : Orientation::reversed;
    if (known != Orientation::unknown && known != seen) {
      std::erase_if(found_.findings, [&](const Finding& finding) {
        return finding.trouble == Trouble::reversed_ct && finding.line == line;
      });
      known = Orientation::unknown;
      say(Trouble::reversed_ct, line, Certainty::cannot_tell,
          fmt::format("two loads contradict one another about line {}", chip::line_letter(line)),
          "switch a known load on and off once more");
      return;
    }
    known = seen;
    if (straight) return;
    say(Trouble::reversed_ct, line, Certainty::certain,
        fmt::format("a load that was switched on shows as {:.0f} W on line {}", response.p.value,
                    chip::line_letter(line)),
        fmt::format("turn its transformer round, or set reversed = {} in [meter.line.{}]",
                    !of_.rules[at(line)].reversed, chip::line_letter(line)));
    return;
  }
  const bool other_phase =
      three && step.resistive && (within(angle, 120, 0.17) || within(angle, 60, 0.3));
  if (other_phase) {
    say(Trouble::wrong_leg, line, Certainty::certain,
        fmt::format("the current of line {} is {:.0f} degrees from its voltage under a plain load",
                    chip::line_letter(line), angle),
        "its transformer is around another line's conductor: move it");
    return;
  }
  say(Trouble::reversed_ct, line, Certainty::cannot_tell,
      fmt::format("the load on line {} is {:.0f} degrees from the voltage: no plain resistance",
                  chip::line_letter(line), angle),
      "try a heater, a kettle or a toaster");
}

void Examination::look_at_size(const LoadStep& step, int line, const LineResponse& response) {
  if (!step.resistive || response.clipped || step.watts < Watts{100}) return;
  double volts = 0;
  for (const Sample& sample : step.on) volts += sample.lines[at(line)]->u.value;
  volts /= static_cast<double>(step.on.size());
  if (volts < 1) return;
  // Of the current alone: a wrong voltage gain is another finding.
  const double factor = response.size().value / volts * of_.config.nominal.value / step.watts.value;
  if (factor > 0.75 && factor < 1.33) return;
  const auto& line_config = of_.config.lines[at(line)];
  const auto& ct = of_.ct_mv_per_amp[at(line)];
  const double belongs = ct ? line_config.current_gain * of_.config.pga * *ct / kUnitCurrent : 0;
  const auto step_of_pga = power_of_two(factor);
  if (ct && step_of_pga && power_of_two(belongs) == step_of_pga) {
    say(Trouble::wrong_pga, line, Certainty::certain,
        fmt::format("the current of line {} reads {:.2f} times what flows: its gain {} was made "
                    "for a pga of {:g}, and the meter is set to {}",
                    chip::line_letter(line), factor, line_config.current_gain,
                    of_.config.pga / *step_of_pga, of_.config.pga),
        fmt::format("set pga = {:g}, or calibrate the current again",
                    of_.config.pga / *step_of_pga));
    return;
  }
  say(Trouble::current_gain_off, line, Certainty::certain,
      fmt::format("a load of {:.0f} W reads as {:.0f} W on line {}", step.watts.value,
                  response.size().value / volts * of_.config.nominal.value,
                  chip::line_letter(line)),
      fmt::format("calibrate it: fithome calibrate current --line {}", chip::line_letter(line)));
}

}  // namespace

std::string_view name(Trouble trouble) {
  constexpr std::array<std::string_view, 12> kNames{
      "reversed_ct",     "swapped_cts",      "wrong_leg",      "unplugged_ct",
      "wrong_pga",       "current_gain_off", "wrong_revision", "voltage_gain_off",
      "adapter_missing", "adapter_in_phase", "clipping",       "wrong_frequency"};
  return kNames[static_cast<std::size_t>(trouble)];
}

std::string_view name(Certainty certainty) {
  constexpr std::array<std::string_view, 3> kNames{"certain", "likely", "cannot_tell"};
  return kNames[static_cast<std::size_t>(certainty)];
}

bool Diagnosis::has(Trouble trouble, std::optional<int> line) const {
  return std::ranges::any_of(findings, [&](const Finding& finding) {
    return finding.trouble == trouble && finding.certainty != Certainty::cannot_tell &&
           (!line || finding.line == line);
  });
}

Diagnosis diagnose(const Evidence& evidence) { return Examination(evidence).run(); }

std::optional<Finding> judge_voltage(Volts u, std::uint16_t gain, Volts nominal, int line) {
  const double ratio = u / nominal;
  if (within(ratio, 1, 0.15)) return {};
  const bool end_of_range = u >= Volts{655.34};
  const bool old_gain = gain >= 25'000 && gain <= 50'000;
  const bool rev3_gain = gain >= 2'500 && gain <= 6'000;
  const bool too_much = end_of_range || within(ratio, kRevisionStep, 0.12);
  if (old_gain && too_much) {
    return Finding{Trouble::wrong_revision, line,
                   end_of_range ? Certainty::likely : Certainty::certain,
                   fmt::format("line {} reads {:.1f} V: gain {} is for an older board than this",
                               chip::line_letter(line), u.value, gain),
                   "this looks like a v1.4 board of rev3 or later: take the preset v1.4-rev3 "
                   "(fithome calibrate presets), then calibrate the voltage"};
  }
  if (rev3_gain && within(ratio, 1 / kRevisionStep, 0.12)) {
    return Finding{Trouble::wrong_revision, line, Certainty::certain,
                   fmt::format("line {} reads {:.1f} V: gain {} is for a newer board than this",
                               chip::line_letter(line), u.value, gain),
                   "this looks like a v1.4 board before rev3: take the preset v1.4 (fithome "
                   "calibrate presets), then calibrate the voltage"};
  }
  return Finding{
      Trouble::voltage_gain_off, line, Certainty::likely,
      fmt::format("line {} reads {:.1f} V where {:.0f} V are usual: the gain {} does not "
                  "fit board and adapter, or the mains are far off",
                  chip::line_letter(line), u.value, nominal.value, gain),
      fmt::format("measure at an outlet, then: fithome calibrate voltage --line {} "
                  "--reference VOLTS",
                  chip::line_letter(line))};
}

}  // namespace fithome::calibrate
