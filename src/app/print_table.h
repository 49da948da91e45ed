// SPDX-License-Identifier: MIT
//
// Rows of CSV as a table with columns that stand below one another, a row at a time.
//
// Shape:   time (local), the channels, flags; an absent value is "-"
// Threads: one
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fithome::app {

class Table {
 public:
  /// The first line of the CSV: "time,p,p_a,flags".
  explicit Table(std::string_view header);

  /// Two lines: names, and units.
  std::string heading() const;
  /// A line of the CSV, without its end.
  std::string row(std::string_view line) const;

 private:
  std::vector<std::string> names_;
};

}  // namespace fithome::app
