// SPDX-License-Identifier: MIT
//
// Chip::start: from whatever is on the wire to a chip that measures and holds what we wrote.
//
// Source:  application note 46103 sections 2 and 4; waits: datasheet 6.4, 5.2.1
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "chip/chip.h"
#include "chip/register_table.h"
#include "chip/settings.h"
#include "chip/wire.h"

namespace fithome::chip {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kResetTime = 50ms;    // power-on takes up to 40 ms
constexpr Nanoseconds kCrcTime = 30ms;      // two passes over all settings
constexpr Nanoseconds kSettleTime = 970ms;  // 16 line cycles and the filters; with the CRC, 1 s

/// What every ATM90E32AS holds that nobody has configured otherwise. There is no chip-ID register.
constexpr std::array<Setting, 2> kFixed{
    {{Reg::ChannelMapI, word(0x0210)}, {Reg::ChannelMapU, word(0x0654)}}};
constexpr std::array<Setting, 4> kAfterReset{
    {kFixed[0], kFixed[1], {Reg::SagPeakDetCfg, word(0x143F)}, {Reg::UgainA, word(0x8000)}}};
/// The chip tells by two bits whether its settings are still those it was locked with; the digest
/// that it compares need not be known.
constexpr std::array<Setting, 2> kLockedAndWell{
    {{Reg::CfgRegAccEn, word(0)}, {Reg::CRCErrStatus, word(0), 3}}};

std::vector<Word> values(std::span<const Setting> settings) {
  std::vector<Word> words;
  for (const Setting& setting : settings) words.push_back(setting.value);
  return words;
}

Result<std::vector<Word>> read_all(spi::Bus& bus, std::span<const Setting> settings) {
  std::vector<spi::Frame> frames;
  for (const Setting& setting : settings) frames.push_back(read_frame(setting.reg));
  FITHOME_TRY_VOID(bus.transfer(frames));
  std::vector<Word> words;
  for (const spi::Frame& frame : frames) words.push_back(answer(frame));
  return words;
}

struct Difference {
  Setting wanted;
  Word got;
};

/// The first register that does not hold what it should, however often it is asked.
Result<std::optional<Difference>> difference(spi::Bus& bus, std::span<const Setting> settings) {
  FITHOME_TRY(const std::vector<Word> words, read_all(bus, settings));
  for (std::size_t n = 0; n < settings.size(); ++n) {
    Word got = words[n];
    for (int attempt = 0; attempt < kAttempts && !settings[n].held_by(got); ++attempt) {
      FITHOME_TRY(got, read(bus, settings[n].reg));
    }
    if (!settings[n].held_by(got)) return std::optional(Difference{settings[n], got});
  }
  return std::optional<Difference>();
}

Failure complain(const spi::Bus& bus, Code code, std::string_view what) {
  return fail(code, fmt::format("chip on {}: {}", bus.describe(), what));
}

Failure complain(const spi::Bus& bus, const Difference& difference) {
  const Register* entry = find_register(address(difference.wanted.reg));
  return complain(bus, Code::transient,
                  fmt::format("{} holds 0x{:04X} in place of 0x{:04X}; check the MOSI wire and the "
                              "supply",
                              entry ? entry->name : "a register", raw(difference.got),
                              raw(difference.wanted.value)));
}

Result<void> pause(Clock& clock, Nanoseconds time, const std::stop_token& stop) {
  if (clock.wait_for(time, stop)) return {};
  return fail(Code::transient, "chip: stopped while it was being started");
}

Failure absence(const spi::Bus& bus, std::span<const Word> got, bool steady) {
  const Wire wire = judge(values(kFixed), got.first(kFixed.size()));
  switch (wire) {
    case Wire::all_high:
    case Wire::all_low:
    case Wire::shifted:
      return wiring_failure(bus, wire);
    case Wire::good:
      return complain(bus, Code::transient,
                      "the energy chip answers but takes no reset; check the MOSI wire");
    case Wire::other:
      break;
  }
  if (!steady) {
    return complain(bus, Code::transient,
                    "answers change from one time to the next; check all wires and the clock rate");
  }
  return complain(bus, Code::unsupported,
                  fmt::format("something answers that is no ATM90E32AS: register 0x01 reads "
                              "0x{:04X} in place of 0x0210",
                              raw(got.front())));
}

Result<void> reset_and_find(spi::Bus& bus, Clock& clock, const std::stop_token& stop) {
  // Not verified: LastSPIData is reset with the rest.
  FITHOME_TRY_VOID(write(bus, Reg::SoftReset, word(kSoftResetKey)));
  std::vector<Word> before;
  std::vector<Word> got;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    FITHOME_TRY_VOID(pause(clock, kResetTime, stop));
    before = got;
    FITHOME_TRY(got, read_all(bus, kAfterReset));
    if (got == values(kAfterReset)) return {};
  }
  return absence(bus, got, got == before);
}

