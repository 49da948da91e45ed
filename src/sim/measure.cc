// SPDX-License-Identifier: MIT
#include "sim/measure.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace fithome::sim {
namespace {

using chip::Reg;
using std::numbers::pi;

constexpr double kFullScalePeakMv = 1200;
constexpr double kUnityGain = 32768;
constexpr double kPhiClock = 2.048e6;  // hertz of the delay cycles

constexpr Reg of(Reg line_a, std::size_t line, int stride = 1) {
  return chip::on_line(line_a, static_cast<int>(line), stride);
}

struct Input {
  Phasor mv;
  double floor = 0;
};

/// What a nibble of ChannelMapI or ChannelMapU connects, amplified and limited by the converter.
Input pick(const Sensed& sensed, const RegisterFile& registers, unsigned nibble) {
  const unsigned source = nibble & 7;
  Input input;
  if (source < 3) {
    const double pga = std::min(1u << ((registers[Reg::MMode1] >> (2 * source)) & 3), 4u);
    input = {sensed.i[source] * pga, sensed.i_floor[source] * pga};
  } else if (source >= 4 && source < 7) {
    input = {sensed.u[source - 4], sensed.u_floor[source - 4]};
  }
  const double peak = std::abs(input.mv) * std::numbers::sqrt2;
  if (peak > kFullScalePeakMv) input.mv *= kFullScalePeakMv / peak;
  return input;
}

/// Both words of an RMS register: 1/65536 of its unit, of which 1/256 are shown.
std::uint32_t rms_word(double value, std::int16_t offset) {
  const double shown = std::round(value * 256 + offset / 2.0);
  return static_cast<std::uint32_t>(std::clamp(shown, 0.0, double{0xFFFFFF})) << 8;
}

double degrees_behind(Phasor ahead, Phasor behind) {
  if (ahead == Phasor{} || behind == Phasor{}) return 0;
  const double angle = std::arg(ahead * std::conj(behind)) * 180 / pi;
  return angle < 0 ? angle + 360 : angle;
}

/// The compensation delays the current, or with bit 15 the voltage.
Phasor delay(std::uint16_t phi, Hertz f) {
  if ((phi & 0xFF) == 0) return 1;
  const double turn = (phi & 0xFF) * 2 * pi * f.value / kPhiClock;
  return std::polar(1.0, (phi & 0x8000) ? -turn : turn);
}

LineMeasured measure_line(const Sensed& sensed, const RegisterFile& r, std::size_t line, Input u,
                          Input i) {
  const double volts = r[of(Reg::UgainA, line, 4)] / kVoltageGainOfOne;  // per millivolt
  const double amps = r[of(Reg::IgainA, line, 4)] / kCurrentGainOfOne;
  const double pq_gain = 1 + r.signed_word(of(Reg::PQGainA, line, 2)) / kUnityGain;
  const Phasor power =
      u.mv * std::conj(i.mv) * volts * amps * pq_gain * delay(r[of(Reg::PhiA, line, 2)], sensed.f);

  LineMeasured m;
  m.u_word = rms_word(std::hypot(std::abs(u.mv), u.floor) * volts * 100,
                      r.signed_word(of(Reg::UoffsetA, line, 4)));
  m.i_word = rms_word(std::hypot(std::abs(i.mv), i.floor) * amps * 1000,
                      r.signed_word(of(Reg::IoffsetA, line, 4)));
  m.u = m.u_word / 65536.0 / 100;
  m.i = m.i_word / 65536.0 / 1000;
  m.p = power.real() + r.signed_word(of(Reg::PoffsetA, line, 2)) * kPowerUnit;
  if (u.mv != Phasor{}) m.p += sensed.p_noise[line];
  m.q = power.imag() + r.signed_word(of(Reg::QoffsetA, line, 2)) * kPowerUnit;
  m.s = m.u * m.i;
  m.pf = m.s == 0 ? 0 : std::clamp(m.p / m.s, -1.0, 1.0);
  const double fundamental_gain = 1 + r.signed_word(of(Reg::PGainAF, line)) / kUnityGain;
  m.p_fundamental = m.p * (1 - sensed.harmonic_share) * fundamental_gain +
                    r.signed_word(of(Reg::PoffsetAF, line)) * kPowerUnit;
  m.p_harmonic = m.p * sensed.harmonic_share;
  m.angle = degrees_behind(power, 1);
  m.u_peak_mv = std::abs(u.mv) * std::numbers::sqrt2;
  m.i_peak_mv = std::abs(i.mv) * std::numbers::sqrt2;
  return m;
}

void put_long(RegisterFile& registers, Reg high, std::uint32_t value) {
  registers[high] = static_cast<std::uint16_t>(value >> 16);
  registers[chip::low_word(high)] = static_cast<std::uint16_t>(value & 0xFFFF);
}

void put_power(RegisterFile& registers, Reg high, double value) {
  const double counts = std::clamp(std::round(value / kPowerUnit), -0x1p31, 0x1p31 - 1);
  put_long(registers, high, static_cast<std::uint32_t>(static_cast<std::int32_t>(counts)));
}

std::uint16_t factor_word(double pf) {
  return static_cast<std::uint16_t>(static_cast<std::int16_t>(std::lround(pf * 1000)));
}

std::uint16_t angle_word(double degrees) {
  return static_cast<std::uint16_t>(std::lround(degrees * 10) % 3600);
}

/// On the converter's own scale: the gain is not in it. Full scale is 2^15.
std::uint16_t peak_word(double peak_mv) {
  return static_cast<std::uint16_t>(
      std::min(std::round(peak_mv / kFullScalePeakMv * 32768), 32767.0));
}

}  // namespace

