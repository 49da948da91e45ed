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

  store::MeterId meter = store::kFirstMeter;  // or kHouse: the stated sum
  std::string meter_name;
  UtcTime from{};
  UtcTime to{};  // not included
  std::vector<reading::ChannelId> channels;
  std::optional<std::chrono::milliseconds> every;  // nothing: each reading
  bool days = false;  // of local time, whole ones; `every` is 24 hours then
  Stats stats = Stats::mean;
  Format format = Format::json;
};

/// `status` says which channels are in use, for where none are named; `stored` which meters there
/// were.
Result<ReadingsQuery> parse_readings_query(const Query& query, const Status& status,
                                           const std::vector<store::Meter>& stored, UtcTime now);

}  // namespace fithome::api
