// SPDX-License-Identifier: MIT
//
// Values as people read them: with a unit, a sensible number of digits, and colour where there is.
//
// Units:   prefixes exist only here: 1234.5 W is "1.235 kW"
// Threads: pure functions
#pragma once

#include <string>
#include <string_view>

#include "reading/ledger.h"
#include "reading/reading.h"

namespace fithome::app {

/// How a terminal shows what matters; without colour the text alone must do.
struct Style {
  bool colour = false;
  std::string bold(std::string_view text) const;
  std::string dim(std::string_view text) const;
  std::string red(std::string_view text) const;
};

/// "600.1 W", "1.235 kW"; the unit is W, var or VA.
std::string power_text(double value, std::string_view unit);
/// The channel's value: "121.30 V", "0.980", "1.235 kW"; "-" where it is absent.
std::string value_text(const reading::Reading& reading, reading::ChannelId channel);
/// "12.345 kWh".
std::string energy_text(reading::Energy energy);
/// "0.4 s", "12 s", "5 min", "3 h", "2 days".
std::string duration_text(double seconds);
/// "40.0 kB", "1.2 MB".
std::string bytes_text(double bytes);

/// Spaces on the left (or right) until the text is `width` characters wide, not bytes.
std::string right(std::string_view text, std::size_t width);
std::string left(std::string_view text, std::size_t width);

}  // namespace fithome::app
