// SPDX-License-Identifier: MIT
#include "sim/disturbed_house.h"

#include <algorithm>
#include <utility>

namespace fithome::sim {
namespace {

/// From an instant on, until the next part begins, the same acts are under way.
struct Part {
  Nanoseconds begin;  // after the start
  std::vector<Act> acts;
};

std::vector<Part> parts_of(const Scenario& scenario) {
  std::vector<Act> acts;
  std::vector<Nanoseconds> marks{Nanoseconds::min()};
  for (const Act& act : scenario.acts) {
    if (!of_the_mains(act.trouble)) continue;
    acts.push_back(act);
    marks.push_back(act.begin);
    if (act.end != kForEver) marks.push_back(act.end);
  }
  std::ranges::sort(marks);
  marks.erase(std::ranges::unique(marks).begin(), marks.end());
  std::vector<Part> parts;
  for (const Nanoseconds mark : marks) {
    Part& part = parts.emplace_back(mark, std::vector<Act>());
    for (const Act& act : acts) {
      if (act.begin <= mark && mark < act.end) part.acts.push_back(act);
    }
  }
  return parts;
}

bool touches(const Act& act, std::size_t line) {
  return act.line == kAllLines || static_cast<std::size_t>(act.line) == line;
}

void scale(LineState& line, double share) {
  line.u = line.u * share;
  line.p = line.p * share;
  line.q = line.q * share;
}

void disturb(HouseState& state, const Act& act, Nanoseconds at) {
  for (std::size_t n = 0; n < state.lines.size(); ++n) {
    LineState& line = state.lines[n];
    if (!touches(act, n) || line.u.value <= 0) continue;
    if (act.trouble == Trouble::outage) scale(line, 0);
    if (act.trouble == Trouble::voltage) scale(line, act.value);
    if (act.trouble == Trouble::load) line.p += Watts{act.value};
  }
  if (act.trouble == Trouble::frequency) state.f = Hertz{act.value};
  if (act.trouble == Trouble::frequency_drifts) {
    const double way = static_cast<double>((at - act.begin).count()) /
                       static_cast<double>((act.end - act.begin).count());
    state.f += (Hertz{act.value} - state.f) * way;
  }
}

void add(HouseState& sum, const HouseState& part, double share) {
  for (std::size_t n = 0; n < sum.lines.size(); ++n) {
    sum.lines[n].u += part.lines[n].u * share;
    sum.lines[n].p += part.lines[n].p * share;
    sum.lines[n].q += part.lines[n].q * share;
  }
  sum.f += part.f * share;
  sum.chip_temperature += part.chip_temperature * share;
}

class DisturbedHouse final : public House {
 public:
  DisturbedHouse(std::unique_ptr<House> house, const Scenario& scenario, UtcInstant start)
      : house_(std::move(house)), parts_(parts_of(scenario)), start_(start) {}

  HouseState mean(UtcInstant from, UtcInstant to) const override {
    auto part = part_at(from - start_);
    if (end_of(part) >= to - start_) return of(*part, from, to);
    HouseState sum{.lines = {}, .f = Hertz{0}, .chip_temperature = Celsius{0}};
    const auto all = static_cast<double>((to - from).count());
    while (from < to) {
      const UtcInstant until = end_of(part) >= to - start_ ? to : start_ + end_of(part);
      add(sum, of(*part, from, until), static_cast<double>((until - from).count()) / all);
      from = until;
      ++part;
    }
    return sum;
  }

  std::optional<UtcInstant> begin() const override { return house_->begin(); }
  std::optional<UtcInstant> end() const override { return house_->end(); }
  std::string describe() const override { return house_->describe(); }

 private:
  using At = std::vector<Part>::const_iterator;

  At part_at(Nanoseconds after) const {
    return std::prev(std::ranges::upper_bound(parts_, after, {}, &Part::begin));
  }
  Nanoseconds end_of(At part) const {
    return part + 1 == parts_.end() ? kForEver : (part + 1)->begin;
  }
  HouseState of(const Part& part, UtcInstant from, UtcInstant to) const {
    HouseState state = house_->mean(from, to);
    for (const Act& act : part.acts) disturb(state, act, from + (to - from) / 2 - start_);
    return state;
  }

  std::unique_ptr<House> house_;
  std::vector<Part> parts_;
  UtcInstant start_;
};

}  // namespace

std::unique_ptr<House> disturbed(std::unique_ptr<House> house, const Scenario& scenario,
                                 UtcInstant start) {
  return std::make_unique<DisturbedHouse>(std::move(house), scenario, start);
}

}  // namespace fithome::sim
