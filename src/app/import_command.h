// SPDX-License-Identifier: MIT
//
// `fithome import fithome-mongodb`: an owner's old readings become readings of the first meter.
//
// Flow:    the original's collection -> days -> Store::append, a day at once, flagged `imported`
// Promise: broken off and begun again it goes on, and begun again when done it adds nothing. A day
//          that holds readings measured here is left as it is, and named
// Errors:  invalid - a daemon runs on this store; those of MongoDB
// Threads: main
// Source:  docs/mongodb.md
#pragma once

#include <cstdio>

#include "app/cli_options.h"
#include "app/config.h"
#include "base/result.h"

namespace fithome::app {

/// `draws`: `out` is a terminal, where a line shows how far it is.
Result<void> run_import(const ImportCommand& command, const Config& config, std::FILE* out,
                        bool draws);

}  // namespace fithome::app
