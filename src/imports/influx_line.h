// SPDX-License-Identifier: MIT
//
// InfluxDB's line protocol, read: measurement[,tag=value...] field=value[,field=value...] time
//
// Shape:   names may hold \, \= and "\ "; a text may hold line ends, so that a point may be several
//          lines
// Threads: plain functions
// Source:  docs.influxdata.com, line protocol reference, v1
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace fithome::imports {

struct InfluxPoint {
  std::string measurement;
  std::vector<std::pair<std::string, std::string>> tags;
  struct Field {
    std::string name;
    std::string_view text;           // as it stands there
    std::optional<double> number{};  // nothing: a text or a boolean
  };
  std::vector<Field> fields;
  std::int64_t ns = 0;  // since 1970

  std::string tags_text() const;  // "host=a,room=b"
};

/// Its measurement alone; cheap, for those that nobody asked for.
std::string influx_measurement(std::string_view line);

/// True where a text begins in the line and does not end: the next line belongs to it.
bool influx_text_is_open(std::string_view line);

/// Errors: invalid - what is wrong, and where it begins. `line` must outlive the point.
Result<InfluxPoint> read_influx_line(std::string_view line);

}  // namespace fithome::imports
