// SPDX-License-Identifier: MIT
//
// The energy ledger: what has flowed in and out since the meter began, never resetting.
//
// Flow:    chip::EnergyCounters -> book() -> Ledger -> stored with the readings it belongs to
// Shape:   import and export per line, and for the house twice: netted (the lines summed at each
//          instant, as most utilities do) and counted (each line on its own, then summed)
// Units:   nanowatt-hours, whole numbers: a count of the chip is 3,125,000, so nothing is rounded
// Sign:    import and export are both positive and never fall, but by set_total()
// Threads: plain values
#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"
#include "chip/energy.h"

namespace fithome::reading {

constexpr std::int64_t kNanoWattHoursPerCount = 3'125'000;  // 0.01 CF at 3200/kWh, datasheet 3.5

/// 9.2 GWh fit: an average house for 900 years.
struct Energy {
  std::int64_t nwh = 0;
  constexpr double wh() const { return static_cast<double>(nwh) * 1e-9; }
  friend constexpr bool operator==(Energy, Energy) = default;
  friend constexpr Energy operator+(Energy a, Energy b) { return {a.nwh + b.nwh}; }
  friend constexpr Energy operator-(Energy a, Energy b) { return {a.nwh - b.nwh}; }
};

struct Flow {
  Energy imported;
  Energy exported;
  friend constexpr bool operator==(const Flow&, const Flow&) = default;
};

/// Books energy that was netted as import or export, once it is 0.3 Wh or more.
void tell_apart(Flow& flow, std::int64_t& remainder);

struct LineEnergy {
  Flow active;
  Flow reactive;
  Energy apparent;
  /// How much of `active` was set by hand and not counted; may be negative. What was counted since
  /// a moment is the gain of `active` less the gain of this.
  Flow corrected{};
  friend constexpr bool operator==(const LineEnergy&, const LineEnergy&) = default;
};

struct Ledger {
  UtcTime time{};  // of the reading these totals stand at
  std::array<LineEnergy, chip::kLines> lines{};
  LineEnergy net;  // the house, lines summed before import and export are told apart
  std::array<std::int64_t, 2>
      net_remainder{};            // active, reactive: not yet told apart (netting by us)
  chip::EnergyCounters booked{};  // how far the chip's counters are in these totals

  /// Each line counted on its own, then summed.
  LineEnergy counted() const;

  friend bool operator==(const Ledger&, const Ledger&) = default;
};

/// How the house's wiring changes what the chip counted.
struct LineRule {
  bool reversed = false;                // the transformer is on backwards: import is export
  std::int32_t scale_per_mille = 1000;  // current_scale, for currents beyond 65.5 A
  friend constexpr bool operator==(const LineRule&, const LineRule&) = default;
};
using LineRules = std::array<LineRule, chip::kLines>;

/// Of `active`, what was counted and not set by hand: it never falls.
constexpr Flow measured(const LineEnergy& energy) {
  return {energy.active.imported - energy.corrected.imported,
          energy.active.exported - energy.corrected.exported};
}

/// Sets what has been imported and exported, as to match the utility's meter, and keeps the
/// difference in `corrected`: of the house (net), or of a line.
void set_total(LineEnergy& energy, Energy imported, Energy exported);

/// Adds what the counters have gained since `ledger.booked`. Booking the same counters twice adds
/// nothing, so a reading may be booked again after a crash.
///
/// Where no line is reversed and all scales are alike, the net is the chip's own all-line counter;
/// else the lines' counts are netted here, a remainder of up to 0.3 Wh waiting for its sign.
/// A counter below what is booked is a pad that lost its memory: nothing is added for it.
void book(Ledger& ledger, const chip::EnergyCounters& counters, const LineRules& rules,
          UtcTime time);

}  // namespace fithome::reading
