// SPDX-License-Identifier: MIT
#include "store/grid.h"

#include <algorithm>
#include <limits>

namespace fithome::store {
namespace {

std::int32_t low_half(std::uint64_t number) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(number));
}
std::int32_t high_half(std::uint64_t number) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(number >> 32));
}

}  // namespace

Grid fit_grid(std::span<const std::uint64_t> numbers) {
  std::vector<std::uint64_t> steps;
  for (std::size_t n = 1; n < numbers.size(); ++n) steps.push_back(numbers[n] - numbers[n - 1]);
  if (steps.empty()) return {numbers.front(), 0};
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::ranges::nth_element(steps, middle);
  const bool fits = *middle <= std::numeric_limits<std::uint32_t>::max();
  return {numbers.front(), fits ? static_cast<std::uint32_t>(*middle) : 0};
}

Deviations deviations(const Grid& grid, std::span<const std::uint64_t> numbers) {
  Deviations all;
  bool regular = true;
  bool small = true;
  std::uint64_t regular_number = grid.first;
  for (const std::uint64_t number : numbers) {
    const std::uint64_t deviation = number - regular_number;
    all.low.push_back(low_half(deviation));
    all.high.push_back(high_half(deviation));
    regular = regular && deviation == 0;
    small = small && all.high.back() == (all.low.back() < 0 ? -1 : 0);
    regular_number += grid.step;
  }
  if (regular) all.low.clear();
  if (small) all.high.clear();
  return all;
}

void add_grid(const Grid& grid, std::span<const std::int32_t> low,
              std::span<const std::int32_t> high, std::span<std::uint64_t> out) {
  std::uint64_t regular_number = grid.first;
  for (std::size_t n = 0; n < out.size(); ++n) {
    std::uint64_t deviation = 0;
    if (!low.empty()) deviation = static_cast<std::uint64_t>(std::int64_t{low[n]});
    if (!high.empty()) {
      deviation = std::uint64_t{static_cast<std::uint32_t>(high[n])} << 32 |
                  static_cast<std::uint32_t>(deviation);
    }
    out[n] = regular_number + deviation;
    regular_number += grid.step;
  }
}

}  // namespace fithome::store
