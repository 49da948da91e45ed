// SPDX-License-Identifier: MIT
#include "exports/csv_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <span>

namespace fithome::exports {
namespace {

using std::chrono::milliseconds;

void put_digits(char* to, std::int64_t value, int width) {
  for (int n = width - 1; n >= 0; --n) {
    to[n] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
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

/// Its text, which ends before `end`; where it begins.
char* put_value(char* end, double value, double scale, int decimals) {
  if (std::isnan(value)) return end;
  const std::int64_t steps = round_to_whole(value * scale);
  auto rest = static_cast<std::uint64_t>(std::abs(steps));
  // From its end, two digits at a time where they are on one side of the point.
  char* at = end;
  const auto put_digit = [&] {
    *--at = static_cast<char>('0' + rest % 10);
    rest /= 10;
  };
  const auto put_two = [&] {
    std::memcpy(at -= 2, &kPairs[2 * (rest % 100)], 2);
    rest /= 100;
  };
  int left = decimals;
  for (; left >= 2; left -= 2) put_two();
  if (left > 0) put_digit();
  if (decimals > 0) *--at = '.';
  while (rest >= 100) put_two();
  if (rest >= 10)
    put_two();
  else
    put_digit();
  if (steps < 0) *--at = '-';
  return at;
}

}  // namespace

void TimeText::append(std::string& out, UtcTime time) {
  constexpr std::size_t kSeconds = sizeof "2026-11-22T22:40:" - 1, kFraction = kSeconds + 3;
  const UtcTime minute = std::chrono::floor<std::chrono::minutes>(time);
  if (minute != minute_) {
    const milliseconds offset = local_offset(minute);
    text_ = to_iso(minute + offset).substr(0, kSeconds) + "00.000" + offset_text(offset);
    minute_ = minute;
  }
  const auto since = (time - minute).count();
  put_digits(&text_[kSeconds], since / 1000, 2);
  put_digits(&text_[kFraction], since % 1000, 3);
  out += text_;
}

void append_value(std::string& out, double value, int decimals) {
  std::array<char, kValueText> text;
  char* const end = text.data() + text.size();
  out.append(put_value(end, value, reading::power_of_ten(decimals), decimals), end);
}

RowTexts::RowTexts(const std::vector<Column>& columns)
    : columns_(columns),
      text_((columns.size() * kRows + 1) * kValueText),
      sizes_(columns.size() * kRows) {}

void RowTexts::make(const Frame& frame, std::size_t first) {
  const std::size_t rows = std::min(frame.rows() - first, kRows);
  for (std::size_t n = 0; n < columns_.size(); ++n) {
    const int decimals = columns_[n].decimals;
    const double scale = reading::power_of_ten(decimals);
    const std::span values = std::span(frame.values[n]).subspan(first, rows);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t slot = n * kRows + row;
      char* const end = text_.data() + (slot + 1) * kValueText;
      const char* const begin = put_value(end, values[row], scale, decimals);
      sizes_[slot] = static_cast<std::uint8_t>(end - begin);
    }
  }
}

void RowTexts::append(std::string& out, const Frame& frame, std::size_t row) {
  if (row % kRows == 0) make(frame, row);
  const std::size_t most = columns_.size() * (1 + kValueText);
  out.resize_and_overwrite(out.size() + most, [&, size = out.size()](char* text, std::size_t) {
    char* to = text + size;
    for (std::size_t slot = row % kRows; slot < sizes_.size(); slot += kRows) {
      *to++ = ',';
      // A constant size is quicker; what is too much of it is written over.
      std::memcpy(to, text_.data() + (slot + 1) * kValueText - sizes_[slot], kValueText);
      to += sizes_[slot];
    }
    return static_cast<std::size_t>(to - text);
  });
}

}  // namespace fithome::exports
