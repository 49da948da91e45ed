// SPDX-License-Identifier: MIT
#include "sim/csv_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/csv_text.h"

namespace fithome::sim {
namespace {

using Header = std::vector<std::string_view>;

constexpr std::string_view kMeasureNames = "pquis";
constexpr std::string_view kLineNames = "abc";

bool is_name(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

/// True where "name=" begins: there a comma ends what was before it.
bool begins_entry(std::string_view text) {
  const auto equals = text.find('=');
  return equals != std::string_view::npos && is_name(trim(text.substr(0, equals)));
}

std::vector<std::string_view> entries_of(std::string_view spec) {
  std::vector<std::string_view> entries;
  std::size_t begin = 0;
  for (std::size_t at = spec.find(','); at != std::string_view::npos; at = spec.find(',', at + 1)) {
    if (!begins_entry(spec.substr(at + 1))) continue;
    entries.push_back(spec.substr(begin, at - begin));
    begin = at + 1;
  }
  entries.push_back(spec.substr(begin));
  return entries;
}

std::optional<std::size_t> find(std::string_view name, const Header& header) {
  const auto at = std::ranges::find(header, trim(name));
  if (at == header.end()) return {};
  return static_cast<std::size_t>(at - header.begin());
}

Failure no_such_column(std::string_view name, const Header& header) {
  return fail(Code::invalid, fmt::format("no column \"{}\"; the file has \"{}\"", trim(name),
                                         fmt::join(header, "\", \"")));
}

Result<std::vector<std::size_t>> find_time_columns(std::string_view text, const Header& header) {
  if (const auto field = find(text, header)) return std::vector{*field};
  std::vector<std::size_t> fields;
  while (true) {
    const auto plus = std::min(text.find('+'), text.size());
    const auto name = text.substr(0, plus);
    const auto field = find(name, header);
    if (!field) return no_such_column(name, header);
    fields.push_back(*field);
    if (plus == text.size()) return fields;
    text.remove_prefix(plus + 1);
  }
}

Result<Column> find_value_column(std::string_view text, const Header& header) {
  if (const auto field = find(text, header)) return Column{*field, 1};
  const auto at = text.find_last_of("*/");
  if (at == std::string_view::npos) return no_such_column(text, header);
  const auto factor = to_number(trim(text.substr(at + 1)));
  const auto field = find(text.substr(0, at), header);
  if (!field) return no_such_column(factor ? text.substr(0, at) : text, header);
  if (!factor || *factor == 0) {
    return fail(Code::invalid,
                fmt::format("\"{}\" is no factor; write *1000 or /1000", text.substr(at + 1)));
  }
  return Column{*field, text[at] == '*' ? *factor : 1 / *factor};
}

/// Where in `columns` the column called "p_a" or "f" belongs.
std::optional<Column>* place_of(std::string_view name, Columns& columns) {
  if (name == "f") return &columns.f;
  if (name.size() != 3 || name[1] != '_') return nullptr;
  const auto measure = kMeasureNames.find(name[0]);
  const auto line = kLineNames.find(name[2]);
  if (measure == std::string_view::npos || line == std::string_view::npos) return nullptr;
  return &columns.lines[line][measure];
}

Result<void> take_entry(std::string_view entry, const Header& header, Columns& columns) {
  const auto equals = entry.find('=');
  if (equals == std::string_view::npos) {
    return fail(Code::invalid, fmt::format("\"{}\" names no column; write p_a=COLUMN", entry));
  }
  const auto name = trim(entry.substr(0, equals));
  const auto text = entry.substr(equals + 1);
  if (name == "time" && columns.time.empty()) {
    FITHOME_TRY(columns.time, find_time_columns(text, header));
    return {};
  }
  auto* place = place_of(name, columns);
  if (name == "time" || (place && *place)) {
    return fail(Code::invalid, fmt::format("{} is named twice", name));
  }
  if (!place) {
    return fail(Code::invalid, fmt::format("a house has no \"{}\"; it has time, p_a, q_a, u_a, "
                                           "i_a, s_a (and _b, _c) and f",
                                           name));
  }
  FITHOME_TRY(*place, find_value_column(text, header));
  return {};
}

Result<void> check_complete(const Columns& columns, const Header& header) {
  const auto there = fmt::format("the file has \"{}\"", fmt::join(header, "\", \""));
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

Result<Columns> find_columns(std::string_view spec, const Header& header) {
  Columns columns;
  if (!trim(spec).empty()) {
    for (const auto entry : entries_of(spec)) {
      FITHOME_TRY_VOID(take_entry(entry, header, columns));
    }
  }
  FITHOME_TRY_VOID(check_complete(columns, header));
  return columns;
}

}  // namespace fithome::sim
