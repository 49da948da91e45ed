// SPDX-License-Identifier: MIT
//
// One reading for people: as a small table, or in a line.
//
// Threads: pure functions
#pragma once

#include <string>

#include "app/client_reports.h"
#include "app/print_text.h"

namespace fithome::app {

/// The table of `fithome now` and `fithome watch`: of the house and all meters, where there are
/// several.
std::string now_table(const NowReport& report, Style style);
std::string now_table(const Now& now, Style style);

/// "2026-11-22 22:40:00  1.235 kW  a 600.1 W  c 634.5 W  120.90 V  60.01 Hz  simulated".
std::string now_line(const Now& now);
/// Of several: "2026-11-22 22:40:00  1.235 kW  mains 600.1 W  solar -634.5 W".
std::string now_line(const NowReport& report);

}  // namespace fithome::app
