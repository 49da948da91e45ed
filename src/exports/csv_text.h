// SPDX-License-Identifier: MIT
//
// Times and values as text, quickly: a year is a thousand million characters.
//
// Shape:   "2026-11-22T22:40:00.000Z"; where local time is not UTC "2026-11-22T23:40:00.000+01:00"
// Threads: one
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "exports/frames.h"

namespace fithome::exports {

class TimeText {
 public:
  void append(std::string& out, UtcTime time);

 private:
  UtcTime minute_ = UtcTime::min();
  std::string text_;  // of a time in that minute
};

/// Rounded to that many decimals; nothing for NaN. Never "-0.00".
void append_value(std::string& out, double value, int decimals);

/// The values of rows as text. They are made column by column, some rows at once: those of a column
/// are much alike, and a processor that expects what comes is quicker by half.
class RowTexts {
 public:
  explicit RowTexts(const std::vector<Column>& columns);
  /// The values of a row, a comma before each; all rows of a frame in turn, from 0.
  void append(std::string& out, const Frame& frame, std::size_t row);

 private:
  static constexpr std::size_t kRows = 64;

  void make(const Frame& frame, std::size_t first);

  const std::vector<Column>& columns_;
  std::vector<char> text_;           // a place of kValueText for each, which its text ends
  std::vector<std::uint8_t> sizes_;  // of the texts, kRows for each column
};

}  // namespace fithome::exports
