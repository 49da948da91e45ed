// SPDX-License-Identifier: MIT
#include "calibrate/load_step.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace fithome::calibrate {
namespace {

constexpr double kLeastStep = 30;      // less is lost in a house's noise
constexpr double kLeastShare = 0.1;    // of the load as told: gains may be off by as much
constexpr double kQuietShare = 0.25;   // of the strongest: what moves less did not carry it
constexpr double kUnrestShare = 0.25;  // of a response: more, and it proves nothing
constexpr double kLeastAmps = 0.3;     // below, ratios and angles are noise

struct Means {
  double p = 0, q = 0, i = 0;
  double spread = 0;  // greatest less least P
  bool clipped = false;
};

Means means(std::span<const chip::Sample> samples, int line, const reading::LineRule& rule) {
  const double scale = rule.scale_per_mille / 1000.0;
  const double sign = rule.reversed ? -scale : scale;
  Means of;
  double least = INFINITY;
  double most = -INFINITY;
  for (const chip::Sample& sample : samples) {
    const auto& one = *sample.lines[at(line)];
    of.p += one.p.value * sign;
    of.q += one.q.value * sign;
    of.i += one.i.value * scale;
    of.clipped = of.clipped || one.clipped;
    least = std::min(least, one.p.value * sign);
    most = std::max(most, one.p.value * sign);
  }
  const auto count = static_cast<double>(samples.size());
  of.p /= count;
  of.q /= count;
  of.i /= count;
  of.spread = most - least;
  return of;
}

LineResponse response_of(const LoadStep& step, int line, const reading::LineRule& rule) {
  const Means before = means(step.before, line, rule);
  const Means on = means(step.on, line, rule);
  const Means after = means(step.after, line, rule);
  LineResponse of;
  of.p = Watts{on.p - (before.p + after.p) / 2};
  of.q = Vars{on.q - (before.q + after.q) / 2};
  of.before = Amps{(before.i + after.i) / 2};
  of.unrest =
      Watts{std::max({before.spread, on.spread, after.spread, std::abs(after.p - before.p)})};
  of.clipped = on.clipped;
  return of;
}

bool measures_in_all(const LoadStep& step, int line) {
  const auto has = [line](const chip::Sample& sample) {
    return sample.lines[at(line)].has_value() && !sample.voltage_absent;
  };
  return std::ranges::all_of(step.before, has) && std::ranges::all_of(step.on, has) &&
         std::ranges::all_of(step.after, has);
}

}  // namespace

VoltAmps LineResponse::size() const { return VoltAmps{std::hypot(p.value, q.value)}; }

Degrees LineResponse::angle() const {
  return Degrees{std::atan2(q.value, p.value) * 180 / std::numbers::pi};
}

Result<Response> respond(const LoadStep& step, const reading::LineRules& rules) {
  if (std::min({step.before.size(), step.on.size(), step.after.size()}) < kStepWindows) {
    return fail(Code::invalid,
                fmt::format("fewer than {} windows before, with or after the load", kStepWindows));
  }
  Response response;
  double unrest = 0;
  for (int line = 0; line < chip::kLines; ++line) {
    if (!measures_in_all(step, line)) continue;
    response.lines[at(line)] = response_of(step, line, rules[at(line)]);
  }
  const auto size = [&](int line) {
    const auto& of = response.lines[at(line)];
    return of ? of->size().value : 0.0;
  };
  for (int line = 0; line < chip::kLines; ++line) {
    if (!response.strongest || size(line) > size(*response.strongest)) response.strongest = line;
  }
  const double most = size(*response.strongest);
  for (const auto& line : response.lines) {
    if (line) unrest = std::max(unrest, line->unrest.value);
  }
  const double enough = std::max(kLeastStep, kLeastShare * step.watts.value);
  if (unrest > kUnrestShare * std::max(most, enough)) {
    return fail(Code::transient,
                fmt::format("something else changed by {:.0f} W meanwhile; try again, with a "
                            "larger load or at a quieter time",
                            unrest));
  }
  if (most < enough) {
    response.strongest.reset();
    return response;
  }
  for (int line = 0; line < chip::kLines; ++line) {
    if (line != *response.strongest && size(line) > kQuietShare * most) response.second = line;
  }
  return response;
}

std::optional<bool> same_conductor(std::span<const chip::Sample> samples, int line, int other) {
  double least_ratio = INFINITY;
  double most_ratio = 0;
  double least = INFINITY;
  double most = 0;
  double turned = 0;  // of one angle against the other, either way round
  std::size_t count = 0;
  for (const chip::Sample& sample : samples) {
    const auto& a = sample.lines[at(line)];
    const auto& b = sample.lines[at(other)];
    if (!a || !b || a->i.value < kLeastAmps || b->i.value < kLeastAmps) continue;
    const double ratio = b->i / a->i;
    least_ratio = std::min(least_ratio, ratio);
    most_ratio = std::max(most_ratio, ratio);
    least = std::min(least, a->i.value);
    most = std::max(most, a->i.value);
    turned += std::abs(std::remainder(b->angle.value - a->angle.value, 180.0));
    ++count;
  }
  if (count < kStepWindows) return {};
  turned /= static_cast<double>(count);
  const double wander = most_ratio / least_ratio - 1;
  if (wander > 0.1 || turned > 8) return false;
  if (wander < 0.02 && most / least > 1.2 && turned < 3) return true;
  return {};
}

}  // namespace fithome::calibrate
