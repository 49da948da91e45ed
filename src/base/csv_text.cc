// SPDX-License-Identifier: MIT
#include "base/csv_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace fithome::csv {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view lower_case) {
  return std::ranges::equal(a, lower_case, {}, lower);
}

/// Parses a quoted field that begins at line[at]; leaves `at` behind the closing quote.
std::optional<std::string_view> quoted(std::string& line, std::size_t& at) {
  const std::size_t begin = at + 1;
  std::size_t to = begin;
  for (std::size_t from = begin; from < line.size(); ++from) {
    if (line[from] == '"') {
      if (from + 1 >= line.size() || line[from + 1] != '"') {
        at = from + 1;
        return std::string_view(line).substr(begin, to - begin);
      }
      ++from;
    }
    line[to++] = line[from];
  }
  return {};
}

}  // namespace

char find_separator(std::string_view header) {
  constexpr std::array kSeparators{',', ';', '\t'};
  std::array<int, kSeparators.size()> count{};
  bool inside = false;
  for (const char c : header) {
    if (c == '"') inside = !inside;
    if (inside) continue;
    for (std::size_t n = 0; n < kSeparators.size(); ++n) count[n] += c == kSeparators[n];
  }
  return kSeparators[static_cast<std::size_t>(std::ranges::max_element(count) - count.begin())];
}

bool cut(std::string& line, char separator, std::vector<std::string_view>& fields) {
  fields.clear();
  std::size_t at = 0;
  while (true) {
    const std::size_t text = line.find_first_not_of(' ', at);
    if (text != std::string::npos && line[text] == '"' && separator != '"') {
      at = text;
      const auto field = quoted(line, at);
      if (!field) return false;
      fields.push_back(trim(*field));
      at = std::min(line.find(separator, at), line.size());
    } else {
      const std::size_t end = std::min(line.find(separator, at), line.size());
      fields.push_back(trim(std::string_view(line).substr(at, end - at)));
      at = end;
    }
    if (at >= line.size()) return true;
    ++at;
  }
}

void tidy(std::string& line, bool first_line) {
  if (first_line && line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
  while (line.ends_with('\r')) line.pop_back();
}

bool is_missing(std::string_view field) {
  constexpr std::array<std::string_view, 8> kWords{"?", "nan",  "na",      "n/a",
                                                   "-", "null", "unknown", "unavailable"};
  return field.empty() ||
         std::ranges::any_of(kWords, [&](auto word) { return same_word(field, word); });
}

std::optional<double> to_number(std::string_view field) {
  if (field.starts_with('+')) field.remove_prefix(1);
  double value = 0;
  auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error == std::errc{} && end != field.data() + field.size() && *end == ',' &&
      std::ranges::count(field, ',') == 1) {
    std::string point(field);
    point[static_cast<std::size_t>(end - field.data())] = '.';
    const auto again = std::from_chars(point.data(), point.data() + point.size(), value);
    if (again.ec != std::errc{} || again.ptr != point.data() + point.size()) return {};
    return value;
  }
  if (error != std::errc{} || end != field.data() + field.size() || !std::isfinite(value))
    return {};
  return value;
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace fithome::csv
