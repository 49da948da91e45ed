// SPDX-License-Identifier: MIT
#include "app/nearest.h"

#include <algorithm>
#include <utility>

namespace fithome::app {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& words) {
  constexpr std::size_t kLongestWord = 40;  // longer is no misspelling of ours
  if (word.size() > kLongestWord) return {};
  std::optional<std::string> best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : words) {
    const std::size_t apart = distance(word, candidate);
    if (apart < least && apart < candidate.size()) {
      least = apart;
      best = candidate;
    }
  }
  return best;
}

}  // namespace fithome::app
