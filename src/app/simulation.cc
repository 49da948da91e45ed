// SPDX-License-Identifier: MIT
#include "app/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/number.h"
#include "sim/disturbed_house.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

// A fresh chip takes 1.1 s to settle; a simulated clock starts so much before the first reading.
constexpr auto kLeadIn = 2s;

// A meter shows the window that ended last; two windows of 16 cycles (datasheet 3.4) before a
// reading everything it shows has begun. A file is played so much ahead that the reading stamped
// with a row's time shows that row.
constexpr int kCyclesAhead = 32;

double hertz(chip::Grid grid) { return grid == chip::Grid::hz60 ? 60 : 50; }
Volts nominal(chip::Grid grid) { return grid == chip::Grid::hz60 ? Volts{120} : Volts{230}; }

bool is_csv(const SimulationOptions& options) { return options.house.starts_with("csv:"); }

// Which lines a list of columns names: "p_a=..." is a load on A.
chip::Wiring wiring_of(std::string_view columns) {
  const auto names = [&](std::string_view channel) {
    return columns.starts_with(channel) || columns.find("," + std::string(channel)) != columns.npos;
  };
  if (names("p_b=")) return chip::Wiring::three_phase;
  if (names("p_c=")) return chip::Wiring::split_phase;
  return chip::Wiring::single_phase;
}

Result<std::unique_ptr<sim::House>> replay(const SimulationOptions& options, chip::Grid grid) {
  return sim::csv_house({.file = options.house.substr(4),
                         .columns = options.columns,
                         .separator = options.separator,
                         .time_format = options.time_format,
                         .nominal = nominal(grid),
                         .f = Hertz{hertz(grid)}});
}

// `further`: which meter behind the first one it is for.
Result<std::unique_ptr<sim::House>> generated(const std::string& spec, chip::Grid grid,
                                              std::uint64_t further = 0) {
  constexpr std::string_view kPrefix = "generated:";
  std::optional<std::uint64_t> seed;
  if (spec.starts_with(kPrefix)) {
    seed = parse_number<std::uint64_t>(std::string_view(spec).substr(kPrefix.size()));
  }
  if (!seed) {
    return fail(Code::invalid,
                fmt::format("--house {}: no such house; say generated:SEED (a whole number) or "
                            "csv:FILE",
                            spec));
  }
  return sim::generated_house(*seed + further, Hertz{hertz(grid)}, nominal(grid));
}

std::unique_ptr<Clock> clock_for(const SimulationOptions& options,
                                 const std::optional<UtcTime>& begin) {
  if (!begin) return std::make_unique<SystemClock>();
  const UtcInstant start = *begin - kLeadIn;
  if (options.speed == 0) return std::make_unique<ManualClock>(start);
  return std::make_unique<ScaledClock>(start, options.speed);
}

}  // namespace

Result<Simulation> Simulation::open(const SimulationOptions& options) {
  const bool csv = is_csv(options);
  Simulation made;
  made.grid_ = options.grid.value_or(csv ? chip::Grid::hz50 : chip::Grid::hz60);
  const chip::Wiring wiring =
      options.wiring.value_or(csv ? wiring_of(options.columns) : chip::Wiring::split_phase);
  FITHOME_TRY(auto house, csv ? replay(options, made.grid_) : generated(options.house, made.grid_));
  made.name_ = house->describe();
  made.begin_ = options.start;
  if (const auto known = house->begin(); known && !made.begin_) made.begin_ = to_stamp(*known);
  if (!made.begin_ && options.speed != 1) {
    made.begin_ = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }
  if (const auto known = house->end()) made.end_ = to_stamp(*known);
  if (options.duration) {
    const UtcTime from = made.begin_.value_or(to_stamp(SystemClock().utc()));
    made.end_ = std::min(made.end_.value_or(UtcTime::max()), from + *options.duration);
  }
  const Nanoseconds lead(std::llround(kCyclesAhead / hertz(made.grid_) * 1e9));
  made.clock_ = clock_for(options, made.begin_);
  if (csv) house = sim::ahead(std::move(house), lead);
  FITHOME_TRY_VOID(made.add_meter(wiring, std::move(house), options, options.scenario));
  FITHOME_TRY_VOID(made.build_further(options));
  return made;
}

Result<void> Simulation::build_further(const SimulationOptions& options) {
  if (options.further_meters.empty()) return {};
  if (is_csv(options)) {
    return fail(Code::invalid,
                fmt::format("--house {}: a file is one meter, and the configuration has {}; name "
                            "another configuration with --config",
                            options.house, options.further_meters.size() + 1));
  }
  name_ = fmt::format("first meter: {}", name_);
  for (std::size_t n = 0; n < options.further_meters.size(); ++n) {
    FITHOME_TRY(auto house, generated(options.house, grid_, n + 1));
    name_ += fmt::format("; meter {}: {}", n + 2, house->describe());
    FITHOME_TRY_VOID(add_meter(options.further_meters[n], std::move(house), options, {}));
  }
  return {};
}

Result<void> Simulation::add_meter(chip::Wiring wiring, std::unique_ptr<sim::House> house,
                                   const SimulationOptions& options,
                                   const std::optional<sim::Scenario>& scenario) {
  Meter meter{.wiring = wiring, .house = std::move(house)};
  const UtcInstant start = begin_ ? UtcInstant(*begin_) : clock_->utc();
  std::optional<sim::Scenario> started;
  if (scenario) {
    FITHOME_TRY(started, sim::started(*scenario, start));
    meter.house = sim::disturbed(std::move(meter.house), *started, start);
  }
  sim::Board board;
  board.soft_reset_time = options.soft_reset;
  if (wiring == chip::Wiring::three_phase) {
    board.voltage_angle = {Degrees{0}, Degrees{120}, Degrees{240}};
  }
  meter.chip = std::make_unique<sim::SimChip>(*clock_, *meter.house, board);
  meter.bus = std::make_unique<sim::SimBus>(*meter.chip);
  if (started) {
    const Monotonic begun = clock_->monotonic() + (start - clock_->utc());
    meter.director = std::make_unique<sim::Director>(*std::move(started), begun, *clock_,
                                                     *meter.chip, meter.bus->wire);
  }
  meters_.push_back(std::move(meter));
  return {};
}

chip::ChipConfig Simulation::fitted(chip::ChipConfig config, std::size_t meter) const {
  config.grid = grid_;
  config.wiring = meters_[meter].wiring;
  config.nominal = nominal(grid_);
  const sim::Board board;
  for (int line = 0; line < chip::kLines; ++line) {
    config.lines[static_cast<std::size_t>(line)] = {
        .voltage_gain = sim::matching_voltage_gain(board),
        .current_gain = sim::matching_current_gain(board, line, config.pga)};
  }
  return config;
}

}  // namespace fithome::app
