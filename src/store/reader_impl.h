// SPDX-License-Identifier: MIT
//
// What reader.cc, scan.cc and rollup.cc share. For no other file.
#pragma once

#include <filesystem>
#include <optional>

#include "store/schema.h"
#include "store/sqlite.h"
#include "store/store.h"

namespace fithome::store {

inline std::int64_t ms(UtcTime time) { return time.time_since_epoch().count(); }
inline UtcTime from_ms(std::int64_t stamp) { return UtcTime(std::chrono::milliseconds(stamp)); }

/// The columns time_ms, flags and then channels, from `column` on.
void read_channels(const Rows& rows, int column, reading::Reading& reading);

struct Bounds {
  UtcTime first, last;
};

struct Reader::Impl {
  std::filesystem::path file;
  Database db;

  /// The earliest and latest reading in the range, if there is any.
  Result<std::optional<Bounds>> bounds(const Range& range) const;
};

}  // namespace fithome::store
