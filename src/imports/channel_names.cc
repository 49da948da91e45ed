// SPDX-License-Identifier: MIT
#include "imports/channel_names.h"

#include <fmt/format.h>

namespace fithome::imports {

std::optional<reading::ChannelId> channel_of(std::string_view name) {
  using reading::Quantity;
  if (name == "Pa") return reading::house_channel(Quantity::active_power);
  if (name == "Pr") return reading::house_channel(Quantity::reactive_power);
  return reading::find_channel(name);
}

Result<void> known_channel(std::string_view name) {
  if (channel_of(name)) return {};
  std::string known;
  for (const reading::Channel& channel : reading::kChannels) {
    if (!known.empty()) known += ' ';
    known += channel.name;
  }
  return fail(Code::invalid, fmt::format("no channel \"{}\"; there are {}", name, known));
}

Result<void> set_value(reading::Reading& reading, const Feeding& feeding, double value) {
  const double scaled = value * feeding.from.factor;
  reading.set(feeding.channel, scaled);
  if (reading.steps[feeding.channel]) return {};
  const reading::Channel& channel = reading::kChannels[feeding.channel];
  return fail(
      Code::invalid,
      fmt::format("{} {} is more than {} can hold; is it another quantity, or another unit? "
                  "A factor may follow, as in *1000 or /1000",
                  scaled, channel.unit, channel.name));
}

}  // namespace fithome::imports
