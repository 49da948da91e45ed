// SPDX-License-Identifier: MIT
#include "reading/ledger.h"

#include <algorithm>
#include <utility>

namespace fithome::reading {
namespace {

using chip::EnergyKind;

// What a counter has gained since it was booked, in nWh; a counter that fell has lost its memory.
std::int64_t gained(const Ledger& ledger, const chip::EnergyCounters& counters, int counter) {
  const auto at = static_cast<std::size_t>(counter);
  if (counters[at] <= ledger.booked[at]) return 0;
  return static_cast<std::int64_t>(counters[at] - ledger.booked[at]) * kNanoWattHoursPerCount;
}

struct Gain {
  std::int64_t active_in, active_out, reactive_in, reactive_out, apparent;
};

// `offset`: 0 for the all-line counters, 1 + line for a line's.
Gain gain_of(const Ledger& ledger, const chip::EnergyCounters& counters, int offset) {
  const auto of = [&](EnergyKind kind) {
    return gained(ledger, counters, chip::energy_total(kind) + offset);
  };
  return {of(EnergyKind::active_import), of(EnergyKind::active_export),
          of(EnergyKind::reactive_import), of(EnergyKind::reactive_export),
          of(EnergyKind::apparent)};
}

Gain applied(Gain gain, const LineRule& rule) {
  // A count is 3,125,000 nWh, so a thousandth of it is still whole.
  const auto scaled = [&](std::int64_t nwh) { return nwh / 1000 * rule.scale_per_mille; };
  Gain real{scaled(gain.active_in), scaled(gain.active_out), scaled(gain.reactive_in),
            scaled(gain.reactive_out), scaled(gain.apparent)};
  if (rule.reversed) {
    std::swap(real.active_in, real.active_out);
    std::swap(real.reactive_in, real.reactive_out);
  }
  return real;
}

void add(LineEnergy& energy, const Gain& gain) {
  energy.active.imported.nwh += gain.active_in;
  energy.active.exported.nwh += gain.active_out;
  energy.reactive.imported.nwh += gain.reactive_in;
  energy.reactive.exported.nwh += gain.reactive_out;
  energy.apparent.nwh += gain.apparent;
}

// The chip's all-line counters know neither reversed transformers nor different scales.
bool chip_nets(const LineRules& rules) {
  return std::ranges::all_of(rules, [&](const LineRule& rule) {
    return !rule.reversed && rule.scale_per_mille == rules[0].scale_per_mille;
  });
}

}  // namespace

void tell_apart(Flow& flow, std::int64_t& remainder) {
  // Two lines that cancel out jitter by a count at each poll; only what passes this is told apart.
  constexpr std::int64_t kNetStep = 100 * kNanoWattHoursPerCount;  // 1 CF, 0.3 Wh
  if (remainder >= kNetStep) {
    flow.imported.nwh += remainder;
    remainder = 0;
  } else if (remainder <= -kNetStep) {
    flow.exported.nwh -= remainder;
    remainder = 0;
  }
}

LineEnergy Ledger::counted() const {
  LineEnergy sum;
  for (const LineEnergy& line : lines) {
    sum.active.imported = sum.active.imported + line.active.imported;
    sum.active.exported = sum.active.exported + line.active.exported;
    sum.reactive.imported = sum.reactive.imported + line.reactive.imported;
    sum.reactive.exported = sum.reactive.exported + line.reactive.exported;
    sum.apparent = sum.apparent + line.apparent;
    sum.corrected.imported = sum.corrected.imported + line.corrected.imported;
    sum.corrected.exported = sum.corrected.exported + line.corrected.exported;
  }
  return sum;
}

void set_total(LineEnergy& energy, Energy imported, Energy exported) {
  energy.corrected.imported = energy.corrected.imported + (imported - energy.active.imported);
  energy.corrected.exported = energy.corrected.exported + (exported - energy.active.exported);
  energy.active = {imported, exported};
}

void book(Ledger& ledger, const chip::EnergyCounters& counters, const LineRules& rules,
          UtcTime time) {
  std::int64_t active = 0;
  std::int64_t reactive = 0;
  std::int64_t apparent = 0;
  for (int line = 0; line < chip::kLines; ++line) {
    const auto at = static_cast<std::size_t>(line);
    const Gain gain = applied(gain_of(ledger, counters, 1 + line), rules[at]);
    add(ledger.lines[at], gain);
    active += gain.active_in - gain.active_out;
    reactive += gain.reactive_in - gain.reactive_out;
    apparent += gain.apparent;
  }
  if (chip_nets(rules)) {
    add(ledger.net, applied(gain_of(ledger, counters, 0), rules[0]));
  } else {
    ledger.net_remainder[0] += active;
    ledger.net_remainder[1] += reactive;
    tell_apart(ledger.net.active, ledger.net_remainder[0]);
    tell_apart(ledger.net.reactive, ledger.net_remainder[1]);
    ledger.net.apparent.nwh += apparent;
  }
  ledger.booked = counters;
  ledger.time = time;
}

}  // namespace fithome::reading
