// SPDX-License-Identifier: MIT
//
// Talk with a person at a terminal, or with a script of answers.
//
// Threads: main
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include "base/number.h"

namespace fithome::app {

class Dialog {
 public:
  virtual ~Dialog() = default;
  /// A line, or several.
  virtual void say(std::string_view text) = 0;
  /// A line that the next one of its kind takes the place of.
  virtual void progress(std::string_view text) = 0;
  /// The answer without its line end; nothing where no more will come. `key` names the question
  /// for scripts: it never changes, as its words may.
  virtual std::optional<std::string> ask(std::string_view key, std::string_view question) = 0;
};

/// `yes` where the answer is empty; nothing where there is no answer, or none of the two.
inline std::optional<bool> as_yes_or_no(const std::optional<std::string>& answer, bool yes) {
  if (!answer) return {};
  if (answer->empty()) return yes;
  const char first = static_cast<char>(answer->front() | 0x20);
  if (first == 'y') return true;
  if (first == 'n') return false;
  return {};
}

/// The whole answer as a finite number, or nothing.
inline std::optional<double> as_number(const std::string& answer) {
  const auto value = parse_number<double>(answer);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

}  // namespace fithome::app
