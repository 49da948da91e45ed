// SPDX-License-Identifier: MIT
#include "chip/chip.h"

#include <fmt/format.h>

#include "chip/measure.h"
#include "chip/settings.h"
#include "chip/wire.h"

namespace fithome::chip {
namespace {

constexpr Word word(int value) { return static_cast<Word>(value); }

/// What tells on every poll that the chip is still ours.
struct Health {
  Word metering, voltage_gain, mode, lock, crc;
  Word state0, state1;
};

Result<Health> read_health(spi::Bus& bus) {
  std::array frames{read_frame(Reg::MeterEn),      read_frame(Reg::UgainA),
                    read_frame(Reg::MMode0),       read_frame(Reg::CfgRegAccEn),
                    read_frame(Reg::CRCErrStatus), read_frame(Reg::EMMState0),
                    read_frame(Reg::EMMState1)};
  FITHOME_TRY_VOID(bus.transfer(frames));
  return Health{answer(frames[0]), answer(frames[1]), answer(frames[2]), answer(frames[3]),
                answer(frames[4]), answer(frames[5]), answer(frames[6])};
}

struct Expected {
  Word voltage_gain, mode;
};

bool healthy(const Health& health, const Expected& expected) {
  return health.metering == word(1) && health.voltage_gain == expected.voltage_gain &&
         health.mode == expected.mode && raw(health.lock) == 0 && (raw(health.crc) & 3) == 0;
}

Failure illness(const spi::Bus& bus, const Health& health, const Expected& expected) {
  const std::array wanted{word(1), expected.voltage_gain, expected.mode};
  const std::array got{health.metering, health.voltage_gain, health.mode};
  const Wire wire = judge(wanted, got);
  if (wire == Wire::all_high || wire == Wire::all_low || wire == Wire::shifted) {
    return wiring_failure(bus, wire);
  }
  std::string what;
  if (wire == Wire::good && (raw(health.crc) & 3) != 0) {
    what = "the chip finds its own settings damaged (CRC)";
  } else if (wire == Wire::good) {
    what = fmt::format("the chip was unlocked behind our back: CfgRegAccEn reads 0x{:04X}",
                       raw(health.lock));
  } else {
    what = fmt::format(
        "the chip was reset behind our back: voltage gain reads 0x{:04X} in place of 0x{:04X}, "
        "metering {}",
        raw(health.voltage_gain), raw(expected.voltage_gain),
        raw(health.metering) == 0 ? "is off" : "is on");
  }
  return fail(Code::transient, fmt::format("chip on {}: {}", bus.describe(), what));
}

/// Reads the latches and clears exactly what was read, so that a change in between stays.
Result<void> take_latches(spi::Bus& bus, const Expected& expected, ChipState& state) {
  std::array frames{read_frame(Reg::EMMIntState0), read_frame(Reg::EMMIntState1),
                    read_frame(Reg::UgainA)};
  FITHOME_TRY_VOID(bus.transfer(frames));
  // A wire that went dead since the health check would have made the energy read as 0.
  if (answer(frames[2]) != expected.voltage_gain) {
    FITHOME_TRY(const Word gain, read(bus, Reg::UgainA));
    if (gain != expected.voltage_gain) {
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
  const Expected expected{word(config_.lines[0].voltage_gain),
                          metering_mode(config_.grid, config_.wiring)};
  Health health{};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    FITHOME_TRY(health, read_health(bus_));
    if (healthy(health, expected)) {
      return ChipState{.live0 = raw(health.state0), .live1 = raw(health.state1)};
    }
    retries += 7;
  }
  ready_ = false;
  return illness(bus_, health, expected);
}

Result<Sample> Chip::measure(int& retries) {
  Sample sample;
  for (int attempt = 0; attempt < 2; ++attempt) {
    FITHOME_TRY(const Block block, read_block(bus_, lines_of(config_.wiring), retries));
    sample = decode_block(block, config_);
    sample.incoherent = !coherent(sample);
    if (!sample.incoherent && !implausible(sample, config_)) return sample;
    if (attempt == 0) retries += block_frames(lines_of(config_.wiring));
  }
  if (const auto why = implausible(sample, config_)) {
    return fail(Code::transient, fmt::format("chip on {}: {}", bus_.describe(), *why));
  }
  return sample;
}

Result<Sample> Chip::sample() {
  if (!ready_) return fail(Code::transient, "chip: not started");
  FITHOME_TRY_VOID(recover(bus_, pad_));
  int retries = 0;
  FITHOME_TRY(const ChipState state, check_health(retries));
  FITHOME_TRY(Sample sample, measure(retries));
  sample.state = state;
  FITHOME_TRY(const EnergyTaken taken, take_energy(bus_, pad_, lines_of(config_.wiring)));
  FITHOME_TRY_VOID(take_latches(
      bus_, {word(config_.lines[0].voltage_gain), metering_mode(config_.grid, config_.wiring)},
      sample.state));
  sample.energy = counters(pad_);
  sample.energy_overflow = pad_.overflows != overflows_published_;
  overflows_published_ = pad_.overflows;
  sample.energy_near_overflow = taken.overflow_near;
  sample.retries = retries + taken.retries;
  return sample;
}

}  // namespace fithome::chip
