// SPDX-License-Identifier: MIT
//
// The house as a sum of meters and lines: what several chips together say of it.
//
// Flow:    readings and ledgers of all meters, HouseSum -> power and energy of the house
// Shape:   a term is a meter, or one line of it, with its sign. The house's ledger uses `net`,
//          active energy only, and its remainder
// Exact:   import less export (remainder included) is the sum of the terms' to the count, whenever
//          they were read. What is import and what export is told apart at the ticks that read all
//          terms: what was counted while one of them was silent is netted in one piece
// Units:   watts; nanowatt-hours
// Threads: plain values
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/units.h"
#include "reading/ledger.h"
#include "reading/reading.h"

namespace fithome::reading {

struct HouseTerm {
  int sign = 1;           // or -1
  std::size_t meter = 0;  // in the order of the configuration
  std::optional<int> line = {};
  friend bool operator==(const HouseTerm&, const HouseTerm&) = default;
};
using HouseSum = std::vector<HouseTerm>;

/// The channel of a term's active power: `p`, or that of its line.
ChannelId power_channel(const HouseTerm& term);

/// Of the newest readings of all meters: nothing unless each term has one, all of one time.
std::optional<Watts> house_power(const HouseSum& sum,
                                 std::span<const std::optional<Reading>> newest);

/// A meter's ledger as it was last booked into the house, and as it is now.
struct HouseStep {
  const Ledger* before = nullptr;
  const Ledger* now = nullptr;  // nothing: it was not read at this tick
};

/// Adds to the house's ledger what the meters of the sum have gained, as of `time`.
///
/// A sum of a single term is that term: its import and export as they are. Otherwise the gains are
/// netted, a remainder of up to 0.3 Wh waiting for its sign.
void book_house(Ledger& house, const HouseSum& sum, std::span<const HouseStep> steps, UtcTime time);

/// What a house begins with: the totals of the meter or line where it is just that one, else
/// nothing.
Ledger first_house_ledger(const HouseSum& sum, std::span<const Ledger> meters);

}  // namespace fithome::reading
