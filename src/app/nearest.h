// SPDX-License-Identifier: MIT
//
// "Did you mean": the word of a list that was perhaps meant.
//
// Threads: pure
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fithome::app {

/// Near enough, or nothing.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& words);

}  // namespace fithome::app
