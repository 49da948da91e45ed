// SPDX-License-Identifier: MIT
//
// The sum of meters and lines that is the house, as the configuration states it.
//
// Flow:    house = "mains + solar.a - car" -> parse_house_sum -> reading::HouseSum
// Shape:   terms joined by + and -; a term is a meter, or a line of one: METER.a, METER.NAME
// Errors:  where in the text, and what is wrong there
// Threads: plain values
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "reading/house.h"

namespace fithome::app {

struct SumError {
  std::size_t at = 0;  // characters from the beginning
  std::string what;
};

/// Empty text is the first meter. A meter or line may stand in the sum once.
std::expected<reading::HouseSum, SumError> parse_house_sum(std::string_view text,
                                                           const std::vector<MeterConfig>& meters);

/// The sum with the spaces of one who writes tidily: "mains + solar.a - car".
std::string house_sum_text(const reading::HouseSum& sum, const std::vector<MeterConfig>& meters);
/// The same with the letters of lines, whatever they are called: as the store keeps it.
std::string house_sum_by_letters(const reading::HouseSum& sum, std::vector<MeterConfig> meters);

/// What a meter among several and a line may be called: so that sums, addresses and the command
/// line can name it without quotes.
bool good_name(std::string_view name);
constexpr std::string_view kNameTakes =
    "up to 40 letters, digits, _ and - (not at its beginning or end)";

}  // namespace fithome::app
