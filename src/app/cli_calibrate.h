// SPDX-License-Identifier: MIT
//
// What `fithome calibrate ...` and `fithome ledger set` do.
//
// Flow:    run_cli -> run_calibrate -> Workbench (daemon or device) -> text or JSON
// Threads: main
#pragma once

#include "app/calibrate_options.h"
#include "app/cli.h"
#include "app/config.h"

namespace fithome::app {

/// The exit status; errors as the caller prints them.
Result<int> run_calibrate(const CalibrateCommand& command, const Config& config,
                          const Terminal& terminal);
Result<int> run_ledger(const LedgerCommand& command, const Config& config,
                       const Terminal& terminal);

}  // namespace fithome::app
