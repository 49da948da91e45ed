// SPDX-License-Identifier: MIT
//
// The channel table: the one place that gives every channel its name, unit, step and meaning.
// Database columns, CSV headers, JSON keys, metrics and the page follow it, in this order.
//
// Shape:   6 channels of the house, then 6 of each line a, b, c; `time` stands before them and
//          `flags` behind them wherever readings are written out
// Units:   a stored value is a whole number of steps: p = 12345 is 123.45 W
// Source:  steps: no finer than the chip's weights (docs/registers.md), design:
// docs/store-format.md
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fithome::reading {

enum class Quantity {
  active_power,
  reactive_power,
  apparent_power,
  power_factor,
  frequency,
  temperature,
  voltage,
  current,
};

/// How many readings become one value of a longer time.
enum class Aggregate {
  mean,  // of the readings present, with their least, greatest and count
};

struct Channel {
  std::string_view name;  // p, q_a: the same everywhere, for ever
  Quantity quantity;
  int line;               // 0 A, 1 B, 2 C; -1 the whole house
  std::string_view unit;  // W var VA V A Hz °C, or "" for a ratio
  int decimals;           // of a step: 2 -> 0.01
  Aggregate aggregate;
  std::string_view meaning;  // a clause for help texts and documents
};

/// Index into kChannels.
using ChannelId = std::uint8_t;

constexpr int kHouseChannels = 6;
constexpr int kLineChannels = 6;
constexpr int kChannelCount = kHouseChannels + 3 * kLineChannels;

namespace detail {
using enum Quantity;
constexpr std::array<Channel, kChannelCount> make_channels() {
  constexpr auto mean = Aggregate::mean;
  std::array<Channel, kChannelCount> table{{
      {"p", active_power, -1, "W", 2, mean, "active power of the house, positive from the grid"},
      {"q", reactive_power, -1, "var", 2, mean, "reactive power of the house, positive lagging"},
      {"s", apparent_power, -1, "VA", 2, mean, "apparent power of the house"},
      {"pf", power_factor, -1, "", 3, mean, "power factor of the house, sign of the active power"},
      {"f", frequency, -1, "Hz", 2, mean, "mains frequency"},
      {"temp", temperature, -1, "°C", 0, mean, "temperature inside the chip"},
  }};
  constexpr std::array<std::array<std::string_view, 3>, kLineChannels> names{{
      {"u_a", "u_b", "u_c"},
      {"i_a", "i_b", "i_c"},
      {"p_a", "p_b", "p_c"},
      {"q_a", "q_b", "q_c"},
      {"s_a", "s_b", "s_c"},
      {"pf_a", "pf_b", "pf_c"},
  }};
  constexpr std::array<Channel, kLineChannels> kinds{{
      {"u", voltage, 0, "V", 2, mean, "voltage of the line"},
      {"i", current, 0, "A", 3, mean, "current of the line"},
      {"p", active_power, 0, "W", 2, mean, "active power of the line, positive from the grid"},
      {"q", reactive_power, 0, "var", 2, mean, "reactive power of the line, positive lagging"},
      {"s", apparent_power, 0, "VA", 2, mean, "apparent power of the line"},
      {"pf", power_factor, 0, "", 3, mean, "power factor of the line, sign of the active power"},
  }};
  for (int line = 0; line < 3; ++line) {
    for (int kind = 0; kind < kLineChannels; ++kind) {
      Channel channel = kinds[static_cast<std::size_t>(kind)];
      channel.name = names[static_cast<std::size_t>(kind)][static_cast<std::size_t>(line)];
      channel.line = line;
      table[static_cast<std::size_t>(kHouseChannels + line * kLineChannels + kind)] = channel;
    }
  }
  return table;
}
}  // namespace detail

inline constexpr std::array<Channel, kChannelCount> kChannels = detail::make_channels();

constexpr ChannelId house_channel(Quantity quantity) {
  for (int id = 0; id < kHouseChannels; ++id) {
    if (kChannels[static_cast<std::size_t>(id)].quantity == quantity) {
      return static_cast<ChannelId>(id);
    }
  }
  return kChannelCount;
}

constexpr ChannelId line_channel(Quantity quantity, int line) {
  for (int id = kHouseChannels; id < kChannelCount; ++id) {
    const Channel& channel = kChannels[static_cast<std::size_t>(id)];
    if (channel.line == line && channel.quantity == quantity) return static_cast<ChannelId>(id);
  }
  return kChannelCount;
}

/// The channel of that name, if there is one.
constexpr std::optional<ChannelId> find_channel(std::string_view name) {
  for (int id = 0; id < kChannelCount; ++id) {
    if (kChannels[static_cast<std::size_t>(id)].name == name) return static_cast<ChannelId>(id);
  }
  return {};
}

/// How many steps of so many decimals make one of the unit: 100. A value is steps divided by it,
/// once: the double nearest to the decimal number.
constexpr double power_of_ten(int decimals) {
  double value = 1;
  for (int n = 0; n < decimals; ++n) value *= 10;
  return value;
}

/// What one step of the channel is worth in its unit: 0.01.
constexpr double step(ChannelId id) { return 1 / power_of_ten(kChannels[id].decimals); }

/// Whole steps as decimal text: 12345 of p is "123.45". Appends to `out`.
void append_decimal(std::string& out, ChannelId id, std::int32_t steps);

}  // namespace fithome::reading
