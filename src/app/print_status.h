// SPDX-License-Identifier: MIT
//
// How the daemon and its meter feel, for people.
//
// Threads: a pure function
#pragma once

#include <string>

#include "app/client_reports.h"
#include "app/print_text.h"

namespace fithome::app {

/// `daemon`: the report comes from a running one, not from a store alone.
std::string status_text(const StatusReport& report, bool daemon, Style style);

}  // namespace fithome::app
