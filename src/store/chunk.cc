// SPDX-License-Identifier: MIT
#include "store/chunk.h"

#include <algorithm>

namespace fithome::store {
namespace {

template <class T>
void add_some(const std::vector<T>& from, const RowNumbers& rows, std::vector<T>& to) {
  to.reserve(to.size() + rows.size());
  for (const std::uint32_t row : rows) to.push_back(from[row]);
}

}  // namespace

void add_rows(const Chunk& from, const RowNumbers& rows, Chunk& to) {
  add_some(from.sequence, rows, to.sequence);
  add_some(from.time, rows, to.time);
  add_some(from.flags, rows, to.flags);
  for (Column& column : to.columns) {
    const auto source = std::ranges::find(from.columns, column.channel, &Column::channel);
    add_some(source->steps, rows, column.steps);
    add_some(source->present, rows, column.present);
  }
}

reading::Reading reading_at(const Chunk& chunk, std::size_t row) {
  reading::Reading reading{chunk.time[row], chunk.flags[row], {}};
  for (const Column& column : chunk.columns) {
    if (column.present[row] != 0) reading.steps[column.channel] = column.steps[row];
  }
  return reading;
}

}  // namespace fithome::store
