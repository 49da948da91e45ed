// SPDX-License-Identifier: MIT
//
// Times and values as text, quickly: a year is a thousand million characters.
//
// Shape:   "2026-11-22T22:40:00.000Z", or "2026-11-22T23:40:00.000+01:00" where local time is not
// UTC Threads: one
#pragma once

#include <string>

#include "base/time.h"

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

}  // namespace fithome::exports
