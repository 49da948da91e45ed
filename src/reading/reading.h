// SPDX-License-Identifier: MIT
//
// One instant of one meter: all channels, and how far they can be trusted.
//
// Flow:    chip::Sample -> make_reading -> Reading -> store, page, sinks
// Shape:   a channel that was not measured is absent, never 0 and never NaN
// Units:   whole steps of the channel table, so that what is shown is what is stored
// Sign:    positive power flows from the grid into the house. Said here, once.
// Threads: plain values
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "reading/channels.h"

namespace fithome::reading {

/// What is doubtful about a reading; a set of bits, stored with it. Bits are never reused.
enum class Flag : std::uint32_t {
  simulated = 1 << 0,       // from a simulated chip: no real house
  clock_unsynced = 1 << 1,  // the calendar had not been set by a time server
  late = 1 << 2,            // taken more than a tenth of the interval after its time
  retried = 1 << 3,         // the wire had to be asked again; the values are good
  incoherent = 1 << 4,      // P, Q and S, or total and lines, disagree
  clipped = 1 << 5,         // a voltage or current beyond the range: too low a value
  no_voltage = 1 << 6,      // currents without voltage: powers are not to be believed
  after_gap = 1 << 7,       // readings are missing before this one
  energy_lost = 1 << 8,     // an energy counter was full: the totals are too low from here on
  clock_unset = 1 << 9,     // the clock was not to be believed: the time is the earliest possible
  suspect = 1 << 10,        // a transformer or a gain looks wrong: the faults say which
  imported = 1 << 11,       // measured by another program, which knew of no flags
};
using Flags = std::uint32_t;
constexpr Flags bit(Flag flag) { return static_cast<Flags>(flag); }

struct FlagName {
  Flag flag;
  std::string_view name;
  std::string_view meaning;
};
inline constexpr std::array<FlagName, 12> kFlags{{
    {Flag::simulated, "simulated", "from a simulated chip: no real house"},
    {Flag::clock_unsynced, "clock_unsynced", "the clock had not been set by a time server"},
    {Flag::late, "late", "taken late"},
    {Flag::retried, "retried", "the wire had to be asked again; the values are good"},
    {Flag::incoherent, "incoherent", "powers disagree with one another"},
    {Flag::clipped, "clipped", "a voltage or current beyond the range"},
    {Flag::no_voltage, "no_voltage", "no voltage: powers are not to be believed"},
    {Flag::after_gap, "after_gap", "readings are missing before this one"},
    {Flag::energy_lost, "energy_lost", "an energy counter was full; energy was lost"},
    {Flag::clock_unset, "clock_unset", "the clock was not set; the time is the earliest possible"},
    {Flag::suspect, "suspect", "a transformer or a gain looks wrong: see the faults"},
    {Flag::imported, "imported", "measured by another program and brought in"},
}};

/// "simulated late", or "" for none.
std::string flag_text(Flags flags);

struct Reading {
  UtcTime time{};
  Flags flags = 0;
  std::array<std::optional<std::int32_t>, kChannelCount> steps{};

  /// The value in the channel's unit.
  std::optional<double> value(ChannelId id) const {
    if (!steps[id]) return {};
    return *steps[id] * step(id);
  }
  /// Rounds to the nearest step; a value that is no number or beyond the range is left absent.
  void set(ChannelId id, double value);

  friend bool operator==(const Reading&, const Reading&) = default;
};

}  // namespace fithome::reading
