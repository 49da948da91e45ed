// SPDX-License-Identifier: MIT
#include "store/column_order.h"

#include <algorithm>

namespace fithome::store {
namespace {

using reading::ChannelId;
using reading::Quantity;
using Measured = std::array<bool, reading::kChannelCount>;
using ColumnOrder = std::array<ChannelId, reading::kChannelCount>;

constexpr int kLinesOfAHouse = 3;

constexpr std::array kQuantityOrder{
    Quantity::active_power, Quantity::reactive_power, Quantity::voltage,   Quantity::apparent_power,
    Quantity::current,      Quantity::power_factor,   Quantity::frequency, Quantity::temperature};

constexpr ColumnOrder make_column_order() {
  ColumnOrder order{};
  std::size_t at = 0;
  for (const Quantity quantity : kQuantityOrder) {
    for (int line = 0; line < kLinesOfAHouse; ++line) {
      const ChannelId id = reading::line_channel(quantity, line);
      if (id < reading::kChannelCount) order[at++] = id;
    }
    const ChannelId id = reading::house_channel(quantity);
    if (id < reading::kChannelCount) order[at++] = id;
  }
  if (at != order.size()) throw "a quantity has no place";  // at compile time
  return order;
}

constexpr ColumnOrder kColumnOrder = make_column_order();

// The channel of another quantity of the same line, or of the house.
ChannelId beside(const reading::Channel& channel, Quantity quantity) {
  return channel.line < 0 ? reading::house_channel(quantity)
                          : reading::line_channel(quantity, channel.line);
}

std::vector<ChannelId> lines_of(Quantity quantity, const Measured& measured) {
  std::vector<ChannelId> lines;
  for (int line = 0; line < kLinesOfAHouse; ++line) {
    const ChannelId id = reading::line_channel(quantity, line);
    if (id < reading::kChannelCount && measured[id]) lines.push_back(id);
  }
  return lines;
}

}  // namespace

const ColumnOrder& column_order() { return kColumnOrder; }

std::vector<Relative> relatives(ChannelId id, const Measured& measured) {
  const reading::Channel& channel = reading::kChannels[id];
  const ChannelId p = beside(channel, Quantity::active_power);
  const ChannelId q = beside(channel, Quantity::reactive_power);
  const ChannelId s = beside(channel, Quantity::apparent_power);
  const ChannelId u = beside(channel, Quantity::voltage);
  std::vector<Relative> all;
  switch (channel.quantity) {
    case Quantity::apparent_power:
      all.push_back({Relation::hypot, {p, q}});
      break;
    case Quantity::current:
      all.push_back({Relation::ratio, {s, u}});
      break;
    case Quantity::power_factor:
      all.push_back({Relation::ratio, {p, s}});
      break;
    default:
      break;
  }
  const bool adds_up = channel.line < 0 && channel.quantity != Quantity::power_factor;
  if (adds_up) all.push_back({Relation::sum, lines_of(channel.quantity, measured)});
  std::erase_if(all, [&](const Relative& one) {
    return !takes_operands(one.relation, one.operands.size()) ||
           std::ranges::any_of(one.operands, [&](ChannelId operand) { return !measured[operand]; });
  });
  return all;
}

}  // namespace fithome::store
