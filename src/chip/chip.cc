// SPDX-License-Identifier: MIT
#include "chip/chip.h"

#include <fmt/format.h>

#include "chip/measure.h"
#include "chip/settings.h"
#include "chip/wire.h"

namespace fithome::chip {
namespace {

/// What tells on every poll that the chip is still ours.
using Sentinels = std::array<Setting, 5>;
enum Sentinel { metering, gain, mode, lock, crc };

Sentinels sentinels_for(const ChipConfig& config) {
  return {{{Reg::MeterEn, word(1)},
           {Reg::UgainA, word(config.lines[0].voltage_gain)},
           {Reg::MMode0, metering_mode(config.grid, config.wiring)},
           {Reg::CfgRegAccEn, word(0)},
           {Reg::CRCErrStatus, word(0), 3}}};
}

std::string illness(const Sentinels& wanted, const std::array<Word, 5>& got) {
  const bool gain_lost = !wanted[gain].held_by(got[gain]) && got[gain] == word(0x8000);
  if (!wanted[metering].held_by(got[metering]) || gain_lost) {
    return fmt::format(
        "the chip was reset behind our back: voltage gain reads 0x{:04X} in place of 0x{:04X}, "
        "metering is {}",
        raw(got[gain]), raw(wanted[gain].value), raw(got[metering]) == 0 ? "off" : "on");
  }
  if (!wanted[lock].held_by(got[lock])) return "the chip was unlocked behind our back";
  if (!wanted[crc].held_by(got[crc])) return "the chip finds its own settings damaged (CRC)";
  const Sentinel wrong = wanted[gain].held_by(got[gain]) ? mode : gain;
  return fmt::format("the chip was changed behind our back: {} reads 0x{:04X} in place of 0x{:04X}",
                     wrong == gain ? "voltage gain" : "MMode0", raw(got[wrong]),
                     raw(wanted[wrong].value));
}

Failure unhealthy(const spi::Bus& bus, const Sentinels& wanted, const std::array<Word, 5>& got) {
  const std::array values{wanted[metering].value, wanted[gain].value, wanted[mode].value};
  const Wire wire = judge(values, std::span(got).first(values.size()));
  if (wire == Wire::all_high || wire == Wire::all_low || wire == Wire::shifted) {
    return wiring_failure(bus, wire);
  }
  return fail(Code::transient, fmt::format("chip on {}: {}", bus.describe(), illness(wanted, got)));
}

/// Reads the latches and clears exactly what was read, so that a change in between stays.
Result<void> take_latches(spi::Bus& bus, Word voltage_gain, ChipState& state) {
  std::array frames{read_frame(Reg::EMMIntState0), read_frame(Reg::EMMIntState1),
                    read_frame(Reg::UgainA)};
  FITHOME_TRY_VOID(bus.transfer(frames));
  // A wire that went dead since the health check would have made the energy read as 0.
  if (answer(frames[2]) != voltage_gain) {
    FITHOME_TRY(const Word again, read(bus, Reg::UgainA));
    if (again != voltage_gain) {
      return fail(Code::transient, fmt::format("chip on {}: went silent during a reading; check "
                                               "wires and supply",
                                               bus.describe()));
    }
  }
  state.latched0 = raw(answer(frames[0]));
  state.latched1 = raw(answer(frames[1]));
  if (state.latched0 == 0 && state.latched1 == 0) return {};
  std::array clear{write_frame(Reg::EMMIntState0, word(state.latched0)),
                   write_frame(Reg::EMMIntState1, word(state.latched1))};
  return bus.transfer(clear);
}

}  // namespace

std::array<bool, kLines> lines_of(Wiring wiring) {
  switch (wiring) {
    case Wiring::split_phase:
      return {true, false, true};
    case Wiring::three_phase:
      return {true, true, true};
    case Wiring::single_phase:
      break;
  }
  return {true, false, false};
}

Chip::Chip(spi::Bus& bus, Clock& clock, ChipConfig config, EnergyPad& pad)
    : bus_(bus), clock_(clock), config_(config), pad_(pad), overflows_published_(pad.overflows) {}

Result<ChipState> Chip::check_health(int& retries) {
  const Sentinels wanted = sentinels_for(config_);
  std::array<spi::Frame, wanted.size() + 2> frames;
  for (std::size_t n = 0; n < wanted.size(); ++n) frames[n] = read_frame(wanted[n].reg);
  frames[wanted.size()] = read_frame(Reg::EMMState0);
  frames[wanted.size() + 1] = read_frame(Reg::EMMState1);
  FITHOME_TRY_VOID(bus_.transfer(frames));
  std::array<Word, wanted.size()> got{};
  bool well = true;
  for (std::size_t n = 0; n < wanted.size(); ++n) {
    got[n] = answer(frames[n]);
    for (int attempt = 0; attempt < kAttempts && !wanted[n].held_by(got[n]); ++attempt) {
      FITHOME_TRY(got[n], read(bus_, wanted[n].reg));
      ++retries;
    }
    well = well && wanted[n].held_by(got[n]);
  }
  if (!well) {
    ready_ = false;
    return unhealthy(bus_, wanted, got);
  }
  return ChipState{.live0 = raw(answer(frames[wanted.size()])),
                   .live1 = raw(answer(frames[wanted.size() + 1]))};
}

Result<Sample> Chip::measure(int& retries) {
  Sample sample;
  for (int attempt = 0; attempt < 2; ++attempt) {
    FITHOME_TRY(const Block block, read_block(bus_, lines_of(config_.wiring), retries));
    sample = decode_block(block, config_);
    sample.incoherent = !coherent(sample);
    const bool possible = !impossible_voltage(sample, config_) && !implausible(sample);
    if (!sample.incoherent && possible) return sample;
    if (attempt == 0) retries += block_frames(lines_of(config_.wiring));
  }
  if (const auto why = impossible_voltage(sample, config_)) {
    return fail(Code::invalid, fmt::format("chip on {}: {}", bus_.describe(), *why));
  }
  if (const auto why = implausible(sample)) {
    return fail(Code::transient, fmt::format("chip on {}: {}", bus_.describe(), *why));
  }
  return sample;
}

Result<Sample> Chip::sample() {
  FITHOME_TRY(Sample sample, begin_sample());
  FITHOME_TRY_VOID(finish_sample(sample));
  return sample;
}

Result<Sample> Chip::begin_sample() {
  if (!ready_) return fail(Code::transient, "chip: not started");
  FITHOME_TRY_VOID(recover(bus_, pad_));
  int retries = 0;
  FITHOME_TRY(const ChipState state, check_health(retries));
  FITHOME_TRY(Sample sample, measure(retries));
  sample.state = state;
  sample.retries = retries;
  sample.measured = clock_.monotonic();
  if (sample.measured < settled_) sample.incoherent = true;
  return sample;
}

Result<void> Chip::finish_sample(Sample& sample) {
  FITHOME_TRY(const EnergyTaken taken, take_energy(bus_, pad_, lines_of(config_.wiring)));
  FITHOME_TRY_VOID(take_latches(bus_, word(config_.lines[0].voltage_gain), sample.state));
  sample.energy = counters(pad_);
  sample.energy_overflow = pad_.overflows != overflows_published_;
  overflows_published_ = pad_.overflows;
  sample.energy_near_overflow = taken.overflow_near;
  sample.retries += taken.retries;
  return {};
}

}  // namespace fithome::chip
