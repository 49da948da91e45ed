// SPDX-License-Identifier: MIT
#include "sim/energy_engine.h"

#include <algorithm>
#include <cmath>

namespace fithome::sim {
namespace {

using chip::Reg;

constexpr double kCountsPerPulse = 100;
constexpr double kFull = 0xFFFF;

constexpr std::array<std::uint16_t, kFlowKinds> kForward{0x80, 0x88, 0x90, 0xA0, 0xA8};
constexpr std::uint16_t kReverse = 4;  // from a forward register to its reverse one

double threshold(const RegisterFile& registers, Reg reg) { return registers[reg] * kPowerUnit; }

/// Fills one kind; true when it is no load.
bool fill(std::array<double, kFlowsPerKind>& flow, std::array<double, chip::kLines> lines,
          const Measured& measured, double line_threshold, double start_threshold,
          const Totalling& totalling, bool absolute) {
  for (std::size_t line = 0; line < lines.size(); ++line) {
    const LineMeasured& m = measured.lines[line];
    flow[line + 1] = std::abs(m.p) + std::abs(m.q) > line_threshold ? lines[line] : 0;
  }
  flow[0] = totalling.sum({flow[1], flow[2], flow[3]}, absolute);
  if (std::abs(flow[0]) > start_threshold) return false;
  flow.fill(0);
  return true;
}

}  // namespace

double joules_per_count(const RegisterFile& registers) {
  const std::uint32_t pl = registers[Reg::PLconstH] * 0x10000u + registers[Reg::PLconstL];
  return pl * 8e-8;
}

Flows gate(const Measured& measured, const RegisterFile& registers) {
  const Totalling totalling(registers);
  std::array<std::array<double, chip::kLines>, kFlowKinds> lines{};
  for (std::size_t i = 0; i < chip::kLines; ++i) {
    const LineMeasured& m = measured.lines[i];
    lines[active][i] = m.p;
    lines[reactive][i] = m.q;
    lines[apparent][i] = m.s;
    lines[fundamental][i] = m.p_fundamental;
    lines[harmonic][i] = m.p_harmonic;
  }
  Flows flows;
  const auto fill_kind = [&](FlowKind kind, Reg line_th, Reg start_th, bool absolute) {
    return fill(flows.power[kind], lines[kind], measured, threshold(registers, line_th),
                threshold(registers, start_th), totalling, absolute);
  };
  flows.active_no_load = fill_kind(active, Reg::PPhaseTh, Reg::PStartTh, totalling.absolute_active);
  flows.reactive_no_load =
      fill_kind(reactive, Reg::QPhaseTh, Reg::QStartTh, totalling.absolute_reactive);
  flows.apparent_no_load = fill_kind(apparent, Reg::SPhaseTh, Reg::SStartTh, false);
  // Fundamental and harmonic follow the active power's gate; they have no threshold of their own.
  for (const FlowKind kind : {fundamental, harmonic}) {
    if (flows.active_no_load) continue;
    std::array<double, kFlowsPerKind>& flow = flows.power[kind];
    for (std::size_t i = 0; i < chip::kLines; ++i) {
      flow[i + 1] = flows.power[active][i + 1] == 0 ? 0 : lines[kind][i];
    }
    flow[0] = totalling.sum({flow[1], flow[2], flow[3]}, totalling.absolute_active);
  }
  return flows;
}

void EnergyEngine::run(const Flows& flows, double seconds, RegisterFile& registers) {
  const double joules = joules_per_count(registers);
  if (joules == 0) return;
  for (std::size_t kind = 0; kind < kFlowKinds; ++kind) {
    for (std::size_t of = 0; of < kFlowsPerKind; ++of) {
      double& remainder = remainder_[kind][of];
      remainder += flows.power[kind][of] * seconds;
      if (std::abs(remainder) < joules) continue;
      const double counts = std::trunc(remainder / joules);
      remainder -= counts * joules;
      step(static_cast<FlowKind>(kind), of, counts, registers);
    }
  }
}

void EnergyEngine::step(FlowKind kind, std::size_t of, double counts, RegisterFile& registers) {
  const bool reverse = counts < 0;
  book(static_cast<std::uint16_t>(kForward[kind] + (reverse ? kReverse : 0) + of), std::abs(counts),
       registers);
  reversed_[kind][of] = reverse;
  if (of != 0) return;
  toward_pulse_[kind] += std::abs(counts);
  if (toward_pulse_[kind] < kCountsPerPulse) return;
  toward_pulse_[kind] = std::fmod(toward_pulse_[kind], kCountsPerPulse);
  pulse_reversed_[kind] = reverse;
}

void EnergyEngine::book(std::uint16_t address, double counts, RegisterFile& registers) {
  produced_[address - kFirst] += static_cast<std::uint64_t>(counts);
  std::uint16_t& word = registers.at(address);
  const double sum = word + counts;
  word = static_cast<std::uint16_t>(std::min(sum, kFull));
  if (sum > kFull) lost_[address - kFirst] += static_cast<std::uint64_t>(sum - kFull);
}

void EnergyEngine::clear_directions() {
  reversed_ = {};
  pulse_reversed_ = {};
}

}  // namespace fithome::sim
