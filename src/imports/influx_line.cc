// SPDX-License-Identifier: MIT
#include "imports/influx_line.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace fithome::imports {
namespace {

/// Reads names from left to right.
class LineCursor {
 public:
  explicit LineCursor(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  bool take(char wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Up to one of `ends`, without backslashes in front of , = and blanks.
  std::string name(std::string_view ends) {
    std::string name;
    std::size_t at = 0;
    for (; at < rest_.size() && !ends.contains(rest_[at]); ++at) {
      const bool escapes = rest_[at] == '\\' && at + 1 < rest_.size() &&
                           std::string_view(",= ").contains(rest_[at + 1]);
      if (escapes) ++at;
      name += rest_[at];
    }
    rest_.remove_prefix(at);
    return name;
  }
  /// A field's value as it stands there.
  std::optional<std::string_view> value() {
    std::size_t end = 0;
    if (rest_.starts_with('"')) {
      for (end = 1; end < rest_.size() && rest_[end] != '"'; ++end) end += rest_[end] == '\\';
      if (end >= rest_.size()) return {};
      ++end;
    } else {
      end = std::min(rest_.find_first_of(", "), rest_.size());
    }
    const auto found = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return found;
  }
  void skip_blanks() {
    while (take(' ')) {
    }
  }

 private:
  std::string_view rest_;
};

template <class Number>
std::optional<Number> all_of(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

/// 5, 5.0, 5e3, 5i, 5u.
std::optional<double> influx_number(std::string_view text) {
  if (text.ends_with('i') || text.ends_with('u')) text.remove_suffix(1);
  const auto value = all_of<double>(text);
  if (!value || !std::isfinite(*value)) return {};
  return value;
}

/// A time from 1973 on says by its size whether it is of seconds, ms, us or ns.
std::optional<std::int64_t> to_ns(std::int64_t time) {
  constexpr std::int64_t kLeastSeconds = 100'000'000;
  constexpr std::int64_t kLatest = 4'102'444'800;  // 2100
  for (const std::int64_t a_second : {1LL, 1'000LL, 1'000'000LL, 1'000'000'000LL}) {
    if (time >= kLeastSeconds * a_second && time / a_second < kLatest) {
      return time * (1'000'000'000 / a_second);
    }
  }
  return {};
}

Failure not_a_point(std::string_view what, std::string_view from) {
  constexpr std::size_t kShown = 60;
  return fail(Code::invalid,
              fmt::format("{} at \"{}\"; a point is MEASUREMENT,TAG=x FIELD=1.5 TIME", what,
                          from.substr(0, kShown)));
}

}  // namespace

std::string InfluxPoint::tags_text() const {
  std::string text;
  for (const auto& [name, value] : tags)
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", name, value);
  return text;
}

std::string influx_measurement(std::string_view line) { return LineCursor(line).name(", "); }

bool influx_text_is_open(std::string_view line) {
  LineCursor in(line);
  in.name(" ");
  in.skip_blanks();
  while (!in.done()) {
    in.name("=");
    if (!in.take('=') || in.done()) return false;
    if (!in.value()) return true;
    if (!in.take(',')) return false;
  }
  return false;
}

Result<InfluxPoint> read_influx_line(std::string_view line) {
  LineCursor in(line);
  InfluxPoint point;
  point.measurement = in.name(", ");
  while (in.take(',')) {
    const auto from = in.rest();
    std::string name = in.name("= ");
    if (name.empty() || !in.take('=')) return not_a_point("a tag without a value", from);
    point.tags.emplace_back(std::move(name), in.name(", "));
  }
  if (point.measurement.empty() || !in.take(' ')) return not_a_point("no field", line);
  in.skip_blanks();
  do {
    const auto from = in.rest();
    InfluxPoint::Field field{in.name("=, "), {}, {}};
    if (field.name.empty() || !in.take('=')) return not_a_point("a field without a value", from);
    const auto value = in.value();
    if (!value || value->empty()) return not_a_point("a value that does not end", from);
    field.text = *value;
    field.number = influx_number(*value);
    point.fields.push_back(std::move(field));
  } while (in.take(','));
  in.skip_blanks();
  auto rest = in.rest();
  while (rest.ends_with(' ') || rest.ends_with('\r')) rest.remove_suffix(1);
  if (rest.empty()) return not_a_point("no time", line);
  const auto time = all_of<std::int64_t>(rest);
  const auto ns = time ? to_ns(*time) : std::nullopt;
  if (!ns) return not_a_point("no time of 1973 to 2100", rest);
  point.ns = *ns;
  return point;
}

}  // namespace fithome::imports
