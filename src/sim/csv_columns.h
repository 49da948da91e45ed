// SPDX-License-Identifier: MIT
//
// Which column of a table feeds what of a house.
//
// Errors:  invalid - those of base/csv_columns.h; nothing for time, a line without p
// Threads: plain functions
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/csv_columns.h"

namespace fithome::sim {

enum class Measure { p, q, u, i, s };
constexpr std::size_t kMeasures = 5;
constexpr std::size_t kCsvLines = 3;

struct HouseColumns {
  std::vector<std::size_t> time;  // fields, joined by a blank
  std::array<std::array<std::optional<csv::Column>, kMeasures>, kCsvLines> lines;
  std::optional<csv::Column> f;

  const std::optional<csv::Column>& of(std::size_t line, Measure measure) const {
    return lines[line][static_cast<std::size_t>(measure)];
  }
  bool wired(std::size_t line) const { return of(line, Measure::p).has_value(); }
};

Result<HouseColumns> find_house_columns(std::string_view spec, const csv::Heading& heading);

}  // namespace fithome::sim
