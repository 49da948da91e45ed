// SPDX-License-Identifier: MIT
#include "store/dense.h"

#include <array>

namespace fithome::store {

Dense::Dense(const ColumnView& column, std::span<const ColumnView> columns)
    : column_(column), columns_(columns), size_(column.steps.size()) {
  if (column.present.empty()) return;
  for (std::size_t row = 0; row < column.present.size(); ++row) {
    if (column.present[row] != 0) rows_.push_back(static_cast<std::uint16_t>(row));
  }
  size_ = rows_.size();
}

std::span<const std::int32_t> Dense::gathered(std::span<const std::int32_t> steps, std::size_t from,
                                              std::size_t size,
                                              std::vector<std::int32_t>& room) const {
  if (rows_.empty()) return steps.subspan(from, size);
  for (std::size_t n = from; n < from + size; ++n) room.push_back(steps[rows_[n]]);
  return room;
}

void Dense::reckon(const Kinship& kinship, std::size_t from, std::span<std::int32_t> out) const {
  std::array<std::vector<std::int32_t>, kMostOperands> rooms;
  std::array<std::span<const std::int32_t>, kMostOperands> operands;
  for (std::size_t n = 0; n < kinship.count; ++n) {
    operands[n] = gathered(columns_[kinship.operands[n]].steps, from, out.size(), rooms[n]);
  }
  related(kinship.relation, std::span(operands).first(kinship.count), out);
}

void Dense::differences(const Kinship& kinship, std::size_t from,
                        std::span<std::int32_t> out) const {
  reckon(kinship, from, out);
  std::vector<std::int32_t> room;
  const auto own = gathered(column_.steps, from, out.size(), room);
  for (std::size_t n = 0; n < out.size(); ++n) out[n] = wrapped_difference(own[n], out[n]);
}

void Dense::add_kin(const Kinship& kinship, std::span<std::int32_t> series) const {
  if (kinship.relation == Relation::none) return;
  std::vector<std::int32_t> kin(series.size());
  reckon(kinship, 0, kin);
  for (std::size_t n = 0; n < series.size(); ++n) series[n] = wrapped_sum(series[n], kin[n]);
}

void spread(std::span<const std::uint8_t> present, std::span<std::int32_t> steps) {
  std::size_t left = 0;
  for (const std::uint8_t one : present) left += one;
  for (std::size_t row = present.size(); row-- > 0;) {
    steps[row] = present[row] != 0 ? steps[--left] : 0;
  }
}

}  // namespace fithome::store
