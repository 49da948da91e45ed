// SPDX-License-Identifier: MIT
//
// `fithome sinks`: how far they are; and pause, resume, rewind, test.
//
// Flow:    SinksCommand -> control socket of the daemon -> a line of text
// Errors:  those of ask_daemon; not_found - no such sink is configured
// Threads: main
#pragma once

#include <string>
#include <string_view>

#include "app/cli_options.h"
#include "app/config.h"
#include "base/result.h"
#include "base/time.h"

namespace fithome::app {

/// What came of all but `status`, for people. A test needs no daemon.
Result<std::string> order_sink(const SinksCommand& command, const Config& config, UtcTime now);

/// The body of /api/v1/sinks as a table.
Result<std::string> sinks_table(std::string_view body);

}  // namespace fithome::app
