// SPDX-License-Identifier: MIT
//
// Times as they stand in the store.
//
// Units:   milliseconds of Unix time, UTC; quarters of an hour since 1970
// Threads: pure functions
#pragma once

#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace fithome::store {

inline std::int64_t ms(UtcTime time) { return time.time_since_epoch().count(); }
inline UtcTime from_ms(std::int64_t stamp) { return UtcTime(std::chrono::milliseconds(stamp)); }

constexpr std::int64_t kQuarterMs = std::int64_t{15} * 60 * 1000;

/// A quarter of an hour with its end, without its beginning: so the last ledger of one is the last
/// at or before the boundary.
inline std::int64_t quarter_of(UtcTime time) {
  return ms(time) / kQuarterMs + (ms(time) % kQuarterMs > 0 ? 1 : 0);
}

}  // namespace fithome::store
