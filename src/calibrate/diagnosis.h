// SPDX-License-Identifier: MIT
//
// What is wrong with a meter's installation, as far as its own samples can tell: transformers on
// backwards, swapped or unplugged, gains that do not belong to board or PGA, the wrong mains.
//
// Flow:    chip::Samples (and what a person knows) -> diagnose() -> Diagnosis -> doctor, wizard,
//          the daemon's faults
// Shape:   a finding is certain, likely, or says that it cannot tell and what would. Silence about
// a
//          line means that nothing speaks against it, not that it is right: see Orientation
// Promise: never a wrong diagnosis where "cannot tell" would do. With solar, sign alone decides
//          nothing; only a load that a person switches does (docs/calibration.md)
// Units:   base/units.h
// Threads: pure functions
// Source:  chip/chip.h; datasheet 5.4 to 5.6; docs/calibration.md
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chip/chip.h"
#include "reading/ledger.h"

namespace fithome::calibrate {

enum class Trouble {
  reversed_ct,       // a line's power has the wrong sign
  swapped_cts,       // each of two transformers is around the other's conductor
  wrong_leg,         // a transformer is around a conductor that is not its line's
  unplugged_ct,      // no current at all
  wrong_pga,         // current gain and PGA do not belong together
  current_gain_off,  // a known load reads as another
  wrong_revision,    // the voltage gain is that of another board revision
  voltage_gain_off,  // a voltage that no house has
  adapter_missing,   // no voltage
  adapter_in_phase,  // a second adapter is plugged in the wrong way round
  clipping,          // a wave's top is cut off: the input is too large for its range
  wrong_frequency,   // 50 Hz mains on a 60 Hz configuration, or the other way
};
/// "reversed_ct", as JSON and faults have it.
std::string_view name(Trouble trouble);

enum class Certainty {
  certain,      // nothing else explains it
  likely,       // an innocent explanation is left, and `what` names it
  cannot_tell,  // suspected; `remedy` says what would decide
};
std::string_view name(Certainty certainty);

struct Finding {
  Trouble trouble;
  std::optional<int> line;  // 0 A, 1 B, 2 C; nothing: the whole meter, or one of several lines
  Certainty certainty;
  std::string what;    // one line: what was seen
  std::string remedy;  // one line: what to do
};

/// Which way round a line's transformer is, where something proved it.
enum class Orientation { unknown, right, reversed };

/// A load that a person switched on and off again, and what was seen. Both edges are asked for:
/// that a cloud or a fridge does the same twice is not to be believed.
struct LoadStep {
  std::span<const chip::Sample> before, on, after;  // kStepWindows each at the least
  Watts watts{};                                    // about; what is printed on a heater will do
  std::optional<int> line = {};                     // on which line, if that is known
  bool resistive = true;  // heater, kettle, light bulb: no motor, no charger
};

struct Evidence {
  std::span<const chip::Sample> samples;  // as the chip tells them, windows all distinct
  chip::ChipConfig config;                // they were taken with
  reading::LineRules rules{};             // that are applied to them
  std::optional<bool> source = {};        // solar, battery or generator in the house
  std::optional<int> adapters = {};       // of voltage: 1 for all lines, or one each
  std::optional<Degrees> u_angle_c = {};  // of voltage C behind A (UangleC), where it was read
  std::array<std::optional<double>, chip::kLines> ct_mv_per_amp = {};  // clamped on, if known
  std::vector<LoadStep> steps = {};
};

struct Diagnosis {
  std::vector<Finding> findings;  // the certain ones first
  std::array<Orientation, chip::kLines> orientation{};
  bool has(Trouble trouble, std::optional<int> line = {}) const;  // certain or likely
};

/// Fewer than kWindows samples are judged too, for what they are worth: clipping and frequency.
Diagnosis diagnose(const Evidence& evidence);

constexpr std::size_t kWindows = 10;     // distinct windows that make a judgement
constexpr std::size_t kLongWatch = 60;   // that make one of the sign alone, where nothing feeds in
constexpr std::size_t kStepWindows = 3;  // of each part of a load step

/// The voltage alone, for a chip whose samples are refused as implausible: `u` as its register
/// says, though it be at the end of its range. Nothing where it is what a house may have.
std::optional<Finding> judge_voltage(Volts u, std::uint16_t gain, Volts nominal, int line);

}  // namespace fithome::calibrate
