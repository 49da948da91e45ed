// SPDX-License-Identifier: MIT
//
// Times and values as text, quickly: a year is a thousand million characters.
//
// Shape:   "2026-11-22T22:40:00.000Z"; where local time is not UTC "2026-11-22T23:40:00.000+01:00"
// Threads: one
#pragma once

#include <string>

#include "base/time.h"
#include "exports/frames.h"

namespace fithome::exports {

class TimeText {
 public:
  void append(std::string& out, UtcTime time);

 private:
  // Of the minute that was written last: "2026-11-22T22:40:", and what stands behind the seconds.
  UtcTime minute_ = UtcTime::min();
  std::string before_, behind_;
};

/// Rounded to that many decimals; nothing for NaN. Never "-0.00".
void append_value(std::string& out, double value, int decimals);

/// The values of a row, a comma before each.
void append_values(std::string& out, const Frame& frame, std::size_t row,
                   const std::vector<Column>& columns);

}  // namespace fithome::exports
