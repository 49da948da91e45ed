// SPDX-License-Identifier: MIT
#include "imports/influx_answer.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace fithome::imports {
namespace {

using Json = nlohmann::json;

Failure strange_answer() {
  return fail(
      Code::invalid,
      "that is no answer of InfluxDB; is --url the address of its HTTP API, often port 8086?");
}

const Json& member(const Json& of, const char* name) {
  static const Json nothing;
  if (!of.is_object()) return nothing;
  const auto found = of.find(name);
  return found == of.end() ? nothing : *found;
}

/// The series of the one query; the server's words where it refused.
Result<Json> series_of(std::string_view text) {
  const Json answer = Json::parse(text, nullptr, false);
  const Json& results = member(answer, "results");
  const Json& result = results.is_array() && !results.empty() ? results[0] : answer;
  for (const Json* part : {&answer, &result}) {
    const Json& error = member(*part, "error");
    if (error.is_string()) return fail(Code::invalid, error.get<std::string>());
  }
  if (!results.is_array() || results.empty()) return strange_answer();
  const Json& series = member(result, "series");
  if (series.is_null()) return Json::array();
  if (!series.is_array()) return strange_answer();
  return series;
}

Result<InfluxRow> row_of(const Json& cells, std::size_t columns) {
  if (!cells.is_array() || cells.size() != columns + 1 || !cells[0].is_number_integer()) {
    return strange_answer();
  }
  InfluxRow row{cells[0].get<std::int64_t>(), {}};
  row.values.resize(columns);
  for (std::size_t n = 0; n < columns; ++n) {
    const Json& cell = cells[n + 1];
    if (cell.is_null()) continue;
    if (!cell.is_number()) {
      return fail(Code::invalid,
                  fmt::format("{} is no number; name another field",
                              cell.dump(-1, ' ', false, Json::error_handler_t::replace)));
    }
    row.values[n] = cell.get<double>();
  }
  return row;
}

std::string tags_of(const Json& series) {
  std::string text;
  const Json& tags = member(series, "tags");
  for (auto at = tags.begin(); tags.is_object() && at != tags.end(); ++at) {
    if (!at.value().is_string() || at.value().get_ref<const std::string&>().empty()) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", at.key(),
                        at.value().get_ref<const std::string&>());
  }
  return text;
}

std::string quoted_by(char quote, std::string_view text) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + quote;
}

}  // namespace

Result<std::vector<InfluxSeries>> read_influx_rows(std::string_view json, std::size_t columns) {
  FITHOME_TRY(const Json all, series_of(json));
  std::vector<InfluxSeries> found;
  for (const Json& series : all) {
    const Json& values = member(series, "values");
    if (!values.is_array()) return strange_answer();
    InfluxSeries one{tags_of(series), {}};
    for (const Json& cells : values) {
      FITHOME_TRY(InfluxRow row, row_of(cells, columns));
      one.rows.push_back(std::move(row));
    }
    found.push_back(std::move(one));
  }
  return found;
}

Result<std::vector<std::string>> read_influx_names(std::string_view json) {
  FITHOME_TRY(const Json all, series_of(json));
  std::vector<std::string> names;
  for (const Json& series : all) {
    const Json& values = member(series, "values");
    if (!values.is_array()) return strange_answer();
    for (const Json& cells : values) {
      if (!cells.is_array() || cells.empty() || !cells[0].is_string()) return strange_answer();
      names.push_back(cells[0].get<std::string>());
    }
  }
  return names;
}

std::string influx_name(std::string_view name) { return quoted_by('"', name); }
std::string influx_text(std::string_view text) { return quoted_by('\'', text); }

}  // namespace fithome::imports
