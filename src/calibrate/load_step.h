// SPDX-License-Identifier: MIT
//
// What each line made of a load that was switched on and off again.
//
// Flow:    LoadStep -> respond() -> Response -> diagnose()
// Shape:   signs and scales are the house's (LineRules applied)
// Threads: pure functions; only calibrate/ and its tests include this
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "calibrate/diagnosis.h"

namespace fithome::calibrate {

inline std::size_t at(int line) { return static_cast<std::size_t>(line); }

struct LineResponse {
  Watts p{};       // gained by the load
  Vars q{};        // the same
  Amps before{};   // what flowed without it
  Watts unrest{};  // that had nothing to do with it: noise, and what did not come back
  bool clipped = false;
  VoltAmps size() const;
  /// Of the gained power; 0 is resistive, 180 turned round.
  Degrees angle() const;
};

struct Response {
  std::array<std::optional<LineResponse>, chip::kLines> lines;
  std::optional<int> strongest;  // the line that carried it, if one did
  std::optional<int> second;     // another that moved too, if one did
};

/// An error says why the step proves nothing: too few windows, too restless a house.
Result<Response> respond(const LoadStep& step, const reading::LineRules& rules);

/// Whether two lines' transformers are around one conductor: nothing where the windows cannot say.
std::optional<bool> same_conductor(std::span<const chip::Sample> samples, int line, int other);

}  // namespace fithome::calibrate
