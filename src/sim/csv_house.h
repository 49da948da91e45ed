// SPDX-License-Identifier: MIT
//
// For sim/ and its tests and fuzzer; others call csv_house() of sim/house.h.
#pragma once

#include <istream>
#include <memory>

#include "base/result.h"
#include "sim/house.h"

namespace fithome::sim {

/// The house of csv_house(), its table read from `table`; options.file is only its name.
Result<std::unique_ptr<House>> read_csv_house(std::istream& table, const CsvHouseOptions& options);

}  // namespace fithome::sim
