// SPDX-License-Identifier: MIT
#include "app/print_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fithome::app {
namespace {

std::string coloured(bool colour, std::string_view code, std::string_view text) {
  return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string spaces(std::string_view text, std::size_t width) {
  const std::size_t wide = characters(text);
  return std::string(wide < width ? width - wide : 0, ' ');
}

bool is_power(reading::Quantity quantity) {
  using enum reading::Quantity;
  return quantity == active_power || quantity == reactive_power || quantity == apparent_power;
}

}  // namespace

std::string Style::bold(std::string_view text) const { return coloured(colour, "1", text); }
std::string Style::dim(std::string_view text) const { return coloured(colour, "2", text); }
std::string Style::red(std::string_view text) const { return coloured(colour, "31", text); }

std::string power_text(double value, std::string_view unit) {
  constexpr double kRoundsToThousand = 999.95;
  if (std::abs(value) < kRoundsToThousand) return fmt::format("{:.1f} {}", value, unit);
  return fmt::format("{:.3f} k{}", value / 1000, unit);
}

std::string value_text(const reading::Reading& reading, reading::ChannelId channel) {
  if (!reading.steps[channel]) return "-";
  const auto& about = reading::kChannels[channel];
  if (is_power(about.quantity)) return power_text(*reading.value(channel), about.unit);
  std::string out;
  reading::append_decimal(out, channel, *reading.steps[channel]);
  if (!about.unit.empty()) out += fmt::format(" {}", about.unit);
  return out;
}

std::string energy_text(reading::Energy energy) {
  return fmt::format("{:.3f} kWh", energy.wh() / 1000);
}

std::string duration_text(double seconds) {
  constexpr double kMinute = 60, kHour = 3600, kDay = 86400;
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  if (seconds < 2 * kMinute) return fmt::format("{:.0f} s", seconds);
  if (seconds < 2 * kHour) return fmt::format("{:.0f} min", std::floor(seconds / kMinute));
  if (seconds < 2 * kDay) return fmt::format("{:.0f} h", std::floor(seconds / kHour));
  return fmt::format("{:.0f} days", std::floor(seconds / kDay));
}

std::string bytes_text(double bytes) {
  if (bytes < 1e6) return fmt::format("{:.1f} kB", bytes / 1e3);
  if (bytes < 1e9) return fmt::format("{:.1f} MB", bytes / 1e6);
  return fmt::format("{:.1f} GB", bytes / 1e9);
}

std::string right(std::string_view text, std::size_t width) {
  return spaces(text, width) + std::string(text);
}

std::string left(std::string_view text, std::size_t width) {
  return std::string(text) + spaces(text, width);
}

}  // namespace fithome::app
