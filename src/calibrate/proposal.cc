// SPDX-License-Identifier: MIT
#include "calibrate/proposal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "calibrate/formulas.h"

namespace fithome::calibrate {
namespace {

using chip::LineSample;
using chip::Sample;

constexpr double kPlainLoad = 0.97;  // power factor
constexpr double kLeastVoltageShare = 0.5;
constexpr double kMostVoltageShare = 1.5;
constexpr Amps kLeastCurrent{0.5};  // less is half noise
constexpr Watts kLeastWatts{60};
constexpr double kMostStep = 4;       // a gain that is further off is another part, not a tolerance
constexpr double kOffsetRest = 0.02;  // share of the greatest offset that may wander

Failure refuse(std::string what) { return fail(Code::invalid, std::move(what)); }
template <class Take>
std::vector<double> each(std::span<const Sample> samples, int line, Take take) {
  std::vector<double> values;
  for (const Sample& sample : samples) {
    values.push_back(take(*sample.lines[static_cast<std::size_t>(line)]));
  }
  return values;
}

class Draft {
 public:
  Draft(const Request& request, std::span<const Sample> samples, const chip::ChipConfig& config,
        const reading::LineRules& rules)
      : request_(request),
        samples_(samples),
        config_(config),
        rule_(rules[static_cast<std::size_t>(request.line)]) {
    made_.kind = request.kind;
    made_.line = request.line;
    made_.before = made_.after = config.lines[static_cast<std::size_t>(request.line)];
  }

  Result<Proposal> make() {
    FITHOME_TRY_VOID(check_input());
    switch (request_.kind) {
      case Kind::voltage:
        return voltage();
      case Kind::current:
        return request_.watts ? current_by_watts() : current();
      case Kind::offset:
        return offset();
      case Kind::phase:
        return phase();
    }
    return refuse("no such calibration");
  }

 private:
  double scale() const { return rule_.scale_per_mille / 1000.0; }
  double sign() const { return rule_.reversed ? -scale() : scale(); }
  Statistics of(auto take, std::span<const Sample> samples) const {
    return statistics(each(samples, request_.line, take));
  }
  Statistics of(auto take) const { return of(take, samples_); }

  Result<void> check_input() const;
  Result<void> check_step(double now, double wanted) const;
  Result<Proposal> finish(double reference, const Statistics& measured, const char* unit);
  Result<Proposal> voltage();
  Result<Proposal> current();
  Result<Proposal> current_by_watts();
  Result<Proposal> offset();
  Result<Proposal> phase();

