// SPDX-License-Identifier: MIT
//
// `fithome run`: the wiring. Everything is built here, left to right, and stopped in order.
//
// Threads: main (waits for a signal or the end of a simulation), sampler, writer, http
// Source:  ARCHITECTURE.md
#pragma once

#include "app/config.h"
#include "app/run_options.h"

namespace fithome::app {

/// Runs until SIGTERM, SIGINT, SIGHUP or the end of a simulation. Returns the exit status (0, or
/// sysexits: 69 something needed is not there, 74 a disk fails, 78 the configuration is wrong).
int run_daemon(const RunOptions& options, const Config& config);

}  // namespace fithome::app
