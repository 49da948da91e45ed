// SPDX-License-Identifier: MIT
//
// The noon at which the tests of this folder begin.
#pragma once

#include "base/time.h"

namespace fithome::app {

inline const UtcTime kNoon =
    UtcTime(std::chrono::sys_days(std::chrono::year(2026) / 6 / 1)) + std::chrono::hours(12);

}  // namespace fithome::app
