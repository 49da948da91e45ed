// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include "sim/day_plan.h"
#include "sim/dice.h"
#include "sim/house.h"

namespace fithome::sim {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kLocalOffset = hours(-8);
constexpr std::array<std::size_t, kLegs> kLineOfLeg{0, 2};  // A and C

enum SmoothStream : int {
  mains_stream = 1,
  mains_slow,
  mains_fast = mains_slow + kLegs,
  frequency_slow = mains_fast + kLegs,
  frequency_fast,
  standby_stream,
  standby_wander = standby_stream + 1,
  solar_stream = standby_wander + kLegs,
  cloud_cover,
  cloud_passing,
  box_temperature,
};

/// All that changes smoothly, held for a second.
struct Surroundings {
  std::int64_t second = INT64_MIN;      // of local time since 1970
  std::array<double, kLegs> source{};   // V, before the house draws anything
  std::array<double, kLegs> standby{};  // W
  double solar = 0;                     // W, of both legs together
  double f = 0;
  double temperature = 0;
};

class GeneratedHouse final : public House {
 public:
  GeneratedHouse(std::uint64_t seed, Hertz f, Volts nominal)
      : seed_(seed), dice_(seed), f_(f.value), nominal_(nominal.value) {}

  HouseState mean(UtcInstant from, UtcInstant to) const override {
    auto at = from.time_since_epoch() + kLocalOffset;
    const auto end = std::max(at + Nanoseconds(1), to.time_since_epoch() + kLocalOffset);
    const auto all = static_cast<double>((end - at).count());
    HouseState sum{.f = {}, .chip_temperature = {}};
    while (at < end) {
      const auto second = std::chrono::floor<seconds>(at);
      const Step& step = plan(at).at(std::chrono::floor<milliseconds>(at).count());
      const auto until =
          std::min({end, Nanoseconds(second + seconds(1)), Nanoseconds(milliseconds(step.end))});
      add(sum, surroundings(second.count()), step.load,
          static_cast<double>((until - at).count()) / all);
      at = until;
    }
    return sum;
  }

  std::string describe() const override { return fmt::format("generated house, seed {}", seed_); }

 private:
  void add(HouseState& sum, const Surroundings& now, const Load& load, double share) const;
  const Surroundings& surroundings(std::int64_t second) const;
  Surroundings work_out(std::int64_t second) const;
  double solar(double local_s) const;
  const DayPlan& plan(Nanoseconds local) const;

  std::uint64_t seed_;
  Dice dice_;
  double f_;
  double nominal_;
  // Worked out again whenever asked for another second or day: they hold no state, only save time.
  mutable Surroundings surroundings_;
  mutable std::array<DayPlan, 2> plans_;
};

void GeneratedHouse::add(HouseState& sum, const Surroundings& now, const Load& load,
                         double share) const {
  // Of the street and the meter's cable, per leg: 60 A takes some 2.5 % of the voltage.
  const double resistance = 0.025 * nominal_ / 60;
  const double reactance = 0.3 * resistance;
  for (std::size_t leg = 0; leg < kLegs; ++leg) {
    const double source = now.source[leg];
    const double heat = source / nominal_;
    const double p =
        load[leg].resistive * heat * heat + load[leg].steady + now.standby[leg] - now.solar / kLegs;
    const double q = load[leg].q - 0.4 * now.standby[leg] + 0.02 * now.solar / kLegs;
    const double u = source - (resistance * p + reactance * q) / source;
    auto& line = sum.lines[kLineOfLeg[leg]];
    line.p += Watts{share * p};
    line.q += Vars{share * q};
    line.u += Volts{share * u};
  }
  sum.f += Hertz{share * now.f};
  sum.chip_temperature += Celsius{share * now.temperature};
}

const Surroundings& GeneratedHouse::surroundings(std::int64_t second) const {
  if (surroundings_.second != second) surroundings_ = work_out(second);
  return surroundings_;
}

Surroundings GeneratedHouse::work_out(std::int64_t second) const {
  const auto t = static_cast<double>(second);
  Surroundings now{.second = second};
  const double mains = 0.008 * dice_.wander(mains_stream, t, 3 * 3600);
  for (int leg = 0; leg < kLegs; ++leg) {
    const auto n = static_cast<std::size_t>(leg);
    now.source[n] = nominal_ * (1.005 + mains + 0.003 * dice_.wander(mains_slow + leg, t, 700) +
                                0.0008 * dice_.wander(mains_fast + leg, t, 9));
    now.standby[n] = dice_.between(35, 90, standby_stream, leg) *
                     (1 + 0.2 * dice_.wander(standby_wander + leg, t, 900));
  }
  now.solar = solar(t);
  now.f =
      f_ + 0.02 * dice_.wander(frequency_slow, t, 400) + 0.012 * dice_.wander(frequency_fast, t, 8);
  now.temperature =
      26 + 0.4 * outside_temperature(dice_, t) + 0.5 * dice_.wander(box_temperature, t, 600);
  return now;
}

double GeneratedHouse::solar(double local_s) const {
  const double height = sun_height(local_s);
  if (height <= 0) return 0;
  const double peak = dice_.between(5500, 8000, solar_stream);
  // A value of two days' weather, in between by the hour: most days are bright, some overcast.
  const double cover = 0.5 + 0.5 * dice_.wander(cloud_cover, local_s, 40'000);
  const double passing = 0.5 + 0.5 * dice_.wander(cloud_passing, local_s, 75);
  const double overcast = 0.88 * std::clamp((cover - 0.6) / 0.3, 0.0, 1.0);
  const double broken = cover > 0.4 ? 0.55 * std::clamp((passing - 0.45) / 0.2, 0.0, 1.0) : 0.0;
  return peak * std::pow(height, 1.1) * (1 - overcast) * (1 - broken);
}

const DayPlan& GeneratedHouse::plan(Nanoseconds local) const {
  const auto day = std::chrono::floor<std::chrono::days>(local).count();
  auto& kept = plans_[static_cast<std::size_t>(day & 1)];
  if (kept.day != day || kept.steps.empty()) kept = plan_day(dice_, day, nominal_ < 160);
  return kept;
}

}  // namespace

std::unique_ptr<House> generated_house(std::uint64_t seed, Hertz f, Volts nominal) {
  return std::make_unique<GeneratedHouse>(seed, f, nominal);
}

}  // namespace fithome::sim
