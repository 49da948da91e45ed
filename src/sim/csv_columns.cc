// SPDX-License-Identifier: MIT
#include "sim/csv_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace fithome::sim {
namespace {

constexpr std::string_view kMeasureNames = "pquis";
constexpr std::string_view kLineNames = "abc";

/// Where in `columns` the column called "p_a" or "f" belongs.
std::optional<csv::Column>* place_of(std::string_view name, HouseColumns& columns) {
  if (name == "f") return &columns.f;
  if (name.size() != 3 || name[1] != '_') return nullptr;
  const auto measure = kMeasureNames.find(name[0]);
  const auto line = kLineNames.find(name[2]);
  if (measure == std::string_view::npos || line == std::string_view::npos) return nullptr;
  return &columns.lines[line][measure];
}

Result<void> check_complete(const HouseColumns& columns, const csv::Heading& heading) {
  const auto there = csv::what_there_is(heading);
  if (columns.time.empty()) {
    return fail(Code::invalid,
                fmt::format("no column for the time; name it: time=COLUMN; {}", there));
  }
  bool any = false;
  for (std::size_t line = 0; line < kCsvLines; ++line) {
    const bool used = std::ranges::any_of(columns.lines[line], [](auto& c) { return bool(c); });
    any = any || used;
    if (used && !columns.wired(line)) {
      return fail(
          Code::invalid,
          fmt::format("no column for the active power of line {0}; name it: p_{0}=COLUMN; {1}",
                      kLineNames[line], there));
    }
  }
  if (!any) {
    return fail(Code::invalid,
                fmt::format("no column for the active power; name it: p_a=COLUMN; {}", there));
  }
  return {};
}

}  // namespace

Result<HouseColumns> find_house_columns(std::string_view spec, const csv::Heading& heading) {
  HouseColumns columns;
  const auto known = [&](std::string_view name) -> Result<void> {
    if (place_of(name, columns) != nullptr) return {};
    return fail(Code::invalid, fmt::format("a house has no \"{}\"; it has time, p_a, q_a, u_a, "
                                           "i_a, s_a (and _b, _c) and f",
                                           name));
  };
  FITHOME_TRY(csv::Columns found, csv::find_columns(spec, heading, known));
  columns.time = std::move(found.time);
  for (const csv::Fed& fed : found.fed) *place_of(fed.name, columns) = fed.column;
  FITHOME_TRY_VOID(check_complete(columns, heading));
  return columns;
}

}  // namespace fithome::sim
