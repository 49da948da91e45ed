// SPDX-License-Identifier: MIT
//
// The meter opened by a command itself, where no daemon has it.
//
// Flow:    chip, doctor -> DirectMeter -> SpidevBus or a simulated chip
// Promise: no count is lost: it locks the data directory, so that no daemon begins meanwhile, and
//          what a killed daemon left under way in its energy pad is finished before anything else
//          is transferred, as the next daemon would have
// Errors:  invalid   - a daemon has the directory, or this user may not open directory or device
//          others    - of SpidevBus::open, Simulation::open and the store
// Threads: one
#pragma once

#include <memory>
#include <optional>

#include "app/config.h"
#include "app/pad_file.h"
#include "app/simulation.h"
#include "base/clock.h"
#include "chip/chip.h"
#include "spi/bus.h"
#include "store/lock.h"
#include "store/store.h"

namespace fithome::app {

class DirectMeter {
 public:
  /// `meter`: the one of `config.meters` of that name, its device perhaps another than configured.
  /// `simulated`: that house in place of the device; then nothing of `config.data` is touched.
  static Result<std::unique_ptr<DirectMeter>> open(
      const Config& config, const MeterConfig& meter,
      const std::optional<SimulationOptions>& simulated);

  spi::Bus& bus() { return *bus_; }
  Clock& clock() { return *clock_; }
  /// Neither started nor asked anything yet.
  chip::Chip& chip() { return *chip_; }
  /// Sign and scale of each line, as configured, or as calibrated since.
  const reading::LineRules& rules() const { return rules_; }

 private:
  DirectMeter() = default;
  Result<void> keep_out_others(const Config& config, const MeterConfig& meter);
  Result<void> find_settings(const Config& config, const MeterConfig& meter,
                             const store::Reader& reader, store::MeterId id);

  std::optional<store::Lock> lock_;
  std::optional<PadFile> pad_file_;
  chip::EnergyPad own_pad_{};  // where there is none to go on from
  SystemClock system_clock_;
  std::optional<Simulation> simulation_;
  std::unique_ptr<spi::Bus> device_;
  spi::Bus* bus_ = nullptr;
  Clock* clock_ = &system_clock_;
  chip::ChipConfig chip_config_;              // as configured, or as calibrated since
  reading::LineRules rules_{};                // likewise
  std::optional<chip::ChipConfig> may_hold_;  // what a killed process may have left in the chip
  std::optional<chip::Chip> chip_;
};

}  // namespace fithome::app
