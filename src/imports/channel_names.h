// SPDX-License-Identifier: MIT
//
// What a column, a feed or a field may become, and values of it.
//
// Errors:  invalid - no channel of that name (names them), a value that it cannot hold
// Threads: plain functions
#pragma once

#include <optional>
#include <string_view>

#include "base/csv_columns.h"
#include "base/result.h"
#include "reading/reading.h"

namespace fithome::imports {

/// The channel of that name, or of the Pa and Pr of exports.
std::optional<reading::ChannelId> channel_of(std::string_view name);
/// For csv::find_columns.
Result<void> known_channel(std::string_view name);

/// A channel and what feeds it.
struct Feeding {
  reading::ChannelId channel;
  csv::Column from;
};

/// Sets value times factor. Errors: invalid - "4e9 W is more than p can hold"; not the place
Result<void> set_value(reading::Reading& reading, const Feeding& feeding, double value);

}  // namespace fithome::imports
