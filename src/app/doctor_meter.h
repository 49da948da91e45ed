// SPDX-License-Identifier: MIT
//
// What `fithome doctor` sees of the meter: by way of the daemon, or by asking the chip itself.
//
// Shape:   what could not be seen is absent, with the Error that says why
// Promise: no count of energy is lost. Asked directly, a chip that was not yet configured is: as
//          `fithome run` would do it
// Threads: one
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "chip/chip.h"
#include "reading/ledger.h"

namespace fithome::app {

struct MeterSeen {
  bool by_daemon = false;
  std::optional<Error> not_opened;   // the device; then nothing below is there
  std::string device;                // "/dev/spidev0.0 (mode 3, 500 kHz)"
  std::vector<chip::Word> presence;  // ChannelMapI and ChannelMapU, asked three times
  std::optional<Error> not_asked;    // not even that could be had
  std::optional<Error> not_written;  // a register did not take what was written
  std::optional<Error> not_started;  // the chip takes no configuration
  std::vector<chip::Word> state;     // MeterEn, CfgRegAccEn, CRCErrStatus
  std::array<std::optional<Volts>, chip::kLines> volts;  // the registers alone
  std::vector<chip::Sample> samples;
  std::string missed;                       // why there are no samples
  chip::ChipConfig config;                  // the gains, PGA, grid and wiring that the chip holds
  std::optional<Degrees> u_angle_c;         // of voltage C behind A
  std::optional<reading::LineRules> rules;  // sign and scale in effect; nothing: as configured
};

/// Asks the chip: presence, a write and its read-back, start, ten samples. At most 5 s of `clock`.
MeterSeen look_directly(spi::Bus& bus, chip::Chip& chip, Clock& clock, std::stop_token stop);

/// Asks the daemon of `data` for the meter of that name; empty: the first. `config`: what it is
/// believed to be, for what the chip cannot tell.
MeterSeen look_by_daemon(const std::filesystem::path& data, const std::string& meter,
                         const chip::ChipConfig& config, std::stop_token stop);

}  // namespace fithome::app
