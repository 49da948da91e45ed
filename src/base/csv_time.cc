// SPDX-License-Identifier: MIT
#include "base/csv_time.h"

#include <charconv>
#include <cmath>
#include <ctime>

#include "base/csv_text.h"

namespace fithome::csv {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr UtcTime kEarliest{};
// So that a time and any interval between two still fit into nanoseconds (the year 2262).
constexpr UtcTime kLatest = std::chrono::sys_days(std::chrono::January / 1 / 2100);

std::optional<WrittenTime> plausible(WrittenTime time) {
  if (time.as_utc() < kEarliest || time.as_utc() >= kLatest) return {};
  return time;
}

std::optional<UtcTime> utc_of(const std::optional<WrittenTime>& time) {
  if (!time) return {};
  return time->as_utc();
}

/// Reads a time from left to right.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool take(std::string_view any_of) {
    if (rest_.empty() || !any_of.contains(rest_.front())) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// A number of `least` to `most` digits.
  std::optional<int> number(std::size_t least, std::size_t most) {
    std::size_t digits = 0;
    int value = 0;
    while (digits < most && digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9') {
      value = value * 10 + (rest_[digits++] - '0');
    }
    if (digits < least) return {};
    rest_.remove_prefix(digits);
    return value;
  }

 private:
  std::string_view rest_;
};

std::optional<milliseconds> parse_fraction(Cursor& in) {
  milliseconds part{};
  int weight = 100;
  int digits = 0;
  for (auto digit = in.number(1, 1); digit; digit = in.number(1, 1), ++digits) {
    part += milliseconds(*digit * weight);
    weight /= 10;
  }
  if (digits == 0) return {};
  return part;
}

/// "17:24", "17:24:00", "17:24:00.5".
std::optional<milliseconds> parse_clock(Cursor& in) {
  const auto hour = in.number(1, 2);
  if (!hour || *hour > 23 || !in.take(":")) return {};
  const auto minute = in.number(2, 2);
  if (!minute || *minute > 59) return {};
  milliseconds time = std::chrono::hours(*hour) + minutes(*minute);
  if (!in.take(":")) return time;
  const auto second = in.number(2, 2);
  if (!second || *second > 59) return {};
  time += seconds(*second);
  if (!in.take(".,")) return time;
  const auto fraction = parse_fraction(in);
  if (!fraction) return {};
  return time + *fraction;
}

/// "Z", "+01", "+0100", "+01:00": what local time is ahead of UTC.
std::optional<minutes> parse_zone(Cursor& in) {
  if (in.take("Zz")) return minutes(0);
  const bool behind = in.peek() == '-';
  if (!in.take("+-")) return {};
  const auto hour = in.number(2, 2);
  if (!hour || *hour > 14) return {};
  in.take(":");
  const int minute = in.number(2, 2).value_or(0);
  const auto ahead = std::chrono::hours(*hour) + minutes(minute);
  return behind ? -ahead : ahead;
}

std::optional<std::chrono::sys_days> parse_date(Cursor& in) {
  const bool year_first = Cursor(in).number(4, 4).has_value();
  const auto first = year_first ? in.number(4, 4) : in.number(1, 2);
  const char separator = in.peek();
  if (!first || !in.take("-/.")) return {};
  const auto month = in.number(1, 2);
  if (!month || in.peek() != separator || !in.take("-/.")) return {};
  const auto last = year_first ? in.number(1, 2) : in.number(4, 4);
  if (!last) return {};
  const std::chrono::year_month_day date{
      std::chrono::year(year_first ? *first : *last),
      std::chrono::month(static_cast<unsigned>(*month)),
      std::chrono::day(static_cast<unsigned>(year_first ? *last : *first))};
  if (!date.ok()) return {};
  return std::chrono::sys_days(date);
}

std::optional<WrittenTime> parse_unix(std::string_view text) {
  const auto value = to_number(text);
  if (!value) return {};
  // From 1973 as seconds, from 1985 as milliseconds; what lies between, or below, is a date written
  // without separators, as 20221122.
  const bool in_seconds = *value >= 1e8 && *value < 1e11;
  const bool in_milliseconds = *value >= 5e11 && *value < 1e13;
  if (!in_seconds && !in_milliseconds) return {};
  const double ms = in_seconds ? *value * 1000 : *value;
  return plausible({UtcTime(milliseconds(std::llround(ms))), minutes(0)});
}

}  // namespace

std::optional<WrittenTime> read_time(std::string_view text) {
  text = trim(text);
  Cursor in(text);
  const auto date = parse_date(in);
  if (!date) return parse_unix(text);
  milliseconds clock{};
  if (in.take("T ")) {
    while (in.take(" ")) {
    }
    const auto told = parse_clock(in);
    if (!told) return {};
    clock = *told;
  }
  in.take(" ");
  WrittenTime time{UtcTime(*date) + clock};
  if (!in.done()) {
    time.ahead = parse_zone(in);
    if (!time.ahead || !in.done()) return {};
  }
  return plausible(time);
}

std::optional<UtcTime> find_time(std::string_view text) { return utc_of(read_time(text)); }

std::optional<WrittenTime> read_by_format(const std::string& text, const std::string& format) {
  std::tm parts{};
  parts.tm_mday = 1;
  const char* end = ::strptime(text.c_str(), format.c_str(), &parts);
  if (!end || *end != '\0') return {};
  const seconds ahead(parts.tm_gmtoff);  // timegm forgets it
  WrittenTime time{UtcTime(seconds(::timegm(&parts)))};
  if (format.contains("%z") || format.contains("%s")) {
    time.ahead = std::chrono::floor<minutes>(ahead);
  }
  return plausible(time);
}

std::optional<UtcTime> parse_by_format(const std::string& text, const std::string& format) {
  return utc_of(read_by_format(text, format));
}

}  // namespace fithome::csv
