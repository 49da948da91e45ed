// SPDX-License-Identifier: MIT
#include "reading/from_sample.h"

#include <algorithm>

namespace fithome::reading {
namespace {

constexpr bool plain(const LineRule& rule) {
  return !rule.reversed && rule.scale_per_mille == 1000;
}

chip::LineSample applied(chip::LineSample line, const LineRule& rule) {
  const double scale = rule.scale_per_mille / 1000.0;
  const double sign = rule.reversed ? -1 : 1;
  line.i = line.i * scale;
  line.p = line.p * (scale * sign);
  line.q = line.q * (scale * sign);
  line.s = line.s * scale;
  line.pf *= sign;
  return line;
}

/// A current without voltage has a power, but the meter cannot tell it. Without current there is
/// none, whatever the voltage.
bool power_unknown(const chip::LineSample& line) {
  constexpr Amps kFlows{0.05};  // more than noise
  return line.no_voltage && line.i > kFlows;
}

void set_line(Reading& reading, int line, const chip::LineSample& of) {
  reading.set(line_channel(Quantity::current, line), of.i.value);
  if (power_unknown(of)) return;
  reading.set(line_channel(Quantity::voltage, line), of.u.value);
  reading.set(line_channel(Quantity::active_power, line), of.p.value);
  reading.set(line_channel(Quantity::reactive_power, line), of.q.value);
  reading.set(line_channel(Quantity::apparent_power, line), of.s.value);
  reading.set(line_channel(Quantity::power_factor, line), of.pf);
}

Flags flags_of(const chip::Sample& sample) {
  Flags flags = 0;
  if (sample.retries > 0) flags |= bit(Flag::retried);
  if (sample.incoherent) flags |= bit(Flag::incoherent);
  if (sample.voltage_absent) flags |= bit(Flag::no_voltage);
  if (sample.energy_overflow) flags |= bit(Flag::energy_lost);
  for (const auto& line : sample.lines) {
    if (line && line->clipped) flags |= bit(Flag::clipped);
    if (line && line->no_voltage) flags |= bit(Flag::no_voltage);
  }
  return flags;
}

}  // namespace

Reading make_reading(const chip::Sample& sample, const LineRules& rules, UtcTime time) {
  Reading reading;
  reading.time = time;
  reading.flags = flags_of(sample);

  Watts p = sample.p;
  Vars q = sample.q;
  VoltAmps s = sample.s;
  double pf = sample.pf;
  if (!std::ranges::all_of(rules, plain)) {
    p = Watts{};
    q = Vars{};
    s = VoltAmps{};
  }
  for (int line = 0; line < chip::kLines; ++line) {
    const auto at = static_cast<std::size_t>(line);
    if (!sample.lines[at]) continue;
    const chip::LineSample real = applied(*sample.lines[at], rules[at]);
    set_line(reading, line, real);
    if (std::ranges::all_of(rules, plain)) continue;
    p += real.p;
    q += real.q;
    s += real.s;
    pf = s.value > 0 ? std::clamp(p.value / s.value, -1.0, 1.0) : 0;
  }
  const bool known = std::ranges::none_of(
      sample.lines, [](const auto& line) { return line && power_unknown(*line); });
  if (known) {
    reading.set(house_channel(Quantity::active_power), p.value);
    reading.set(house_channel(Quantity::reactive_power), q.value);
    reading.set(house_channel(Quantity::apparent_power), s.value);
    reading.set(house_channel(Quantity::power_factor), pf);
  }
  if (sample.f.value > 0) reading.set(house_channel(Quantity::frequency), sample.f.value);
  reading.set(house_channel(Quantity::temperature), sample.temperature.value);
  return reading;
}

}  // namespace fithome::reading
