// SPDX-License-Identifier: MIT
//
// A house that is not there, and the chip that measures it: what stands behind the bus in a demo.
// Where the configuration has several meters, so has the demo: the first one measures the house,
// each further one a generated house of its own, of the seed after.
//
// Flow:    --house, --start, --speed -> Simulation -> Buses, Clock, ChipConfigs for the daemon
// Threads: built by main; the bus is the sampler's
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

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
  /// What the meters behind the first one measure; a wiring each.
  std::vector<chip::Wiring> further_meters;
  double speed = 1;  // 0: as fast as it goes
  std::optional<std::chrono::milliseconds> duration;
  std::optional<sim::Scenario> scenario;  // what is to go wrong with the first meter
  std::chrono::milliseconds soft_reset = sim::Board{}.soft_reset_time;
};

class Simulation {
 public:
  /// Errors: invalid, not_found - a house that cannot be built, as sim::csv_house says
  static Result<Simulation> open(const SimulationOptions& options);

  Clock& clock() { return *clock_; }
  spi::Bus& bus(std::size_t meter = 0) { return *meters_[meter].bus; }
  /// Of the first meter.
  sim::Wire& wire() { return meters_.front().bus->wire; }
  /// `config` with the wiring, grid and gains that fit the simulated board.
  chip::ChipConfig fitted(chip::ChipConfig config, std::size_t meter = 0) const;
  /// No reading before this, so that the chip has settled by then; nothing in real time.
  std::optional<UtcTime> begin() const { return begin_; }
  /// No reading at or after this.
  std::optional<UtcTime> end() const { return end_; }
  const std::string& house() const { return name_; }

 private:
  struct Meter {
    chip::Wiring wiring;
    std::unique_ptr<sim::House> house;
    std::unique_ptr<sim::SimChip> chip = {};
    std::unique_ptr<sim::SimBus> bus = {};
    std::unique_ptr<sim::Director> director = {};
  };

  Simulation() = default;
  Result<void> build_further(const SimulationOptions& options);
  Result<void> add_meter(chip::Wiring wiring, std::unique_ptr<sim::House> house,
                         const SimulationOptions& options,
                         const std::optional<sim::Scenario>& scenario);

  std::string name_;
  chip::Grid grid_ = chip::Grid::hz60;
  std::optional<UtcTime> begin_;
  std::optional<UtcTime> end_;
  std::unique_ptr<Clock> clock_;
  std::vector<Meter> meters_;
};

}  // namespace fithome::app
