// SPDX-License-Identifier: MIT
//
// Minutes added up to hours or days: what rollup_table.cc keeps and check_rollups.cc compares. For
// no other file.
#pragma once

#include <array>
#include <map>
#include <utility>

#include "store/rollup_table.h"

namespace fithome::store {

/// What some minutes come to in one step of a level.
struct LevelStep {
  std::uint64_t readings = 0;
  reading::Flags flags = 0;
  std::array<reading::Summary, reading::kChannelCount> values{};

  void add(const Minutes& minutes, std::size_t row) {
    readings += minutes.readings[row];
    flags |= minutes.flags[row];
    for (const Minutes::Column& column : minutes.columns) {
      values[column.channel].add(column.values[row]);
    }
  }
};

/// Minutes gathered by steps of a level.
class Gathered {
 public:
  explicit Gathered(const Level& level) : level_(level) {}

  void add(const Minutes& minutes, std::size_t row) {
    const UtcTime time = minutes.start[row];
    if (now_ == nullptr || time < begin_ || time >= end_) {
      begin_ = level_.begin(time);
      end_ = level_.next(begin_);
      now_ = &steps_[begin_];
    }
    now_->add(minutes, row);
  }
  void add(const Minutes& minutes) {
    for (std::size_t row = 0; row < minutes.size(); ++row) add(minutes, row);
  }
  const std::map<UtcTime, LevelStep>& steps() const { return steps_; }
  /// Those that begin before `end`, which are gone from here then.
  std::map<UtcTime, LevelStep> take_before(UtcTime end) {
    now_ = nullptr;
    std::map<UtcTime, LevelStep> taken;
    while (!steps_.empty() && steps_.begin()->first < end) {
      taken.insert(steps_.extract(steps_.begin()));
    }
    return taken;
  }

 private:
  const Level& level_;
  UtcTime begin_{}, end_{};
  LevelStep* now_ = nullptr;
  std::map<UtcTime, LevelStep> steps_;
};

}  // namespace fithome::store