double NoiseSource::next() {
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);  // splitmix64
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) * 0x1p-52 - 1;
}

static Phasor turn_of(const Board& board, std::size_t line) {
  const double behind = board.voltage_angle[line].value;
  return behind == 0 ? Phasor(1) : std::polar(1.0, -behind * pi / 180);
}

Sensed sense(const Board& board, const HouseState& house, NoiseSource& noise) {
  Sensed sensed;
  sensed.f = house.f;
  sensed.temperature = house.chip_temperature;
  sensed.harmonic_share = board.harmonic_share;
  for (std::size_t k = 0; k < sensed.u.size(); ++k) {
    const double ct = board.ct_reversed[k] ? -board.ct_mv_per_amp[k] : board.ct_mv_per_amp[k];
    const std::size_t around = board.ct_around[k];
    const LineState& through = house.lines[around];
    if (through.u.value > 0) {
      // S = U conj(I), so I = conj(S) / conj(U); U is real until it is turned.
      sensed.i[k] =
          turn_of(board, around) * Phasor(through.p.value, -through.q.value) / through.u.value * ct;
    }
    if (house.lines[k].u.value > 0 && board.voltage_connected[k]) {
      const double adapter =
          board.voltage_reversed[k] ? -board.adapter_mv_per_volt : board.adapter_mv_per_volt;
      sensed.u[k] = turn_of(board, k) * house.lines[k].u.value * adapter;
    }
    if (!board.noise) continue;
    // What an open input and a steady load show on real boards.
    sensed.u[k] *= 1 + 0.0005 * noise.next();
    sensed.i[k] *= 1 + 0.001 * noise.next();
    sensed.u_floor[k] = (0.015 + 0.005 * noise.next()) * board.adapter_mv_per_volt;
    sensed.i_floor[k] = (0.0015 + 0.0005 * noise.next()) * board.ct_mv_per_amp[k];
    sensed.p_noise[k] = 0.05 * noise.next();
  }
  return sensed;
}

Totalling::Totalling(const RegisterFile& registers) {
  const unsigned mode = registers[Reg::MMode0];
  counted = {(mode & 4) != 0, (mode & 2) != 0, (mode & 1) != 0};
  absolute_active = (mode & 8) != 0;
  absolute_reactive = (mode & 16) != 0;
}

