// SPDX-License-Identifier: MIT
//
// Reads a scenario for `run` and `sim`, and says what is wrong with it as the configuration does.
//
// Flow:    FILE -> load_scenario -> SimulationOptions
// Errors:  all that is wrong, each with file:line:column, the line and a caret
// Threads: plain functions
// Source:  docs/scenarios.md
#pragma once

#include <expected>
#include <string>

#include "app/config.h"
#include "sim/scenario.h"

namespace fithome::app {

std::expected<sim::Scenario, Problems> load_scenario(const std::string& file);

}  // namespace fithome::app