Result<void> unlock(spi::Bus& bus) {
  const std::array wanted{word(kUnlockKey), word(kUnlockKey)};
  std::array<Word, 2> got{};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::array frames{write_frame(Reg::CfgRegAccEn, word(kUnlockKey)), read_frame(Reg::LastSPIData),
                      read_frame(Reg::CfgRegAccEn)};
    FITHOME_TRY_VOID(bus.transfer(frames));
    got = {answer(frames[1]), answer(frames[2])};
    if (got == wanted) return {};
  }
  if (judge(wanted, got) == Wire::shifted) return wiring_failure(bus, Wire::shifted);
  return complain(bus, Code::transient,
                  fmt::format("the energy chip answers but takes no writes (0x55AA came back as "
                              "0x{:04X}); check the MOSI wire",
                              raw(got[1])));
}

Result<void> clear_latches(spi::Bus& bus) {
  FITHOME_TRY_VOID(write_checked(bus, Reg::EMMIntState0, word(0xFFFF)));
  return write_checked(bus, Reg::EMMIntState1, word(0xFFFF));
}

Result<void> configure(spi::Bus& bus, const Settings& settings) {
  FITHOME_TRY_VOID(unlock(bus));
  for (const Setting& setting : settings) {
    FITHOME_TRY_VOID(write_checked(bus, setting.reg, setting.value));
  }
  FITHOME_TRY_VOID(clear_latches(bus));
  FITHOME_TRY_VOID(write_checked(bus, Reg::CfgRegAccEn, word(0)));
  FITHOME_TRY(const auto wrong, difference(bus, settings));
  if (wrong) return complain(bus, *wrong);
  return {};
}

/// What was counted while the filters settled is no energy of the house.
Result<void> drop_energy(spi::Bus& bus) {
  std::array<spi::Frame, kEnergyCounters> frames;
  for (int n = 0; n < kEnergyCounters; ++n) {
    frames[static_cast<std::size_t>(n)] = read_frame(energy_register(n));
  }
  return bus.transfer(frames);
}

/// From what the chip holds to `wanted`, register by register; `held` are worth no frame.
Result<void> change(spi::Bus& bus, const Settings& held, const Settings& wanted) {
  FITHOME_TRY_VOID(unlock(bus));
  for (std::size_t n = 0; n < wanted.size(); ++n) {
    if (held[n].value == wanted[n].value) continue;
    FITHOME_TRY_VOID(write_checked(bus, wanted[n].reg, wanted[n].value));
  }
  FITHOME_TRY_VOID(write_checked(bus, Reg::CfgRegAccEn, word(0)));
  FITHOME_TRY(const auto wrong, difference(bus, wanted));
  if (wrong) return complain(bus, *wrong);
  return {};
}

/// Whether each register holds what one of the two says; `held` becomes what it really holds.
Result<bool> holds_either(spi::Bus& bus, const Settings& one, const Settings& other,
                          Settings& held) {
  FITHOME_TRY(const auto fixed, difference(bus, kFixed));
  if (fixed) return false;
  FITHOME_TRY(const std::vector<Word> words, read_all(bus, one));
  held = one;
  for (std::size_t n = 0; n < one.size(); ++n) {
    Word got = words[n];
    const auto known = [&] { return one[n].held_by(got) || other[n].held_by(got); };
    for (int attempt = 0; attempt < kAttempts && !known(); ++attempt) {
      FITHOME_TRY(got, read(bus, one[n].reg));
    }
    if (!known()) return false;
    held[n].value = got;
  }
  return true;
}

