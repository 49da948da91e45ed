// SPDX-License-Identifier: MIT
//
// For tests of calibration: a house as it was really wired, and a load that a person switches.
//
// Flow:    House -> Installation (which transformer is around which conductor) -> SimChip
#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "sim/house.h"

namespace fithome::sim {

/// A house without noise or weather: each line's load is what the test says.
class PlainHouse final : public House {
 public:
  HouseState mean(UtcInstant, UtcInstant) const override { return state; }
  std::string describe() const override { return "plain house"; }

  HouseState state;
};

/// Turns the orientation of the board's transformers (Board::ct_reversed) aside: this is about
/// places.
class Installation final : public House {
 public:
  explicit Installation(std::unique_ptr<House> house) : house_(std::move(house)) {}

  HouseState mean(UtcInstant from, UtcInstant to) const override {
    HouseState real = house_->mean(from, to);
    if (switched_on > 0) {
      LineState& line = real.lines[load_line];
      const double u = line.u.value / nominal.value;
      line.p += Watts{switched_on * u * u};
    }
    HouseState seen = real;
    for (std::size_t n = 0; n < seen.lines.size(); ++n) {
      if (one_adapter) seen.lines[n].u = real.lines[0].u;
      const LineState& around = real.lines[conductor[n]];
      if (around.u.value <= 0) continue;
      const double share = seen.lines[n].u / around.u;  // the current is what a transformer sees
      seen.lines[n].p = around.p * share;
      seen.lines[n].q = around.q * share;
    }
    return seen;
  }
  std::string describe() const override { return house_->describe() + ", as it was wired"; }

  Volts nominal{120};
  bool one_adapter = true;
  std::array<std::size_t, 3> conductor{0, 1, 2};  // that each transformer is around
  double switched_on = 0;                         // watts at nominal voltage, resistive
  std::size_t load_line = 0;

 private:
  std::unique_ptr<House> house_;
};

}  // namespace fithome::sim
