// SPDX-License-Identifier: MIT
//
// The energy ledger for people.
//
// Units:   kilowatt-hours
// Threads: a pure function
#pragma once

#include <string>

#include "app/client_reports.h"
#include "app/print_text.h"

namespace fithome::app {

std::string energy_table(const EnergyReport& report, Style style);

}  // namespace fithome::app
