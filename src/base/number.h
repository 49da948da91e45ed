// SPDX-License-Identifier: MIT
//
// A number out of text.
//
// Threads: a plain function
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

namespace fithome {

/// All of `text` as a number; nothing where it is none, has anything beside it, even a space or a
/// plus, or does not fit. `base` is of whole numbers.
template <class T>
std::optional<T> parse_number(std::string_view text, [[maybe_unused]] int base = 10) {
  T value{};
  const char* const end = text.data() + text.size();
  std::from_chars_result read{};
  if constexpr (std::integral<T>) {
    read = std::from_chars(text.data(), end, value, base);
  } else {
    read = std::from_chars(text.data(), end, value);
  }
  if (read.ec != std::errc{} || read.ptr != end) return {};
  return value;
}

}  // namespace fithome
