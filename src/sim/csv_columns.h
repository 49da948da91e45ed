// SPDX-License-Identifier: MIT
//
// Which column of a table feeds what: "time=Date+Time,p_a=Global_active_power*1000".
//
// Shape:   names may hold spaces, brackets and commas, as long as no "name=" follows the comma. A
//          column that is called just so wins over a + or a factor
// Errors:  invalid - no such column (what lists those there are), an unknown or a repeated name,
//          nothing for time, a line without p
// Threads: plain functions
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace fithome::sim {

enum class Measure { p, q, u, i, s };
constexpr std::size_t kMeasures = 5;
constexpr std::size_t kCsvLines = 3;

struct Column {
  std::size_t field = 0;
  double factor = 1;
};

struct Columns {
  std::vector<std::size_t> time;  // fields, joined by a blank
  std::array<std::array<std::optional<Column>, kMeasures>, kCsvLines> lines;
  std::optional<Column> f;

  const std::optional<Column>& of(std::size_t line, Measure measure) const {
    return lines[line][static_cast<std::size_t>(measure)];
  }
  bool wired(std::size_t line) const { return of(line, Measure::p).has_value(); }
};

Result<Columns> find_columns(std::string_view spec, const std::vector<std::string_view>& header);

}  // namespace fithome::sim
