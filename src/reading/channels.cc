// SPDX-License-Identifier: MIT
#include "reading/channels.h"

#include <charconv>

namespace fithome::reading {

void append_decimal(std::string& out, ChannelId id, std::int32_t steps) {
  const int decimals = kChannels[id].decimals;
  std::int64_t magnitude = steps;
  if (magnitude < 0) {
    out.push_back('-');
    magnitude = -magnitude;
  }
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), magnitude).ptr;
  auto count = static_cast<int>(end - digits.data());
  const int whole = count - decimals;
  if (whole > 0) {
    out.append(digits.data(), static_cast<std::size_t>(whole));
  } else {
    out.push_back('0');
  }
  if (decimals == 0) return;
  out.push_back('.');
  for (int n = whole; n < 0; ++n) out.push_back('0');
  const int from = whole > 0 ? whole : 0;
  out.append(digits.data() + from, static_cast<std::size_t>(count - from));
}

}  // namespace fithome::reading
