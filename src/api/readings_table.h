// SPDX-License-Identifier: MIT
//
// Rows of readings as JSON or CSV text, appended piece by piece.
//
// Flow:    store::Chunk or store::Rolled -> Table -> body
// Shape:   begin, rows as often as wanted, end
// Threads: one
#pragma once

#include <span>
#include <string>

#include "api/readings_query.h"
#include "store/store.h"

namespace fithome::api {

class Table {
 public:
  explicit Table(ReadingsQuery query) : query_(std::move(query)) {}

  void begin(std::string& out, const Status& status);
  void rows(std::string& out, const store::Chunk& chunk);
  void rows(std::string& out, std::span<const store::Rolled> steps);
  /// `left_out`: what was damaged. CSV has no place to say so.
  void end(std::string& out, std::span<const store::BadBlock> left_out);

  std::string_view content_type() const;
  const ReadingsQuery& query() const { return query_; }

 private:
  bool csv() const { return query_.format == ReadingsQuery::Format::csv; }
  bool all_stats() const { return query_.stats == ReadingsQuery::Stats::min_mean_max; }
  void begin_row(std::string& out, UtcTime time);
  void value(std::string& out, reading::ChannelId channel, std::optional<std::int32_t> steps);
  void value(std::string& out, reading::ChannelId channel, bool present, double value);
  void end_row(std::string& out, reading::Flags flags);

  ReadingsQuery query_;
  bool first_row_ = true;
};

}  // namespace fithome::api
