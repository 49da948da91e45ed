// SPDX-License-Identifier: MIT
//
// One calibration from the question to the error that remains, and the wizard that strings several
// together.
//
// Flow:    CalibrateOptions, Workbench, Dialog -> measure, propose, confirm, apply, measure again
// Errors:  as calibrate::propose and the workbench; invalid - an answer is missing
// Threads: main
// Source:  docs/calibration.md
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/dialog.h"
#include "app/workbench.h"
#include "calibrate/proposal.h"

namespace fithome::app {

struct CalibrateOptions {
  calibrate::Kind kind = calibrate::Kind::voltage;
  std::vector<int> lines = {};           // empty: all in use
  std::optional<double> reference = {};  // volts, or amperes
  std::optional<double> watts = {};
  bool step = false;     // the load is switched on while others stay as they are
  bool yes = false;      // nothing is asked
  bool dry_run = false;  // nothing is changed
  std::string note = {};
  std::size_t windows = calibrate::kEnoughWindows;
};

/// What came of it.
struct Outcome {
  calibrate::Proposal proposal;
  bool applied = false;
  std::uint64_t id = 0;               // of the calibration in the store, where it was applied
  std::optional<double> error_after;  // measured again, of the reference
  struct Point {
    double reference, measured;
  };
  std::vector<Point> points;  // at other loads, as it is now
};

Result<std::vector<Outcome>> calibrate_lines(Workbench& bench, Dialog& dialog,
                                             const CalibrateOptions& options);

/// The lines that a wiring measures, by number.
std::vector<int> lines_in_use(const MeterSettings& settings);

/// `windows` of them, with a line of progress each.
Result<std::vector<chip::Sample>> measure(Workbench& bench, Dialog& dialog,
                                          const calibrate::Request& request, std::size_t windows);
Result<std::uint64_t> apply_proposal(Workbench& bench, const calibrate::Proposal& proposal,
                                     const std::string& note);
std::string proposal_text(const calibrate::Proposal& proposal);

struct WizardOptions {
  std::string note = {};
  std::size_t windows = calibrate::kEnoughWindows;
};
/// Adapter, voltage, then each transformer; asks and tells as it goes. Every question may be
/// answered by nothing, which leaves things as they are.
Result<void> run_wizard(Workbench& bench, Dialog& dialog, const WizardOptions& options);

/// Settings with a preset in them: a voltage preset's or a transformer's, for one line or (nothing)
/// all in use. Errors: invalid - no such preset; a `pga` that would leave other lines' gains wrong
Result<MeterSettings> with_preset(MeterSettings settings, const std::string& name,
                                  std::optional<int> line, std::optional<int> pga);

}  // namespace fithome::app
