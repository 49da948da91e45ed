// SPDX-License-Identifier: MIT
//
// `fithome store`: what is kept, whether it is whole, copies of it.
//
// Flow:    StoreCommand -> store::Reader -> text or JSON, and an exit status
// Errors:  as the store's
// Threads: main
// Source:  docs/store.md
#pragma once

#include "app/cli.h"
#include "app/cli_options.h"
#include "app/config.h"

namespace fithome::app {

/// The exit status: kExitFaults where `check` found something.
Result<int> run_store(const StoreCommand& command, const Config& config, UtcTime now,
                      const Terminal& terminal);

}  // namespace fithome::app
