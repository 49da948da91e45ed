// SPDX-License-Identifier: MIT
//
// `fithome read`: any stretch of time in constant memory, asked for a piece at a time.
//
// Flow:    Source -> pieces of CSV or JSON -> table, CSV, JSON
// Shape:   CSV and JSON are the API's own, piece joined to piece
// Errors:  invalid - times that make no sense; and those of the Source
// Threads: one
#pragma once

#include <functional>
#include <string_view>

#include "app/client_reports.h"
#include "app/client_source.h"

namespace fithome::app {

/// What "now" and "-1h" mean: in a simulated house, which may run in any year, its newest reading.
UtcTime house_now(const StatusReport& status, UtcTime now);

Result<void> read_rows(Source& source, const ReadCommand& command, UtcTime now,
                       std::function<void(std::string_view)> write);

}  // namespace fithome::app
