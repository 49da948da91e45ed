// SPDX-License-Identifier: MIT
//
// `fithome export`: readings of the store as a file.
//
// Flow:    ExportCommand and configuration -> exports::Request -> run_export
// Errors:  invalid - words that make no sense, a file that cannot be written; not_found - no
// reading
//          in that time; transient - disk full, interrupted. What stood there before still stands
// Threads: main; it sets TZ where a time zone is asked for
// Source:  docs/export.md
#pragma once

#include "app/cli.h"
#include "app/cli_options.h"
#include "app/config.h"

namespace fithome::app {

Result<void> export_readings(const ExportCommand& command, const Config& config, UtcTime now,
                             const Terminal& terminal);

}  // namespace fithome::app
