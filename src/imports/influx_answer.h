// SPDX-License-Identifier: MIT
//
// What InfluxDB answers to a query, and how its queries are written.
//
// Shape:   {"results":[{"series":[{"name":..,"tags":{..},"columns":["time",..],"values":[[..]]}]}]}
// Errors:  invalid - what the server says is wrong, or no such answer
// Threads: plain functions
// Source:  docs.influxdata.com, v1: /query, InfluxQL
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace fithome::imports {

struct InfluxRow {
  std::int64_t ns = 0;
  std::vector<std::optional<double>> values;  // in the order of the columns behind `time`
};

struct InfluxSeries {
  std::string tags;  // "host=a,room=b"; only of a query that groups by them
  std::vector<InfluxRow> rows;
};

/// `columns`: how many stand behind `time`.
Result<std::vector<InfluxSeries>> read_influx_rows(std::string_view json, std::size_t columns);

/// The first column of all series: names of fields, of measurements.
Result<std::vector<std::string>> read_influx_names(std::string_view json);

/// "name", 'text': quoted for a query.
std::string influx_name(std::string_view name);
std::string influx_text(std::string_view text);

}  // namespace fithome::imports
