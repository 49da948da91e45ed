// SPDX-License-Identifier: MIT
#include "base/csv_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/csv_text.h"

namespace fithome::csv {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
}

/// True where "name=" begins: there a comma ends what was before it.
bool begins_entry(std::string_view text) {
  const auto equals = text.find('=');
  return equals != std::string_view::npos && is_name(trim(text.substr(0, equals)));
}

std::optional<std::size_t> find(std::string_view name, const Heading& heading) {
  const auto at = std::ranges::find(heading.names, trim(name));
  if (at == heading.names.end()) return {};
  return static_cast<std::size_t>(at - heading.names.begin());
}

Failure no_such_column(std::string_view name, const Heading& heading) {
  return fail(Code::invalid,
              fmt::format("no {} \"{}\"; {}", heading.kind, trim(name), what_there_is(heading)));
}

Result<std::vector<std::size_t>> find_time_columns(std::string_view text, const Heading& heading) {
  if (const auto field = find(text, heading)) return std::vector{*field};
  std::vector<std::size_t> fields;
  while (true) {
    const auto plus = std::min(text.find('+'), text.size());
    const auto name = text.substr(0, plus);
    const auto field = find(name, heading);
    if (!field) return no_such_column(name, heading);
    fields.push_back(*field);
    if (plus == text.size()) return fields;
    text.remove_prefix(plus + 1);
  }
}

Result<Column> find_value_column(std::string_view text, const Heading& heading) {
  if (const auto field = find(text, heading)) return Column{*field, 1};
  const auto at = text.find_last_of("*/");
  if (at == std::string_view::npos) return no_such_column(text, heading);
  const auto factor = to_number(trim(text.substr(at + 1)));
  const auto field = find(text.substr(0, at), heading);
  if (!field) return no_such_column(factor ? text.substr(0, at) : text, heading);
  if (!factor || *factor == 0) {
    return fail(Code::invalid,
                fmt::format("\"{}\" is no factor; write *1000 or /1000", text.substr(at + 1)));
  }
  return Column{*field, text[at] == '*' ? *factor : 1 / *factor};
}

Result<void> take_entry(std::string_view entry, const Heading& heading, const Known& known,
                        Columns& columns) {
  const auto equals = entry.find('=');
  if (equals == std::string_view::npos) {
    std::string capitals(heading.kind);
    for (char& c : capitals) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    return fail(Code::invalid,
                fmt::format("\"{}\" names no {}; write p_a={}", entry, heading.kind, capitals));
  }
  const auto name = trim(entry.substr(0, equals));
  const auto text = entry.substr(equals + 1);
  const bool is_time = name == "time";
  const bool fed = std::ranges::find(columns.fed, name, &Fed::name) != columns.fed.end();
  if (is_time ? !columns.time.empty() : fed) {
    return fail(Code::invalid, fmt::format("{} is named twice", name));
  }
  if (is_time) {
    FITHOME_TRY(columns.time, find_time_columns(text, heading));
    return {};
  }
  FITHOME_TRY_VOID(known(name));
  FITHOME_TRY(const Column column, find_value_column(text, heading));
  columns.fed.push_back({std::string(name), column});
  return {};
}

}  // namespace

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

std::string what_there_is(const Heading& heading) {
  return fmt::format("the {} has \"{}\"", heading.table, fmt::join(heading.names, "\", \""));
}

Result<Columns> find_columns(std::string_view spec, const Heading& heading, const Known& known) {
  Columns columns;
  if (trim(spec).empty()) return columns;
  for (const auto entry : entries_of(spec)) {
    FITHOME_TRY_VOID(take_entry(entry, heading, known, columns));
  }
  return columns;
}

}  // namespace fithome::csv
