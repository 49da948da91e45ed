// SPDX-License-Identifier: MIT
#include "app/config_values.h"

#include <fmt/format.h>

#include <cmath>

#include "app/nearest.h"
#include "base/number.h"

namespace fithome::app {
namespace {

std::optional<std::int64_t> as_whole(const Value& value) {
  if (const auto* word = std::get_if<Untyped>(&value))
    return parse_number<std::int64_t>(word->text);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole;
  return {};
}

std::string shown(const Value& value) {
  if (const auto* word = std::get_if<Untyped>(&value)) return in_quotes(word->text);
  if (const auto* text = std::get_if<std::string>(&value)) return in_quotes(*text);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *whole);
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  return std::get<bool>(value) ? "true" : "false";
}

std::string unit_of(Bounds bounds) {
  return bounds.unit.empty() ? "" : fmt::format(" ({})", bounds.unit);
}

bool inside(Bounds bounds, double value) { return value >= bounds.least && value <= bounds.most; }

// A value a thousand times too large or too small was meant in another unit: mA, kHz, V.
Failure out_of_range(const Value& value, Bounds bounds, double number, std::string_view takes) {
  std::string hint;
  for (const double factor : {1e-3, 1e3}) {
    if (bounds.unit.empty() || number == 0 || !inside(bounds, number * factor)) continue;
    hint = fmt::format("; the unit is {}: did you mean {}?", bounds.unit, number * factor);
  }
  return fail(Code::invalid,
              fmt::format("{} is out of range; takes {}{}", shown(value), takes, hint));
}

}  // namespace

std::optional<std::string> as_text(const Value& value) {
  if (const auto* word = std::get_if<Untyped>(&value)) return word->text;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return {};
}

std::optional<double> as_number(const Value& value) {
  if (const auto* word = std::get_if<Untyped>(&value)) return parse_number<double>(word->text);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* number = std::get_if<double>(&value)) return *number;
  return {};
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

Failure refuse(const Value& value, std::string_view takes) {
  return fail(Code::invalid, fmt::format("takes {}, not {}", takes, shown(value)));
}

std::string either(std::span<const std::string> names) {
  std::string out;
  for (std::size_t n = 0; n < names.size(); ++n) {
    if (n > 0) out += n + 1 == names.size() ? " or " : ", ";
    out += names[n];
  }
  return out;
}

Result<std::size_t> choose(const Value& value, std::span<const std::string> names,
                           std::string_view takes) {
  std::string text = as_text(value).value_or("");
  if (const auto* whole = std::get_if<std::int64_t>(&value)) text = fmt::format("{}", *whole);
  for (std::size_t n = 0; n < names.size(); ++n) {
    if (text == names[n]) return n;
  }
  Failure failure = refuse(value, takes);
  const auto near = nearest(text, {names.begin(), names.end()});
  if (!near) return failure;
  return fail(Code::invalid, fmt::format("{}; did you mean {}?", failure.error().what, *near));
}

Key text_key(About about, std::string_view example,
             std::function<Result<void>(Config&, std::string)> set,
             std::function<std::string(const Config&)> get) {
  const std::string takes = fmt::format("text such as {}", in_quotes(example));
  return {about.path,
          about.variable,
          takes,
          about.meaning,
          [=](Config& config, const Value& value) -> Result<void> {
            const auto text = as_text(value);
            if (!text) return refuse(value, takes);
            return set(config, *text);
          },
          [=](const Config& config) { return in_quotes(get(config)); }};
}

std::function<Result<void>(Config&, std::string)> any_text(Member<std::string> member) {
  return [member](Config& config, std::string text) -> Result<void> {
    member(config) = std::move(text);
    return {};
  };
}

std::function<Result<void>(Config&, std::string)> not_empty(Member<std::string> member) {
  return [member](Config& config, std::string text) -> Result<void> {
    if (text.empty())
      return fail(Code::invalid, "must not be empty; remove the line for the default");
    member(config) = std::move(text);
    return {};
  };
}

std::function<std::string(const Config&)> reader_of(Member<std::string> member) {
  return [member](const Config& config) {
    Config copy = config;
    return member(copy);
  };
}

Key bool_key(About about, Member<bool> member) {
  const std::string takes = "true or false";
  return {about.path,
          about.variable,
          takes,
          about.meaning,
          [=](Config& config, const Value& value) -> Result<void> {
            const auto* word = std::get_if<Untyped>(&value);
            const auto* flag = std::get_if<bool>(&value);
            const bool yes = flag ? *flag : word && word->text == "true";
            if (!flag && !yes && !(word && word->text == "false")) return refuse(value, takes);
            member(config) = yes;
            return {};
          },
          [=](const Config& config) {
            Config copy = config;
            return std::string(member(copy) ? "true" : "false");
          }};
}

Key whole_key(About about, Bounds bounds, std::function<void(Config&, std::int64_t)> set,
              std::function<std::int64_t(const Config&)> get) {
  const std::string takes =
      fmt::format("a whole number from {} to {}{}", static_cast<std::int64_t>(bounds.least),
                  static_cast<std::int64_t>(bounds.most), unit_of(bounds));
  return {about.path,
          about.variable,
          takes,
          about.meaning,
          [=](Config& config, const Value& value) -> Result<void> {
            const auto number = as_whole(value);
            if (!number) return refuse(value, takes);
            const auto real = static_cast<double>(*number);
            if (!inside(bounds, real)) return out_of_range(value, bounds, real, takes);
            set(config, *number);
            return {};
          },
          [=](const Config& config) { return fmt::format("{}", get(config)); }};
}

Key number_key(About about, Bounds bounds, std::function<void(Config&, double)> set,
               std::function<double(const Config&)> get) {
  const std::string takes =
      fmt::format("a number from {} to {}{}", bounds.least, bounds.most, unit_of(bounds));
  return {about.path,
          about.variable,
          takes,
          about.meaning,
          [=](Config& config, const Value& value) -> Result<void> {
            const auto number = as_number(value);
            if (!number || !std::isfinite(*number)) return refuse(value, takes);
            if (!inside(bounds, *number)) return out_of_range(value, bounds, *number, takes);
            set(config, *number);
            return {};
          },
          [=](const Config& config) { return fmt::format("{}", get(config)); }};
}

}  // namespace fithome::app
