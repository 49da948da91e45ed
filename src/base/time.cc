// SPDX-License-Identifier: MIT
#include "base/time.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <ctime>
#include <optional>

#include "base/number.h"

namespace fithome {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kTimeExamples =
    "say 2026-11-22T22:40:00Z, \"2026-11-22 22:40\" (local time), today, now, -7d or Unix seconds";

std::tm local_parts(UtcTime time) {
  const std::time_t whole = std::chrono::floor<seconds>(time).time_since_epoch().count();
  std::tm parts{};
  ::localtime_r(&whole, &parts);
  return parts;
}

// Takes digits off the front of `text`: exactly `width` of them, or any number where width is 0.
std::optional<int> take_number(std::string_view& text, std::size_t width) {
  int value = 0;
  const std::string_view field = width == 0 ? text : text.substr(0, width);
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  const auto used = static_cast<std::size_t>(end - field.data());
  if (error != std::errc{} || field.empty() || field[0] == '-' || (width != 0 && used != width)) {
    return {};
  }
  text.remove_prefix(used);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text[0] != wanted) return false;
  text.remove_prefix(1);
  return true;
}

struct Parts {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  milliseconds fraction{0};
  std::optional<seconds> offset;  // nothing: local time
};

std::optional<milliseconds> take_fraction(std::string_view& text) {
  int value = 0;
  int digits = 0;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    if (digits < 3) value = value * 10 + (text[0] - '0');
    ++digits;
    text.remove_prefix(1);
  }
  if (digits == 0) return {};
  for (; digits < 3; ++digits) value *= 10;
  return milliseconds(value);
}

// What may stand behind the time of day: nothing, Z, +01:00, +0100, +01.
bool take_zone(std::string_view& text, Parts& parts) {
  if (take(text, 'Z') || take(text, 'z')) {
    parts.offset = seconds(0);
    return true;
  }
  const bool east = take(text, '+');
  if (!east && !take(text, '-')) return true;
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 18) return false;
  take(text, ':');
  const auto minutes = text.empty() ? std::optional(0) : take_number(text, 2);
  if (!minutes || *minutes > 59) return false;
  const seconds offset = seconds(*hours * 3600 + *minutes * 60);
  parts.offset = east ? offset : -offset;
  return true;
}

std::optional<Parts> parse_calendar(std::string_view text) {
  Parts parts;
  const auto year = take_number(text, 4);
  if (!year || !take(text, '-')) return {};
  const auto month = take_number(text, 2);
  if (!month) return {};
  std::optional<int> day = 1;  // of a month alone
  if (!text.empty()) {
    if (!take(text, '-')) return {};
    day = take_number(text, 2);
    if (!day) return {};
  }
  parts.year = *year;
  parts.month = *month;
  parts.day = *day;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return {};
  if (text.empty()) return parts;
  if (!take(text, 'T') && !take(text, ' ') && !take(text, 't')) return {};
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return {};
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59) return {};
  parts.hour = *hour;
  parts.minute = *minute;
  if (take(text, ':')) {
    const auto second = take_number(text, 2);
    if (!second || *second > 60) return {};
    parts.second = *second;
    if (take(text, '.')) {
      const auto fraction = take_fraction(text);
      if (!fraction) return {};
      parts.fraction = *fraction;
    }
  }
  if (!take_zone(text, parts) || !text.empty()) return {};
  return parts;
}

UtcTime to_utc(const Parts& parts) {
  if (!parts.offset) {
    return from_local(parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second) +
           parts.fraction;
  }
  const std::chrono::sys_days day{std::chrono::year(parts.year) /
                                  std::chrono::month(static_cast<unsigned>(parts.month)) /
                                  std::chrono::day(static_cast<unsigned>(parts.day))};
  return UtcTime(day) + std::chrono::hours(parts.hour) + std::chrono::minutes(parts.minute) +
         seconds(parts.second) + parts.fraction - *parts.offset;
}

std::optional<UtcTime> parse_unix(std::string_view text) {
  const auto value = parse_number<std::int64_t>(text);
  if (!value || *value < 0) return {};
  constexpr std::int64_t kSecondsEnd = 100'000'000'000;  // the year 5138; beyond are milliseconds
  constexpr std::int64_t kMillisecondsEnd = 100'000'000'000'000;
  if (*value >= kMillisecondsEnd) return {};
  return UtcTime(*value < kSecondsEnd ? milliseconds(*value * 1000) : milliseconds(*value));
}

}  // namespace

std::string to_iso(UtcTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::string to_local_text(UtcTime time) {
  const std::tm parts = local_parts(time);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

UtcTime from_local(int year, int month, int day, int hour, int minute, int second) {
  std::tm parts{};
  parts.tm_year = year - 1900;
  parts.tm_mon = month - 1;
  parts.tm_mday = day;
  parts.tm_hour = hour;
  parts.tm_min = minute;
  parts.tm_sec = second;
  parts.tm_isdst = -1;
  return UtcTime(seconds(std::mktime(&parts)));
}

milliseconds local_offset(UtcTime time) { return seconds(local_parts(time).tm_gmtoff); }

UtcTime local_midnight(UtcTime time) {
  const std::tm parts = local_parts(time);
  return from_local(parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, 0, 0, 0);
}

Result<milliseconds> parse_duration(std::string_view text) {
  const auto bad = [&] {
    return fail(Code::invalid, fmt::format("\"{}\" is no duration; say 500ms, 10s, 5m, 24h, 7d or "
                                           "1h30m",
                                           text));
  };
  std::string_view rest = text;
  double total = 0;
  if (rest.empty()) return bad();
  while (!rest.empty()) {
    double value = 0;
    const auto [end, error] =
        std::from_chars(rest.data(), rest.data() + rest.size(), value, std::chars_format::fixed);
    if (error != std::errc{} || rest[0] == '-') return bad();
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const auto unit = rest.substr(0, std::min(rest.find_first_of("0123456789."), rest.size()));
    double scale = 0;
    if (unit == "ms") scale = 1;
    if (unit == "s") scale = 1e3;
    if (unit == "m" || unit == "min") scale = 60e3;
    if (unit == "h") scale = 3600e3;
    if (unit == "d") scale = 86400e3;
    if (unit == "w") scale = 7 * 86400e3;
    if (scale == 0) return bad();
    total += value * scale;
    rest.remove_prefix(unit.size());
  }
  constexpr double kLongest = 1e14;  // three thousand years
  if (!(total < kLongest)) return bad();
  return milliseconds(std::llround(total));
}

Result<UtcTime> parse_time(std::string_view text, UtcTime now) {
  const auto bad = [&] {
    return fail(Code::invalid, fmt::format("\"{}\" is no time; {}", text, kTimeExamples));
  };
  if (text == "now") return now;
  if (text == "today") return local_midnight(now);
  if (text == "yesterday") return local_midnight(local_midnight(now) - std::chrono::hours(1));
  if (text.starts_with('-')) {
    const auto ago = parse_duration(text.substr(1));
    if (!ago) return bad();
    return now - *ago;
  }
  if (const auto instant = parse_unix(text)) return *instant;
  if (const auto parts = parse_calendar(text)) return to_utc(*parts);
  return bad();
}

}  // namespace fithome
