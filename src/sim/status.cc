// SPDX-License-Identifier: MIT
#include "sim/status.h"

#include <algorithm>
#include <cmath>

namespace fithome::sim {
namespace {

using chip::Reg;

constexpr double kLeastCurrentMv = 0.1;  // below it a current has no phase to speak of

std::uint16_t bit(bool set, std::size_t number) {
  return static_cast<std::uint16_t>(set ? 1u << number : 0u);
}

/// On the scale of the thresholds: 0xFFFF is the converter's full scale, whatever the gain.
double peak_code(double peak_mv) { return peak_mv * 65535 / 1200; }

/// Three-wire: C more than half a turn behind A. Four-wire: A, then B, then C.
bool out_of_order(double b, double c, const RegisterFile& registers) {
  const bool three_wire = (registers[Reg::MMode0] & 0x100) != 0;
  return three_wire ? c <= 180 : !(b > 0 && b < c);
}

}  // namespace

void Status::LowVoltage::update(Monotonic now, bool low, Nanoseconds period) {
  if (!low) {
    since.reset();
    set = false;
    return;
  }
  if (!since) since = now;
  if (now - *since >= period) set = true;
}

void Status::update_voltages(Monotonic now, const Measured& measured,
                             const RegisterFile& registers) {
  const std::chrono::milliseconds period(registers[Reg::SagPeakDetCfg] & 0xFF);
  for (std::size_t k = 0; k < sag_.size(); ++k) {
    const double code = peak_code(measured.lines[k].u_peak_mv);
    sag_[k].update(now, code <= registers[Reg::SagTh], period);
    loss_[k].update(now, code <= registers[Reg::PhaseLossTh], period);
  }
}

/// A, else C, else B: the first not sagging, or then the first not lost.
bool Status::timed_by_a_line() const {
  const auto good = [](const LowVoltage& line) { return !line.set; };
  return std::ranges::any_of(sag_, good) || std::ranges::any_of(loss_, good);
}

std::uint16_t Status::state0(const Measured& measured, const Flows& flows,
                             const EnergyEngine& energy, const RegisterFile& registers) const {
  std::uint16_t state = 0;
  bool currents = true;
  for (std::size_t k = 0; k < measured.lines.size(); ++k) {
    const LineMeasured& line = measured.lines[k];
    state |= bit(peak_code(line.i_peak_mv) > registers[Reg::OIth], 15 - k);
    state |= bit(peak_code(line.u_peak_mv) > registers[Reg::OVth], 12 - k);
    if (k != 1 && line.i_peak_mv < kLeastCurrentMv) currents = false;
  }
  const auto& lines = measured.lines;
  const double i_a = lines[0].i_angle;
  const auto behind_i_a = [&](double angle) { return std::fmod(angle - i_a + 360, 360); };
  state |= bit(out_of_order(lines[1].u_angle, lines[2].u_angle, registers), 9);
  state |= bit(currents && out_of_order(behind_i_a(lines[1].i_angle), behind_i_a(lines[2].i_angle),
                                        registers),
               8);
  state |= bit(measured.neutral * 1000 > registers[Reg::InWarnTh], 7);
  state |= bit(flows.reactive_no_load, 6);
  state |= bit(flows.active_no_load, 5);
  state |= bit(flows.apparent_no_load, 4);
  const bool cf2_is_reactive = (registers[Reg::MMode0] & 0x80) != 0;
  state |= bit(energy.pulse_reversed(active), 3);
  state |= bit(cf2_is_reactive && energy.pulse_reversed(reactive), 2);
  state |= bit(energy.pulse_reversed(fundamental), 1);
  state |= bit(energy.pulse_reversed(harmonic), 0);
  return state;
}

std::uint16_t Status::state1(const EnergyEngine& energy, const RegisterFile& registers) const {
  const double f = frequency_.value * 100;
  std::uint16_t state = 0;
  state |= bit(f > registers[Reg::FreqHiTh], 15);
  state |= bit(f < registers[Reg::FreqLoTh], 11);
  for (std::size_t k = 0; k < sag_.size(); ++k) {
    state |= bit(sag_[k].set, 14 - k);
    state |= bit(loss_[k].set, 10 - k);
  }
  for (std::size_t of = 0; of < kFlowsPerKind; ++of) {
    state |= bit(energy.reversed(reactive, of), 7 - of);
    state |= bit(energy.reversed(active, of), 3 - of);
  }
  return state;
}

void Status::update(Monotonic now, const Measured& measured, Hertz cycle, const Flows& flows,
                    const EnergyEngine& energy, RegisterFile& registers) {
  update_voltages(now, measured, registers);
  frequency_ = timed_by_a_line() ? cycle : Hertz(0);

  const std::uint16_t before0 = registers[Reg::EMMState0];
  const std::uint16_t before1 = registers[Reg::EMMState1];
  registers[Reg::EMMState0] = state0(measured, flows, energy, registers);
  registers[Reg::EMMState1] = state1(energy, registers);
  registers[Reg::EMMIntState0] |= static_cast<std::uint16_t>(before0 ^ registers[Reg::EMMState0]);
  registers[Reg::EMMIntState1] |= static_cast<std::uint16_t>(before1 ^ registers[Reg::EMMState1]);
}

}  // namespace fithome::sim
