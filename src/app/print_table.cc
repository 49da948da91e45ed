// SPDX-License-Identifier: MIT
#include "app/print_table.h"

#include "app/print_text.h"
#include "base/time.h"
#include "reading/channels.h"

namespace fithome::app {
namespace {

constexpr std::size_t kStampWidth = 23;  // 2026-11-22 22:40:00.250
constexpr std::size_t kCellWidth = 10;   // -123456.78
constexpr std::string_view kGap = "  ";

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  while (true) {
    const auto comma = line.find(',');
    cells.emplace_back(line.substr(0, comma));
    if (comma == line.npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

// Milliseconds only where they are not zero: most readings are taken on the second.
std::string local_text(std::string_view iso) {
  const auto time = parse_time(iso, UtcTime{});
  if (!time) return std::string(iso);
  std::string out = to_local_text(*time);
  const auto dot = iso.find('.');
  const std::string_view fraction = dot == iso.npos ? "" : iso.substr(dot, 4);
  if (!fraction.empty() && fraction != ".000") out += fraction;
  return out;
}

void trim(std::string& line) {
  while (line.ends_with(' ')) line.pop_back();
  line += '\n';
}

}  // namespace

Table::Table(std::string_view header) : names_(cells_of(header)) {}

std::string Table::heading() const {
  std::string names, units;
  for (std::size_t n = 0; n < names_.size(); ++n) {
    if (n == 0) {
      names = left("time", kStampWidth);
      units = left("", kStampWidth);
    } else if (n + 1 == names_.size()) {
      names += std::string(kGap) + names_[n];
    } else {
      const auto channel = reading::find_channel(names_[n]);
      names += std::string(kGap) + right(names_[n], kCellWidth);
      units +=
          std::string(kGap) + right(channel ? reading::kChannels[*channel].unit : "", kCellWidth);
    }
  }
  trim(names);
  trim(units);
  return names + units;
}

std::string Table::row(std::string_view line) const {
  const std::vector<std::string> cells = cells_of(line);
  std::string out;
  for (std::size_t n = 0; n < cells.size(); ++n) {
    if (n == 0) {
      out = left(local_text(cells[n]), kStampWidth);
    } else if (n + 1 == cells.size()) {
      out += std::string(kGap) + cells[n];
    } else {
      out += std::string(kGap) + right(cells[n].empty() ? "-" : cells[n], kCellWidth);
    }
  }
  trim(out);
  return out;
}

}  // namespace fithome::app