Result<bool> runs_already(spi::Bus& bus, const Settings& settings) {
  for (const std::span<const Setting> part :
       {std::span<const Setting>(kFixed), std::span<const Setting>(kLockedAndWell),
        std::span<const Setting>(settings)}) {
    FITHOME_TRY(const auto wrong, difference(bus, part));
    if (wrong) return false;
  }
  return true;
}

}  // namespace

Result<Found> Chip::start(std::stop_token stop) {
  FITHOME_TRY(const Found found, begin_start(stop));
  if (!settled_at_) return found;
  FITHOME_TRY_VOID(pause(clock_, *settled_at_ - clock_.monotonic(), stop));
  FITHOME_TRY_VOID(finish_start());
  return found;
}

Result<Found> Chip::begin_start(std::stop_token stop) {
  ready_ = false;
  settled_at_.reset();
  FITHOME_TRY(const Settings settings, settings_for(config_));
  FITHOME_TRY_VOID(recover(bus_, pad_));
  FITHOME_TRY(bool running, runs_already(bus_, settings));
  if (!running) {
    FITHOME_TRY(running, finish_change());
  }
  if (running) {
    ready_ = true;
    other_.reset();
    return Found::running;
  }
  FITHOME_TRY_VOID(reset_and_find(bus_, clock_, stop));
  FITHOME_TRY_VOID(configure(bus_, settings));
  other_.reset();
  FITHOME_TRY_VOID(pause(clock_, kCrcTime, stop));
  FITHOME_TRY(const auto wrong, difference(bus_, kLockedAndWell));
  if (wrong) return complain(bus_, *wrong);
  settled_at_ = clock_.monotonic() + kSettleTime;
  return Found::fresh;
}

/// True where the chip was found in the middle of a change of ours, and now holds config_.
Result<bool> Chip::finish_change() {
  if (!other_) return false;
  FITHOME_TRY(const Settings wanted, settings_for(config_));
  FITHOME_TRY(const Settings other, settings_for(*other_));
  Settings held{};
  FITHOME_TRY(const bool ours, holds_either(bus_, wanted, other, held));
  if (!ours) return false;
  FITHOME_TRY_VOID(write_checked(bus_, Reg::CfgRegAccEn, word(0)));
  FITHOME_TRY_VOID(take_energy(bus_, pad_, lines_of(config_.wiring)));
  FITHOME_TRY_VOID(change(bus_, held, wanted));
  settled_ = clock_.monotonic() + kUnsettled;
  return true;
}

Result<void> Chip::reconfigure(const ChipConfig& config) {
  if (!ready_) return fail(Code::transient, "chip: not started");
  if (config.grid != config_.grid || config.wiring != config_.wiring) {
    return fail(Code::invalid, "chip: grid and wiring change with a restart only");
  }
  FITHOME_TRY(const Settings wanted, settings_for(config));
  FITHOME_TRY(const Settings held, settings_for(config_));
  FITHOME_TRY_VOID(recover(bus_, pad_));
  int retries = 0;
  FITHOME_TRY_VOID(check_health(retries));
  FITHOME_TRY_VOID(take_energy(bus_, pad_, lines_of(config_.wiring)));
  ready_ = false;
  other_ = config;
  FITHOME_TRY_VOID(change(bus_, held, wanted));
  other_.reset();
  config_ = config;
  settled_ = clock_.monotonic() + kUnsettled;
  ready_ = true;
  return {};
}

Result<void> Chip::finish_start() {
  settled_at_.reset();
  int retries = 0;
  FITHOME_TRY_VOID(check_health(retries));
  FITHOME_TRY_VOID(clear_latches(bus_));
  FITHOME_TRY_VOID(drop_energy(bus_));
  ready_ = true;
  return {};
}

}  // namespace fithome::chip
