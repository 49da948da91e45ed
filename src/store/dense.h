// SPDX-License-Identifier: MIT
//
// A column without its gaps, and its kin beside it: predictions know of no absence.
//
// Shape:   as many numbers as are present, in order; of the kin, those at the same readings, 0
//          where they are absent themselves
// Threads: plain values; what they were made of must outlive them
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "store/column_codec.h"

namespace fithome::store {

class Dense {
 public:
  Dense(const ColumnView& column, std::span<const ColumnView> columns);

  std::size_t size() const { return size_; }
  /// The column less what its kin say of it; out.size() numbers from the `from`-th present on.
  void differences(const Kinship& kinship, std::size_t from, std::span<std::int32_t> out) const;
  /// The other way: `series` are all the differences, and become the column without its gaps.
  void add_kin(const Kinship& kinship, std::span<std::int32_t> series) const;

 private:
  /// What the kin say of out.size() numbers from the `from`-th present on.
  void reckon(const Kinship& kinship, std::size_t from, std::span<std::int32_t> out) const;
  std::span<const std::int32_t> gathered(std::span<const std::int32_t> steps, std::size_t from,
                                         std::size_t size, std::vector<std::int32_t>& room) const;

  ColumnView column_;
  std::span<const ColumnView> columns_;
  std::size_t size_;
  std::vector<std::uint16_t> rows_;  // those present; empty: all are
};

/// From the front of `steps` to where they are present; elsewhere 0.
void spread(std::span<const std::uint8_t> present, std::span<std::int32_t> steps);

}  // namespace fithome::store
