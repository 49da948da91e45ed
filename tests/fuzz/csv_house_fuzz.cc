// SPDX-License-Identifier: MIT
//
// Any bytes as a table: refused with a message, or a house that stays finite and adds up.
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "check.h"
#include "sim/csv_house.h"

namespace {

using fithome::UtcInstant;
using fithome::sim::HouseState;

void check_finite(const HouseState& state) {
  for (const auto& line : state.lines) {
    check(std::isfinite(line.u.value) && std::isfinite(line.p.value) &&
          std::isfinite(line.q.value));
  }
  check(std::isfinite(state.f.value));
}

void play(const fithome::sim::House& house) {
  const auto begin = *house.begin();
  const auto end = *house.end();
  check(begin <= end);
  check_finite(house.mean(begin, end));
  check_finite(house.mean(begin - std::chrono::hours(1), begin));
  check_finite(house.mean(end, end));
}

}  // namespace

/// The first line of the input says which columns feed what; the rest is the table.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto line = text.find('\n');
  if (line == std::string::npos) return 0;

  std::istringstream table(text.substr(line + 1));
  const auto house =
      fithome::sim::read_csv_house(table, {.file = "fuzz.csv", .columns = text.substr(0, line)});
  if (house) {
    play(**house);
  } else {
    check(!house.error().what.empty());
  }
  return 0;
}