double Totalling::sum(std::array<double, chip::kLines> lines, bool absolute) const {
  double total = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (counted[i]) total += absolute ? std::abs(lines[i]) : lines[i];
  }
  return total;
}

Measured measure(const Sensed& sensed, const RegisterFile& registers) {
  Measured m;
  Phasor first_u;
  Phasor neutral;
  for (std::size_t k = 0; k < m.lines.size(); ++k) {
    const Input u = pick(sensed, registers, registers[Reg::ChannelMapU] >> (4 * k));
    const Input i = pick(sensed, registers, registers[Reg::ChannelMapI] >> (4 * k));
    if (k == 0) first_u = u.mv;
    LineMeasured& line = m.lines[k];
    line = measure_line(sensed, registers, k, u, i);
    line.u_angle = degrees_behind(first_u, u.mv);
    line.i_angle = degrees_behind(first_u, i.mv);
    neutral += i.mv * (registers[of(Reg::IgainA, k, 4)] / kCurrentGainOfOne);
  }
  m.neutral = std::abs(neutral);
  const Totalling totalling(registers);
  const auto total = [&](double LineMeasured::* part, bool absolute) {
    return totalling.sum({m.lines[0].*part, m.lines[1].*part, m.lines[2].*part}, absolute);
  };
  m.p = total(&LineMeasured::p, totalling.absolute_active);
  m.q = total(&LineMeasured::q, totalling.absolute_reactive);
  m.s = total(&LineMeasured::s, false);
  m.p_fundamental = total(&LineMeasured::p_fundamental, totalling.absolute_active);
  m.p_harmonic = total(&LineMeasured::p_harmonic, totalling.absolute_active);
  m.pf = m.s == 0 ? 0 : std::clamp(m.p / m.s, -1.0, 1.0);
  return m;
}

void publish(const Measured& m, Hertz frequency, Celsius temperature, RegisterFile& registers) {
  for (std::size_t k = 0; k < m.lines.size(); ++k) {
    const LineMeasured& line = m.lines[k];
    put_long(registers, of(Reg::UrmsA, k), line.u_word);
    put_long(registers, of(Reg::IrmsA, k), line.i_word);
    put_power(registers, of(Reg::PmeanA, k), line.p);
    put_power(registers, of(Reg::QmeanA, k), line.q);
    put_power(registers, of(Reg::SmeanA, k), line.s);
    put_power(registers, of(Reg::PmeanTF, k + 1), line.p_fundamental);
    put_power(registers, of(Reg::PmeanTH, k + 1), line.p_harmonic);
    registers[of(Reg::PFmeanA, k)] = factor_word(line.pf);
    registers[of(Reg::PAngleA, k)] = angle_word(line.angle);
    registers[of(Reg::UangleA, k)] = angle_word(line.u_angle);
    registers[of(Reg::UPeakA, k)] = peak_word(line.u_peak_mv);
    registers[of(Reg::IPeakA, k)] = peak_word(line.i_peak_mv);
  }
  put_power(registers, Reg::PmeanT, m.p);
  put_power(registers, Reg::QmeanT, m.q);
  put_power(registers, Reg::SmeanT, m.s);
  put_power(registers, Reg::PmeanTF, m.p_fundamental);
  put_power(registers, Reg::PmeanTH, m.p_harmonic);
  registers[Reg::PFmeanT] = factor_word(m.pf);
  registers[Reg::IrmsN] =
      static_cast<std::uint16_t>(std::min(std::round(m.neutral * 1000), 65535.0));
  registers[Reg::Freq] = static_cast<std::uint16_t>(std::lround(frequency.value * 100));
  registers[Reg::Temp] =
      static_cast<std::uint16_t>(static_cast<std::int16_t>(std::lround(temperature.value)));
}

}  // namespace fithome::sim
