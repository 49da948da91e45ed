// SPDX-License-Identifier: MIT
#include "reading/reading.h"

#include <cmath>
#include <limits>

namespace fithome::reading {
namespace {

constexpr std::array<double, 4> kStepsPerUnit{1, 10, 100, 1000};

}  // namespace

void Reading::set(ChannelId id, double value) {
  const double scaled =
      std::round(value * kStepsPerUnit[static_cast<std::size_t>(kChannels[id].decimals)]);
  constexpr double kMost = std::numeric_limits<std::int32_t>::max();
  if (!(std::abs(scaled) <= kMost)) {
    steps[id].reset();
    return;
  }
  steps[id] = static_cast<std::int32_t>(scaled);
}

std::string flag_text(Flags flags) {
  std::string text;
  for (const FlagName& each : kFlags) {
    if ((flags & bit(each.flag)) == 0) continue;
    if (!text.empty()) text.push_back(' ');
    text += each.name;
  }
  return text;
}

}  // namespace fithome::reading
