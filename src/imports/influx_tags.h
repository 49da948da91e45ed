// SPDX-License-Identifier: MIT
//
// Tags that pick one series of a measurement: "host=pi,room=cellar".
//
// Errors:  invalid - "host" has no value
// Threads: plain functions
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace fithome::imports {

using InfluxTags = std::vector<std::pair<std::string, std::string>>;

/// A backslash before a comma or an equals sign makes it part of a name.
Result<InfluxTags> parse_influx_tags(std::string_view text);

}  // namespace fithome::imports
