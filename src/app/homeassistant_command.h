// SPDX-License-Identifier: MIT
//
// `fithome homeassistant`: the hours that a Home Assistant has, whether they are right, and those
// it missed.
//
// Flow:    HomeAssistantCommand, the store -> homeassistant::repair -> text or JSON, an exit status
// Errors:  invalid - the configuration names no Home Assistant, or not rightly, or its token is
//          refused; and those of homeassistant::Client and the store. No daemon is needed
// Threads: main
// Source:  docs/home-assistant.md
#pragma once

#include "app/cli.h"
#include "app/cli_options.h"
#include "app/config.h"

namespace fithome::app {

/// The exit status: kExitFaults where `check` found an hour that is missing or not right. `now` is
/// what relative times are counted from, but in a simulated house.
Result<int> run_homeassistant(const HomeAssistantCommand& command, const Config& config,
                              UtcTime now, const Terminal& terminal);

}  // namespace fithome::app
