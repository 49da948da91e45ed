// SPDX-License-Identifier: MIT
//
// Makes keys of each kind: text, number, choice, yes or no. For the files that list keys.
#pragma once

#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "app/config_keys.h"

namespace fithome::app {

/// What is said of a key apart from its kind.
struct About {
  std::string path;
  std::string variable;
  std::string meaning;
};

template <class T>
using Member = std::function<T&(Config&)>;

struct Bounds {
  double least, most;
  std::string_view unit;  // "volts"; empty: a bare number
};

/// The value as text, or as a number, where it is one or is Untyped and reads as one.
std::optional<std::string> as_text(const Value& value);
std::optional<double> as_number(const Value& value);

/// An error that quotes the value and says what is taken instead.
Failure refuse(const Value& value, std::string_view takes);

/// The value as TOML writes it: "text" in quotes.
std::string in_quotes(std::string_view text);

/// Text; `example` is quoted in messages.
Key text_key(About about, std::string_view example,
             std::function<Result<void>(Config&, std::string)> set,
             std::function<std::string(const Config&)> get);
/// What a text_key does with a member: takes any text, takes any but an empty one, shows it.
std::function<Result<void>(Config&, std::string)> any_text(Member<std::string> member);
std::function<Result<void>(Config&, std::string)> not_empty(Member<std::string> member);
std::function<std::string(const Config&)> reader_of(Member<std::string> member);

Key bool_key(About about, Member<bool> member);
/// Numbers within the bounds.
Key number_key(About about, Bounds bounds, std::function<void(Config&, double)> set,
               std::function<double(const Config&)> get);
Key whole_key(About about, Bounds bounds, std::function<void(Config&, std::int64_t)> set,
              std::function<std::int64_t(const Config&)> get);

template <std::integral T>
Key whole_key(const About& about, Bounds bounds, Member<T> member) {
  return whole_key(
      about, bounds,
      [member](Config& config, std::int64_t value) { member(config) = static_cast<T>(value); },
      [member](const Config& config) -> std::int64_t {
        Config copy = config;
        return member(copy);
      });
}

/// One of a few words, or of a few whole numbers (then shown without quotes).
template <class T>
using Choices = std::vector<std::pair<std::string, T>>;

/// Which of the names the value is.
Result<std::size_t> choose(const Value& value, std::span<const std::string> names,
                           std::string_view takes);
/// "50 or 60", "a, b or c".
std::string either(std::span<const std::string> names);

template <class T>
Key choice_key(About about, const Choices<T>& choices, bool numbers, Member<T> member) {
  std::vector<std::string> names;
  for (const auto& [name, value] : choices) names.push_back(name);
  const std::string takes = either(names);
  return {about.path,
          about.variable,
          takes,
          about.meaning,
          [=](Config& config, const Value& value) -> Result<void> {
            FITHOME_TRY(const std::size_t which, choose(value, names, takes));
            member(config) = choices[which].second;
            return {};
          },
          [=](const Config& config) {
            Config copy = config;
            for (const auto& [name, value] : choices) {
              if (value == member(copy)) return numbers ? name : in_quotes(name);
            }
            return std::string();
          }};
}

}  // namespace fithome::app
