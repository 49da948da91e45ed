// SPDX-License-Identifier: MIT
//
// The calendar at the edge: text to time and back, local days, durations.
//
// Shape:   stored stamps are UtcTime, UTC milliseconds; local time exists only here
// Errors:  invalid - text that is no time, or no duration; the message shows an example
// Threads: any, as long as nobody changes TZ meanwhile
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace fithome {

using UtcTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// "2026-11-22T22:40:00.000Z".
std::string to_iso(UtcTime time);
/// "2026-11-22 22:40:00" in the machine's time zone (TZ, /etc/localtime).
std::string to_local_text(UtcTime time);

/// "2026-11-22T22:40:00Z", "+01:00" in place of Z, "2026-11-22 22:40", "2026-11-22" or "2026-11"
/// (local time), "now", "today", "yesterday", "-7d" (before `now`), or Unix seconds or
/// milliseconds.
Result<UtcTime> parse_time(std::string_view text, UtcTime now);

/// "10s", "5m", "24h", "7d", "500ms", "1h30m".
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// How far local time is ahead of UTC then.
std::chrono::milliseconds local_offset(UtcTime time);

/// The local midnight at or before `time`.
UtcTime local_midnight(UtcTime time);

/// Year, month, day, hour, minute, second of local time, turned into UTC.
UtcTime from_local(int year, int month, int day, int hour, int minute, int second);

inline UtcTime to_stamp(UtcInstant instant) {
  return std::chrono::floor<std::chrono::milliseconds>(instant);
}

}  // namespace fithome
