// SPDX-License-Identifier: MIT
//
// The times that tables hold.
//
// Shape:   2022-11-22 11:19:03[.5][Z|+01:00], also with T or / ; 16/12/2006 17:24[:00], day first,
// also
//          with . or - ; Unix seconds or milliseconds. Without a zone it is taken as UTC
// Threads: plain functions
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace fithome::sim {

/// Nothing, if it is no time between 1970 and 2100.
std::optional<UtcTime> find_time(std::string_view text);

/// By a strptime format; whole seconds.
std::optional<UtcTime> parse_by_format(const std::string& text, const std::string& format);

}  // namespace fithome::sim
