// SPDX-License-Identifier: MIT
#include "chip/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <span>

#include "chip/decode.h"
#include "chip/wire.h"

namespace fithome::chip {
namespace {

using Lines = std::array<bool, kLines>;

constexpr std::size_t kMostFrames = block_frames({true, true, true});
constexpr int kFrequencyStep = 10;  // 0.1 Hz: renewed every cycle, even between two reads

/// One order for asking and for reading the answers: visit(register, where its word goes).
template <class Visit>
void each_long(Block& block, const Lines& lines, Visit visit) {
  const auto of_lines = [&](Reg reg, Long LineBlock::* value) {
    for (int n = 0; n < kLines; ++n) {
      const auto line = static_cast<std::size_t>(n);
      if (lines[line]) visit(on_line(reg, n), block.lines[line].*value);
    }
  };
  of_lines(Reg::UrmsA, &LineBlock::u);
  of_lines(Reg::IrmsA, &LineBlock::i);
  visit(Reg::PmeanT, block.p);
  of_lines(Reg::PmeanA, &LineBlock::p);
  visit(Reg::QmeanT, block.q);
  of_lines(Reg::QmeanA, &LineBlock::q);
  visit(Reg::SmeanT, block.s);
  of_lines(Reg::SmeanA, &LineBlock::s);
}

template <class Visit>
void each_word(Block& block, const Lines& lines, Visit visit) {
  const auto of_lines = [&](Reg reg, Word LineBlock::* value) {
    for (int n = 0; n < kLines; ++n) {
      const auto line = static_cast<std::size_t>(n);
      if (lines[line]) visit(on_line(reg, n), block.lines[line].*value);
    }
  };
  each_long(block, lines, [&](Reg reg, Long& value) {
    visit(reg, value.high);
    visit(low_word(reg), value.low);
    visit(reg, value.again);
  });
  visit(Reg::PFmeanT, block.pf);
  of_lines(Reg::PFmeanA, &LineBlock::pf);
  visit(Reg::Freq, block.f.first);
  visit(Reg::Freq, block.f.again);
  of_lines(Reg::PAngleA, &LineBlock::angle);
  visit(Reg::Temp, block.temperature.first);
  visit(Reg::Temp, block.temperature.again);
  visit(Reg::IrmsN, block.neutral);
  of_lines(Reg::UPeakA, &LineBlock::u_peak);
  of_lines(Reg::IPeakA, &LineBlock::i_peak);
}

Failure unsettled(const spi::Bus& bus, Reg reg) {
  return fail(Code::transient, fmt::format("chip on {}: register 0x{:02X} does not read the same "
                                           "twice; the wire is noisy, keep wires short",
                                           bus.describe(), address(reg)));
}

Result<void> settle(spi::Bus& bus, Reg reg, Long& value, int& retries) {
  for (int attempt = 0; attempt < kAttempts && !value.settled(); ++attempt) {
    std::array frames{read_frame(reg), read_frame(low_word(reg)), read_frame(reg)};
    FITHOME_TRY_VOID(bus.transfer(frames));
    retries += static_cast<int>(frames.size());
    value = {answer(frames[0]), answer(frames[1]), answer(frames[2])};
  }
  if (!value.settled()) return unsettled(bus, reg);
  return {};
}

Result<void> settle(spi::Bus& bus, Reg reg, Twice& value, int step, int& retries) {
  const auto settled = [&] {
    return std::abs(as_signed(value.first) - as_signed(value.again)) <= step;
  };
  for (int attempt = 0; attempt < kAttempts && !settled(); ++attempt) {
    std::array frames{read_frame(reg), read_frame(reg)};
    FITHOME_TRY_VOID(bus.transfer(frames));
    retries += static_cast<int>(frames.size());
    value = {answer(frames[0]), answer(frames[1])};
  }
  if (!settled()) return unsettled(bus, reg);
  return {};
}

LineSample decode_line(const LineBlock& block, const LineConfig& config, Volts nominal) {
  LineSample line;
  line.u = voltage(block.u.high, block.u.low);
  line.i = current(block.i.high, block.i.low);
  line.p = active_power(block.p.high, block.p.low);
  line.q = reactive_power(block.q.high, block.q.low);
  line.s = apparent_power(block.s.high, block.s.low);
  line.pf = power_factor(block.pf);
  line.angle = angle(block.angle);
  line.u_peak = voltage_peak(block.u_peak, config.voltage_gain);
  line.i_peak = current_peak(block.i_peak, config.current_gain);
  line.clipped = peak_clipped(block.u_peak) || peak_clipped(block.i_peak) ||
                 raw(block.u.high) == 0xFFFF || raw(block.i.high) == 0xFFFF;
  line.no_voltage = line.u < nominal * 0.1;
  return line;
}

bool no_voltage(const Sample& sample) {
  return std::ranges::all_of(sample.lines,
                             [](const auto& line) { return !line || line->no_voltage; });
}

bool near(double a, double b, double share, double least) {
  return std::abs(a - b) <= share * std::max(std::abs(a), std::abs(b)) + least;
}

// A power below this says nothing by its ratios.
constexpr double kQuiet = 20;

bool possible(double p, double q, double s, double pf) {
  if (s < 0 || std::abs(p) > s * 1.01 + 1) return false;
  if (s <= kQuiet) return true;
  return p * p + q * q <= s * s * 1.03 && std::abs(p / s - pf) <= 0.02;
}

}  // namespace

Result<Block> read_block(spi::Bus& bus, Lines lines, int& retries) {
  Block block;
  std::array<spi::Frame, kMostFrames> frames;
  std::size_t count = 0;
  each_word(block, lines, [&](Reg reg, Word&) { frames[count++] = read_frame(reg); });
  FITHOME_TRY_VOID(bus.transfer(std::span(frames).first(count)));
  count = 0;
  each_word(block, lines, [&](Reg, Word& word) { word = answer(frames[count++]); });

  Result<void> settled;
  each_long(block, lines, [&](Reg reg, Long& value) {
    if (settled) settled = settle(bus, reg, value, retries);
  });
  FITHOME_TRY_VOID(std::move(settled));
  FITHOME_TRY_VOID(settle(bus, Reg::Freq, block.f, kFrequencyStep, retries));
  FITHOME_TRY_VOID(settle(bus, Reg::Temp, block.temperature, 1, retries));
  return block;
}

Sample decode_block(const Block& block, const ChipConfig& config) {
  Sample sample;
  const Lines used = lines_of(config.wiring);
  for (std::size_t n = 0; n < used.size(); ++n) {
    if (used[n]) sample.lines[n] = decode_line(block.lines[n], config.lines[n], config.nominal);
  }
  sample.p = active_power(block.p.high, block.p.low);
  sample.q = reactive_power(block.q.high, block.q.low);
  sample.s = apparent_power(block.s.high, block.s.low);
  sample.pf = power_factor(block.pf);
  sample.f = frequency(block.f.again);
  sample.temperature = temperature(block.temperature.again);
  sample.neutral = neutral_current(block.neutral);
  sample.voltage_absent = no_voltage(sample);
  // Without voltage there are no cycles to count: noise is no frequency.
  if (sample.voltage_absent && (sample.f <= Hertz{40} || sample.f >= Hertz{70})) {
    sample.f = Hertz{0};
  }
  return sample;
}

std::optional<std::string> impossible_voltage(const Sample& sample, const ChipConfig& config) {
  const Volts most{std::max(300.0, config.nominal.value * 1.5)};
  for (std::size_t n = 0; n < sample.lines.size(); ++n) {
    if (sample.lines[n] && sample.lines[n]->u >= most) {
      return fmt::format(
          "the voltage of line {} reads {:.1f} V; check that the voltage gain is "
          "that of your board and adapter",
          line_letter(n), sample.lines[n]->u.value);
    }
  }
  return {};
}

std::optional<std::string> implausible(const Sample& sample) {
  if (!sample.voltage_absent && (sample.f <= Hertz{40} || sample.f >= Hertz{70})) {
    return fmt::format("the frequency reads {:.2f} Hz", sample.f.value);
  }
  if (sample.temperature < Celsius{-40} || sample.temperature > Celsius{125}) {
    return fmt::format("the chip's temperature reads {:.0f} degrees", sample.temperature.value);
  }
  return {};
}

bool coherent(const Sample& sample) {
  double p = 0;
  double q = 0;
  double s = 0;
  for (const auto& line : sample.lines) {
    if (!line) continue;
    if (!possible(line->p.value, line->q.value, line->s.value, line->pf)) return false;
    // The chip multiplies its own RMS values (datasheet 3.4).
    if (!near((line->u * line->i).value, line->s.value, 0.03, 5)) return false;
    p += line->p.value;
    q += line->q.value;
    s += line->s.value;
  }
  return near(sample.p.value, p, 0.001, 0.1) && near(sample.q.value, q, 0.001, 0.1) &&
         near(sample.s.value, s, 0.001, 0.1);
}

}  // namespace fithome::chip
