// SPDX-License-Identifier: MIT
#include "exports/csv_text.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

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
  if (std::isnan(value)) return;
  const auto steps = std::llround(value * reading::power_of_ten(decimals));
  auto rest = static_cast<std::uint64_t>(std::abs(steps));
  // From its end: each digit costs a multiplication, and the whole is appended once.
  std::array<char, 24> text;
  auto at = text.size();
  const auto put_digit = [&] {
    text[--at] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  };
  for (int n = 0; n < decimals; ++n) put_digit();
  if (decimals > 0) text[--at] = '.';
  do put_digit();
  while (rest != 0);
  if (steps < 0) text[--at] = '-';
  out.append(&text[at], text.size() - at);
}

void append_values(std::string& out, const Frame& frame, std::size_t row,
                   const std::vector<Column>& columns) {
  for (std::size_t n = 0; n < columns.size(); ++n) {
    out += ',';
    append_value(out, frame.values[n][row], columns[n].decimals);
  }
}

}  // namespace fithome::exports
