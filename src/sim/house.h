// SPDX-License-Identifier: MIT
//
// What the simulated chip measures: a house that can say, for any instant, what flows where.
//
// Flow:    House -> SimChip (registers) -> SimBus -> the driver
// Units:   base/units.h; positive power flows from the grid, positive reactive power is lagging
// Threads: one at a time
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/units.h"

namespace fithome::sim {

struct LineState {
  Volts u{};
  Watts p{};
  Vars q{};
};

struct HouseState {
  std::array<LineState, 3> lines{};  // A, B, C; a line without voltage is not wired
  Hertz f{60};
  Celsius chip_temperature{35};
};

class House {
 public:
  virtual ~House() = default;
  /// The mean over [from, to). Instants may be asked for in any order, with the same answer.
  virtual HouseState mean(UtcInstant from, UtcInstant to) const = 0;
  /// When the house begins and ends to be known; nothing for one that goes on for ever.
  virtual std::optional<UtcInstant> begin() const { return {}; }
  virtual std::optional<UtcInstant> end() const { return {}; }
  /// "generated house, seed 7", "replay of main.csv, 621 rows".
  virtual std::string describe() const = 0;
};

/// Base load, fridge, kettle, oven, heat pump, car, lights, solar, mains that sag under load, on
/// two legs (A and C; B is not wired). The same seed is the same house for ever: its state is a
/// pure function of seed and instant. It lives by local time UTC-8, without summer time.
///
/// Its truth is mean(): loads switch at instants, all else (sun, clouds, mains) changes by the
/// whole second, and mean() is the exact average of that. About a microsecond for a window of a
/// second.
std::unique_ptr<House> generated_house(std::uint64_t seed, Hertz f, Volts nominal);

struct CsvHouseOptions {
  std::string file{};
  /// "time=Timestamp,p_a=Active (W),q_a=Reactive (W)": which column feeds what. time may name two
  /// columns joined by + (Date+Time). Others: p_a q_a u_a i_a s_a (and _b, _c), f.
  /// A factor may follow: p_a=Global_active_power*1000.
  std::string columns{};
  char separator = 0;         // 0: found out from the header
  std::string time_format{};  // strptime; empty: found out (ISO, dd/mm/yyyy, Unix seconds or ms)
  Volts nominal{230};         // where no voltage column is named
  Hertz f{50};                // where no frequency column is named
};

/// A house that replays a file. A row holds from its time until the next row's; the first also
/// before, the last also after. A time without a zone is taken as UTC. A missing value (empty, ?,
/// NaN) is the one before it. A line needs a p; where its q is not named it follows from s, or from
/// u times i, as lagging; where neither is named it is 0.
///
/// begin() is the first row, end() the last and the median interval.
///
/// Errors: not_found - no such file; invalid - a column that is not there (names the columns that
///         are), a row that is no number or goes back in time (names file and line), no rows
Result<std::unique_ptr<House>> csv_house(const CsvHouseOptions& options);

/// The same house, all of it `lead` earlier. A chip shows a window only after its end; a replay
/// this much ahead is read at a row's time as that row.
std::unique_ptr<House> ahead(std::unique_ptr<House> house, Nanoseconds lead);

}  // namespace fithome::sim
