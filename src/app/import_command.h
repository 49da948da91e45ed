// SPDX-License-Identifier: MIT
//
// `fithome import`: what another program has kept becomes readings of a meter.
//
// Flow:    words -> a Source (imports/) -> import_readings -> the store
// Promise: imports/import.h
// Errors:  invalid - a daemon runs on this store, no such meter; those of the source
// Threads: main
// Source:  docs/import.md
#pragma once

#include <cstdio>

#include "app/cli_options.h"
#include "app/config.h"
#include "base/result.h"

namespace fithome::app {

/// `out` gets the result; on a terminal, `progress` shows a line of how far it is.
Result<void> run_import(const ImportCommand& command, const Config& config, std::FILE* out,
                        std::FILE* progress);

}  // namespace fithome::app
