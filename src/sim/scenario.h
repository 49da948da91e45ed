// SPDX-License-Identifier: MIT
//
// What is to go wrong with a simulated meter, and when: a text of one line a trouble.
//
// Flow:    text -> parse_scenario -> Scenario -> DisturbedHouse (the mains), Director (board, chip,
//          wires)
// Shape:   "+1h30m ct a unplugged for 30s"; times from the start of the simulation, or UTC
// Errors:  all that is wrong, each with line and column from 1
// Threads: plain values
// Source:  docs/scenarios.md
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace fithome::sim {

enum class Trouble {
  // Between host and chip.
  chip_absent,    // value: level of the answers, 0 or 1
  chip_floating,  // answers by chance
  miso_stuck,     // value: 0 or 1
  mosi_stuck,     // value: 0 or 1
  bits_flip,      // value: probability per frame
  writes_lost,
  bus_slow,  // each frame takes so long that registers are renewed between two of them
  bus_hangs,
  // The chip and its board.
  brown_out,     // for a moment
  config_flips,  // for a moment; address, bit
  power_lost,
  adapter_missing,  // line, or all; the board is fed by the Pi
  adapter_turned,   // line
  board_gives,      // value: times what its revision gives
  ct_unplugged,     // line
  ct_reversed,      // line
  cts_swapped,      // line and other
  // The mains.
  outage,
  voltage,           // line, or all; value: share of what it was
  frequency,         // value: hertz
  frequency_drifts,  // value: hertz, reached at its end
  load,              // line; value: watts on top
};

constexpr bool momentary(Trouble trouble) {
  return trouble == Trouble::brown_out || trouble == Trouble::config_flips;
}
constexpr bool of_the_mains(Trouble trouble) { return trouble >= Trouble::outage; }

constexpr int kAllLines = -1;

struct Act {
  Trouble trouble{};
  bool calendar = false;  // begin and end are since 1970, until started() counts from the start
  Nanoseconds begin{};    // after the start of the simulation
  Nanoseconds end{};      // of one that is for a moment: its begin; the last of all without "for"
  int line = kAllLines;
  int other = kAllLines;
  double value = 0;
  std::uint16_t address = 0;
  int bit = 0;
  int source_line = 0;
};

/// Without "for" it goes on for ever.
constexpr Nanoseconds kForEver = Nanoseconds::max();

struct Scenario {
  std::uint64_t seed = 1;  // of what is left to chance
  std::vector<Act> acts;   // by their begin
};

struct ScenarioProblem {
  std::string what;
  int line = 0;    // from 1
  int column = 0;  // from 1, in bytes
  std::string source;
};

std::expected<Scenario, std::vector<ScenarioProblem>> parse_scenario(std::string_view text);

/// The same with all times counted from `start`, the instant that "+0s" is.
///
/// Errors: invalid - something by the calendar is before the start, or ten years after it
Result<Scenario> started(Scenario scenario, UtcInstant start);

/// Each trouble as it is written: "ct LINE unplugged".
std::vector<std::string> known_troubles();

}  // namespace fithome::sim
