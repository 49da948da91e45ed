// SPDX-License-Identifier: MIT
//
// One step of a calibration: what was measured, against what, and what the chip should hold then.
//
// Flow:    samples of distinct windows, a Request -> propose() -> Proposal -> applied, measured
//          again -> remaining()
// Shape:   a proposal changes one line's settings, never the PGA
// Errors:  invalid, transient - unstable, implausible, clipped or saturated input, or a value that
//          does not fit; the text says which, and what to do
// Threads: pure functions
// Source:  docs/calibration.md
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "calibrate/statistics.h"
#include "reading/ledger.h"

namespace fithome::calibrate {

enum class Kind { voltage, current, offset, phase };
std::string_view name(Kind kind);

/// Exactly one of the references, or none for an offset and for a phase under a plain load.
struct Request {
  Kind kind = Kind::voltage;
  int line = 0;
  std::optional<Volts> volts = {};
  std::optional<Amps> amps = {};
  std::optional<Watts> watts = {};              // of a plain load; for phase: of one with PF 0.5
  std::span<const chip::Sample> baseline = {};  // without the load: then its step is calibrated by
};

struct Proposal {
  Kind kind = Kind::voltage;
  int line = 0;
  chip::LineConfig before, after;
  Statistics measured;   // in `unit`, before the change
  double reference = 0;  // in the same
  const char* unit = "V";
  /// The error as it stands, and what the windows' unrest leaves of it, both of the reference.
  double error = 0;
  double remaining = 0;
};

Result<Proposal> propose(const Request& request, std::span<const chip::Sample> samples,
                         const chip::ChipConfig& config, const reading::LineRules& rules);

/// The line's quantity that a request is about, one value a window, as the house sees it.
std::vector<double> values_of(const Request& request, std::span<const chip::Sample> samples,
                              const reading::LineRules& rules);

}  // namespace fithome::calibrate
