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

namespace fithome::csv {

/// A time as it stands there: what the clock showed, and what it was ahead of UTC if that is told.
struct WrittenTime {
  UtcTime clock{};
  std::optional<std::chrono::minutes> ahead = {};  // 0 for Z and Unix times

  UtcTime as_utc() const { return clock - ahead.value_or(std::chrono::minutes(0)); }
};

/// Nothing, if it is no time between 1970 and 2100.
std::optional<WrittenTime> read_time(std::string_view text);
/// The same, without a zone taken as UTC.
std::optional<UtcTime> find_time(std::string_view text);

/// By a strptime format; whole seconds. With %z or %s in it the zone is told.
std::optional<WrittenTime> read_by_format(const std::string& text, const std::string& format);
std::optional<UtcTime> parse_by_format(const std::string& text, const std::string& format);

}  // namespace fithome::csv
