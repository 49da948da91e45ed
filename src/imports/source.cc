// SPDX-License-Identifier: MIT
#include "imports/source.h"

#include <utility>

namespace fithome::imports {

Result<std::vector<reading::Reading>> OneByOne::next(std::size_t most) {
  std::vector<reading::Reading> found;
  while (!failed_ && found.size() < most) {
    auto one = next_one();
    if (!one) {
      failed_ = std::move(one).error();
    } else if (*one) {
      found.push_back(**one);
    } else {
      return found;
    }
  }
  if (failed_ && found.empty()) return Failure(*failed_);
  return found;
}

}  // namespace fithome::imports
