// SPDX-License-Identifier: MIT
//
// Lines of a table, cut into fields: commas, semicolons or tabs, quotes, any line ending.
//
// Shape:   a field is a view into the line it was cut from; a quoted field loses its quotes. A
// quote
//          that is not closed on its line is an error: no meter writes line breaks into a field
// Threads: plain functions
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fithome::csv {

/// Whichever of , ; and tab stands most often outside quotes.
char find_separator(std::string_view header);

/// Cuts `line`, which is changed where "" stands for one quote. False if a quote is not closed.
bool cut(std::string& line, char separator, std::vector<std::string_view>& fields);

/// Takes off a byte order mark (`first_line`) and what is left of a line ending.
void tidy(std::string& line, bool first_line);

/// Empty, ?, NaN, NA, N/A, null, unknown, unavailable, in any case.
bool is_missing(std::string_view field);

/// A finite number; also "4,216" where the comma does not separate fields.
std::optional<double> to_number(std::string_view field);

std::string_view trim(std::string_view text);

}  // namespace fithome::csv
