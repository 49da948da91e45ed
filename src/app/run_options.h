// SPDX-License-Identifier: MIT
//
// What `fithome run` is told on the command line, apart from values of the configuration.
//
// Flow:    cli_arguments -> RunOptions -> run_daemon
// Threads: plain values
#pragma once

#include <optional>

#include "app/simulation.h"

namespace fithome::app {

struct RunOptions {
  std::optional<SimulationOptions> simulation;  // nothing: the real meter
};

inline const std::optional<SimulationOptions>& simulation_of(const RunOptions& options) {
  return options.simulation;
}

}  // namespace fithome::app