  const Request& request_;
  std::span<const Sample> samples_;
  const chip::ChipConfig& config_;
  const reading::LineRule& rule_;
  Proposal made_;
};

Result<void> Draft::check_input() const {
  const auto at = static_cast<std::size_t>(request_.line);
  if (request_.line < 0 || request_.line >= chip::kLines || !chip::lines_of(config_.wiring)[at]) {
    return refuse(
        fmt::format("line {} is not measured with this wiring", chip::line_letter(request_.line)));
  }
  for (const std::span<const Sample> part : {samples_, request_.baseline}) {
    for (const Sample& sample : part) {
      if (!sample.lines[at]) return refuse("a window without the line");
      if (sample.lines[at]->clipped) {
        return refuse(
            fmt::format("the input of line {} is clipped or at the end of its range: the "
                        "reading is too low, and no gain mends that. Use a smaller load, "
                        "a lower pga, or another transformer or adapter",
                        chip::line_letter(request_.line)));
      }
      if (sample.incoherent) {
        return fail(Code::transient, "powers disagree with one another in a window; try again");
      }
      const bool needs_voltage = request_.kind != Kind::offset;
      if (needs_voltage && sample.voltage_absent) {
        return refuse("there is no voltage; plug in the voltage adapter");
      }
    }
  }
  return {};
}

Result<void> Draft::check_step(double now, double wanted) const {
  const double factor = wanted / now;
  if (factor < kMostStep && factor > 1 / kMostStep) return {};
  return refuse(
      fmt::format("the gain would change {:.1f}-fold, which is another part and no "
                  "tolerance; choose the preset that fits first (fithome calibrate "
                  "presets), and check the pga",
                  std::max(factor, 1 / factor)));
}

Result<Proposal> Draft::finish(double reference, const Statistics& measured, const char* unit) {
  made_.reference = reference;
  made_.measured = measured;
  made_.unit = unit;
  const double of = reference != 0 ? std::abs(reference) : 1;
  made_.error = (measured.mean - reference) / of;
  made_.remaining = measured.error() / of;
  return made_;
}

Result<Proposal> Draft::voltage() {
  if (!request_.volts) return refuse("a voltage is calibrated by volts: --reference 121.5");
  const Volts reference = *request_.volts;
  const double share = reference / config_.nominal;
  if (!(share > kLeastVoltageShare && share < kMostVoltageShare)) {
    return refuse(fmt::format("{:g} V cannot be right for mains of {:g} V; set nominal_v if it is",
                              reference.value, config_.nominal.value));
  }
  const Statistics measured = of([](const LineSample& line) { return line.u.value; });
  FITHOME_TRY_VOID(check_calm(measured, "voltage"));
  FITHOME_TRY(made_.after.voltage_gain,
              gain(made_.before.voltage_gain, reference.value, measured.mean));
  FITHOME_TRY_VOID(check_step(made_.before.voltage_gain, made_.after.voltage_gain));
  return finish(reference.value, measured, "V");
}

Result<Proposal> Draft::current() {
  if (!request_.amps) {
    return refuse("a current is calibrated by --reference AMPERES or --watts WATTS");
  }
  const Amps reference = *request_.amps;
  if (reference < kLeastCurrent) {
    return refuse(
        fmt::format("{:g} A is too little to calibrate by; use a heater or a kettle: {:g} "
                    "A or more",
                    reference.value, kLeastCurrent.value));
  }
  const Statistics measured = of([&](const LineSample& line) { return line.i.value * scale(); });
  FITHOME_TRY_VOID(check_calm(measured, "current"));
  FITHOME_TRY(made_.after.current_gain,
              gain(made_.before.current_gain, reference.value, measured.mean));
  FITHOME_TRY_VOID(check_step(made_.before.current_gain, made_.after.current_gain));
  return finish(reference.value, measured, "A");
}

// A wattmeter at the load tells watts; the voltage is calibrated, so the current's gain is what
// their error is.
Result<Proposal> Draft::current_by_watts() {
  const Watts reference = *request_.watts;
  if (!(reference >= kLeastWatts)) {
    return refuse(fmt::format("{:g} W is too little to calibrate by; use a heater or a kettle",
                              reference.value));
  }
  const auto watts = [&](const LineSample& line) { return line.p.value * sign(); };
  const auto vars = [&](const LineSample& line) { return line.q.value * sign(); };
  Statistics measured = of(watts);
  double q = of(vars).mean;
  if (!request_.baseline.empty()) {
    const Statistics without = of(watts, request_.baseline);
    q -= of(vars, request_.baseline).mean;
    if (without.count < kEnoughWindows) return refuse("too few windows without the load");
    measured.mean -= without.mean;
    measured.spread = std::max(measured.spread, without.spread);
    measured.deviation = std::hypot(measured.deviation, without.deviation);
    measured.drift = std::hypot(measured.drift, without.drift);
  }
  FITHOME_TRY_VOID(check_calm(measured, "power"));
  if (measured.mean <= 0) {
    return refuse(
        fmt::format("the load shows as {:.0f} W on line {}: its transformer is on "
                    "backwards, or the load is on another line",
                    measured.mean, chip::line_letter(request_.line)));
  }
  const double pf = measured.mean / std::hypot(measured.mean, q);
  if (pf < kPlainLoad) {
    return refuse(
        fmt::format("the power factor is {:.2f}: that is no plain load; use a heater, a "
                    "kettle or a toaster",
                    pf));
  }
  FITHOME_TRY(made_.after.current_gain,
              gain(made_.before.current_gain, reference.value, measured.mean));
  FITHOME_TRY_VOID(check_step(made_.before.current_gain, made_.after.current_gain));
  return finish(reference.value, measured, "W");
}

// Without any current: what the line still shows is the input's own noise.
Result<Proposal> Draft::offset() {
  const Statistics amps = of([](const LineSample& line) { return line.i.value; });
  const Statistics watts = of([](const LineSample& line) { return line.p.value; });
  const Statistics vars = of([](const LineSample& line) { return line.q.value; });
  if (amps.count < kEnoughWindows) return std::unexpected(check_calm(amps, "current").error());
  FITHOME_TRY(made_.after.current_offset,
              current_offset(made_.before.current_offset, Amps{amps.mean}));
  FITHOME_TRY(made_.after.active_offset,
              active_offset(made_.before.active_offset, Watts{watts.mean}));
  FITHOME_TRY(made_.after.reactive_offset,
              reactive_offset(made_.before.reactive_offset, Vars{vars.mean}));
  if (amps.spread > kOffsetRest) {
    return fail(Code::transient, "the current comes and goes; the line must be without any");
  }
  return finish(0, amps, "A");
}

Result<Proposal> Draft::phase() {
  const auto mean = [&](auto take) {
    const Statistics with = of(take);
    return with.mean - (request_.baseline.empty() ? 0 : of(take, request_.baseline).mean);
  };
  const Statistics watts = of([&](const LineSample& line) { return line.p.value * sign(); });
  FITHOME_TRY_VOID(check_calm(watts, "power"));
  const double p = mean([&](const LineSample& line) { return line.p.value * sign(); });
  const double q = mean([&](const LineSample& line) { return line.q.value * sign(); });
  if (p < kLeastWatts.value) {
    return refuse(fmt::format("{:.0f} W is too little to calibrate the phase by", p));
  }
  if (request_.watts) {
    const double pf = p / std::hypot(p, q);
    if (q <= 0 || pf < 0.4 || pf > 0.6) {
      return refuse(
          fmt::format("the power factor is {:.2f}; with --watts the phase is calibrated "
                      "by a load of 0.5, lagging, such as a motor",
                      pf));
    }
    FITHOME_TRY(made_.after.phase_delay,
                phase_by_power(made_.before.phase_delay, Watts{p}, *request_.watts, config_.grid));
    return finish(request_.watts->value, watts, "W");
  }
  const Degrees shown{std::atan2(q, p) * 180 / std::numbers::pi};
  FITHOME_TRY(made_.after.phase_delay,
              phase_by_angle(made_.before.phase_delay, shown, config_.grid));
  const Statistics angles = of([&](const LineSample& line) {
    return std::atan2(line.q.value * sign(), line.p.value * sign()) * 180 / std::numbers::pi;
  });
  return finish(0, angles, "degrees");
}

}  // namespace

std::string_view name(Kind kind) {
  constexpr std::array<std::string_view, 4> kNames{"voltage", "current", "offset", "phase"};
  return kNames[static_cast<std::size_t>(kind)];
}

Result<Proposal> propose(const Request& request, std::span<const Sample> samples,
                         const chip::ChipConfig& config, const reading::LineRules& rules) {
  return Draft(request, samples, config, rules).make();
}

std::vector<double> values_of(const Request& request, std::span<const Sample> samples,
                              const reading::LineRules& rules) {
  const auto& rule = rules[static_cast<std::size_t>(request.line)];
  const double scale = rule.scale_per_mille / 1000.0;
  const double sign = rule.reversed ? -scale : scale;
  return each(samples, request.line, [&](const LineSample& line) {
    if (request.kind == Kind::voltage) return line.u.value;
    if (request.kind == Kind::phase || request.watts) return line.p.value * sign;
    return line.i.value * scale;
  });
}

}  // namespace fithome::calibrate
