// SPDX-License-Identifier: MIT
//
// What /api/v1/readings is asked for, checked.
//
// Errors:  invalid - named by the parameter that is wrong
// Threads: plain values
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "api/query.h"
#include "api/routes.h"

namespace fithome::api {

struct ReadingsQuery {
  enum class Format { json, csv };
  enum class Stats { mean, min_mean_max };

  UtcTime from{};
  UtcTime to{};  // not included
  std::vector<reading::ChannelId> channels;
  std::optional<std::chrono::milliseconds> every;  // nothing: each reading
  Stats stats = Stats::mean;
  Format format = Format::json;
};

/// `status` says which channels are in use, for where none are named.
Result<ReadingsQuery> parse_readings_query(const Query& query, const Status& status, UtcTime now);

}  // namespace fithome::api
