// SPDX-License-Identifier: MIT
#include "exports/csv_text.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstring>

namespace fithome::exports {
namespace {

using std::chrono::milliseconds;

void append_digits(std::string& out, std::int64_t value, int width) {
  std::array<char, 8> digits;
  for (int n = width - 1; n >= 0; --n) {
    digits[static_cast<std::size_t>(n)] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(digits.data(), static_cast<std::size_t>(width));
}

std::string offset_text(milliseconds offset) {
  if (offset == milliseconds(0)) return "Z";
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(offset).count();
  const auto size = std::abs(minutes);
  return fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', size / 60, size % 60);
}

constexpr std::size_t kValueText = 24;

/// As std::llround, which is a call.
std::int64_t round_to_whole(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  const double left = value - static_cast<double>(whole);  // exact
  return whole + (left >= 0.5 ? 1 : 0) - (left <= -0.5 ? 1 : 0);
}

// "00" to "99".
constexpr auto kPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t n = 0; n < 100; ++n) {
    pairs[2 * n] = static_cast<char>('0' + n / 10);
    pairs[2 * n + 1] = static_cast<char>('0' + n % 10);
  }
  return pairs;
}();

/// To `to`, which has room for kValueText; where it ends.
char* put_value(char* to, double value, int decimals) {
  if (std::isnan(value)) return to;
  const auto steps = round_to_whole(value * reading::power_of_ten(decimals));
  auto rest = static_cast<std::uint64_t>(std::abs(steps));
  // From its end, two digits at a time where they are on one side of the point; then all of it is
  // put in its place by a copy of a constant size.
  std::array<char, 2 * kValueText> text{};
  std::size_t at = kValueText;
  const auto put_digit = [&] {
    text[--at] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  };
  const auto put_two = [&] {
    std::memcpy(&text[at -= 2], &kPairs[2 * (rest % 100)], 2);
    rest /= 100;
  };
  int left = decimals;
  for (; left >= 2; left -= 2) put_two();
  if (left > 0) put_digit();
  if (decimals > 0) text[--at] = '.';
  while (rest >= 100) put_two();
  if (rest >= 10)
    put_two();
  else
    put_digit();
  if (steps < 0) text[--at] = '-';
  std::memcpy(to, &text[at], kValueText);
  return to + (kValueText - at);
}

}  // namespace

void TimeText::append(std::string& out, UtcTime time) {
  const UtcTime minute = std::chrono::floor<std::chrono::minutes>(time);
  if (minute != minute_) {
    const milliseconds offset = local_offset(minute);
    before_ = to_iso(minute + offset).substr(0, sizeof "2026-11-22T22:40:" - 1);
    behind_ = offset_text(offset);
    minute_ = minute;
  }
  const auto since = (time - minute).count();
  out += before_;
  append_digits(out, since / 1000, 2);
  out += '.';
  append_digits(out, since % 1000, 3);
  out += behind_;
}

void append_value(std::string& out, double value, int decimals) {
  out.resize_and_overwrite(
      out.size() + kValueText, [&, size = out.size()](char* text, std::size_t) {
        return static_cast<std::size_t>(put_value(text + size, value, decimals) - text);
      });
}

void append_values(std::string& out, const Frame& frame, std::size_t row,
                   const std::vector<Column>& columns) {
  const std::size_t most = columns.size() * (1 + kValueText) + kValueText;
  out.resize_and_overwrite(out.size() + most, [&, size = out.size()](char* text, std::size_t) {
    char* to = text + size;
    for (std::size_t n = 0; n < columns.size(); ++n) {
      *to++ = ',';
      to = put_value(to, frame.values[n][row], columns[n].decimals);
    }
    return static_cast<std::size_t>(to - text);
  });
}

}  // namespace fithome::exports
