// SPDX-License-Identifier: MIT
//
// A house that is not there, and the chip that measures it: what stands behind the bus in a demo.
//
// Flow:    --house, --start, --speed -> Simulation -> Bus, Clock, ChipConfig for the daemon
// Threads: built by main; the bus is the sampler's
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/time.h"
#include "chip/chip.h"
#include "sim/director.h"
#include "sim/scenario.h"
#include "sim/sim_bus.h"

namespace fithome::app {

struct SimulationOptions {
  std::string house = "generated:1";  // generated:SEED or csv:FILE
  std::string columns;                // of a CSV, see sim::CsvHouseOptions
  char separator = 0;
  std::string time_format;
  std::optional<chip::Grid> grid;      // unless told 60 Hz for a generated house, 50 Hz for a CSV
  std::optional<chip::Wiring> wiring;  // unless told split phase, or the lines a CSV names
  std::optional<UtcTime> start;        // unless told now, or a CSV's first row
  double speed = 1;                    // 0: as fast as it goes
  std::optional<std::chrono::milliseconds> duration;
  std::optional<sim::Scenario> scenario;  // what is to go wrong
  std::chrono::milliseconds soft_reset = sim::Board{}.soft_reset_time;
};

class Simulation {
 public:
  /// Errors: invalid, not_found - a house that cannot be built, as sim::csv_house says
  static Result<Simulation> open(const SimulationOptions& options);

  Clock& clock() { return *clock_; }
  spi::Bus& bus() { return *bus_; }
  sim::Wire& wire() { return bus_->wire; }
  /// `config` with the wiring, grid and gains that fit the simulated board.
  chip::ChipConfig fitted(chip::ChipConfig config) const;
  /// No reading before this, so that the chip has settled by then; nothing in real time.
  std::optional<UtcTime> begin() const { return begin_; }
  /// No reading at or after this.
  std::optional<UtcTime> end() const { return end_; }
  const std::string& house() const { return name_; }

 private:
  Simulation() = default;
  std::string name_;
  chip::Grid grid_ = chip::Grid::hz60;
  chip::Wiring wiring_ = chip::Wiring::split_phase;
  std::optional<UtcTime> begin_;
  std::optional<UtcTime> end_;
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<sim::House> house_;
  std::unique_ptr<sim::SimChip> chip_;
  std::unique_ptr<sim::SimBus> bus_;
  std::unique_ptr<sim::Director> director_;
};

}  // namespace fithome::app
