// SPDX-License-Identifier: MIT
//
// What the values of one channel over some time come to.
//
// Flow:    steps of a column -> Summary -> kept roll-ups of the store, rows of the API
// Shape:   only present values are added; where none was, count is 0 and the rest means nothing
// Units:   whole steps in, the channel's unit out. The sum is exact: 2^32 values of 2^31 fit.
// Threads: plain values
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "reading/channels.h"

namespace fithome::reading {

class Summary {
 public:
  struct Value {
    std::uint32_t count = 0;
    double min = 0, mean = 0, max = 0;
    friend bool operator==(const Value&, const Value&) = default;
  };

  Summary() = default;
  /// As it was kept. Of no values: Summary().
  Summary(std::uint32_t count, std::int64_t sum, std::int32_t min, std::int32_t max)
      : count_(count), sum_(sum), min_(min), max_(max) {}

  void add(std::int32_t steps) {
    ++count_;
    sum_ += steps;
    min_ = std::min(min_, steps);
    max_ = std::max(max_, steps);
  }
  void add(const Summary& other) {
    count_ += other.count_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
  }
  Value in_unit(ChannelId channel) const;

  std::uint32_t count() const { return count_; }
  std::int64_t sum() const { return sum_; }
  std::int32_t min() const { return min_; }
  std::int32_t max() const { return max_; }
  friend bool operator==(const Summary&, const Summary&) = default;

 private:
  std::uint32_t count_ = 0;
  std::int64_t sum_ = 0;
  std::int32_t min_ = std::numeric_limits<std::int32_t>::max();
  std::int32_t max_ = std::numeric_limits<std::int32_t>::min();
};

}  // namespace fithome::reading
