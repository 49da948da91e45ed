// SPDX-License-Identifier: MIT
//
// `fithome events`: what happened and what lasts, as people read it.
//
// Flow:    EventsCommand -> events_target -> Source -> parse_events -> events_table
// Threads: plain functions
#pragma once

#include <string>

#include "app/cli_options.h"
#include "app/client_reports.h"
#include "app/client_source.h"
#include "app/print_text.h"

namespace fithome::app {

/// The address of the API that answers the command; asks what time the house has, where it matters.
Result<std::string> events_target(Source& source, const EventsCommand& command, UtcTime now);

/// A line each, the newest last, as a log is read.
std::string events_table(const EventsReport& report, Style style);

}  // namespace fithome::app
