// SPDX-License-Identifier: MIT
#include "sim/day_plan.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace fithome::sim {
namespace {

constexpr double kMinute = 60;
constexpr double kHour = 3600;
constexpr double kDay = 86400;

// What is left to chance, one stream each. New ones at the end, or every seed is another house.
enum Stream : int {
  weather_stream = 100,
  fridge_stream,
  fridge_start,
  fridge_length,
  kettle_stream,
  kettle_start,
  kettle_length,
  oven_stream,
  oven_use,
  oven_start,
  oven_length,
  heat_pump_stream,
  heat_pump_start,
  car_stream,
  car_use,
  car_start,
  car_length,
  light_leg,
  light_power,
  light_on,
  light_off,
  light_morning,
};

struct Event {
  double start;  // seconds of local time since 1970
  double length;
  Load load;
};
using Events = std::vector<Event>;

int leg_of(const Dice& dice, Stream stream) { return dice.roll(stream) < 0.5 ? 0 : 1; }

Load on_leg(int leg, LegLoad load) {
  Load both{};
  both[static_cast<std::size_t>(leg)] = load;
  return both;
}

/// An appliance for both legs together: half of it on each.
Load across(LegLoad whole) {
  const LegLoad half{whole.resistive / 2, whole.steady / 2, whole.q / 2};
  return {half, half};
}

/// A motor: reactive power from its power factor.
LegLoad motor(double watts, double power_factor) {
  return {0, watts, watts * std::tan(std::acos(power_factor))};
}

/// Compressor cycles that run on through midnight: counted from 1970, not from the day's start.
void fridge(const Dice& dice, double begin, double end, Events& events) {
  const double cycle = dice.between(44, 58, fridge_stream) * kMinute;
  const double watts = dice.between(90, 150, fridge_stream, 1);
  const int leg = leg_of(dice, fridge_stream);
  for (auto n = static_cast<std::int64_t>(begin / cycle) - 1; static_cast<double>(n) * cycle < end;
       ++n) {
    const double start = (static_cast<double>(n) + dice.between(0, 0.2, fridge_start, n)) * cycle;
    const double length = dice.between(0.30, 0.45, fridge_length, n) * cycle;
    events.push_back({start, 0.4, on_leg(leg, motor(watts * 5, 0.55))});
    events.push_back({start + 0.4, length, on_leg(leg, motor(watts, 0.78))});
  }
}

void kettle(const Dice& dice, std::int64_t day, bool low_voltage, Events& events) {
  constexpr std::array kTimes{6.9, 10.5, 15.8, 20.4};
  const int leg = leg_of(dice, kettle_stream);
  const double watts = low_voltage ? dice.between(1100, 1500, kettle_stream, 1)
                                   : dice.between(1850, 2600, kettle_stream, 1);
  for (std::size_t n = 0; n < kTimes.size(); ++n) {
    const auto index = day * 8 + static_cast<std::int64_t>(n);
    if (dice.roll(kettle_stream, index + 100) > 0.75) continue;
    const double start = static_cast<double>(day) * kDay + kTimes[n] * kHour +
                         dice.between(-40, 40, kettle_start, index) * kMinute;
    events.push_back(
        {start, dice.between(100, 320, kettle_length, index), on_leg(leg, {watts, 0, 0})});
  }
}

/// Full heat until hot, then a thermostat that switches every minute or so.
void oven(const Dice& dice, std::int64_t day, Events& events) {
  if (dice.roll(oven_use, day) > 0.6) return;
  const Load heat = across({dice.between(2400, 3400, oven_stream), 0, 0});
  const double start =
      static_cast<double>(day) * kDay + dice.between(17.2, 18.8, oven_start, day) * kHour;
  const double preheat = dice.between(8, 13, oven_start, -day) * kMinute;
  const double end = start + preheat + dice.between(20, 55, oven_length, day) * kMinute;
  events.push_back({start, preheat, heat});
  const double cycle = dice.between(60, 95, oven_stream, 1);
  for (double at = start + preheat + cycle * 0.6; at < end; at += cycle) {
    events.push_back({at, cycle * 0.4, heat});
  }
}

/// Runs longer the further it is from a mild day, heating or cooling; draws more then, too.
void heat_pump(const Dice& dice, double begin, double end, Events& events) {
  constexpr double kCycle = 32 * kMinute;
  const double size = dice.between(1600, 2400, heat_pump_stream);
  for (auto n = static_cast<std::int64_t>(begin / kCycle) - 1;
       static_cast<double>(n) * kCycle < end; ++n) {
    const double slot = static_cast<double>(n) * kCycle;
    const double hour = std::fmod(slot, kDay) / kHour;
    const double set_back = hour < 5.5 || hour > 22.5 ? 3 : 0;  // cooler nights are wanted
    const double cold = outside_temperature(dice, slot);
    const double need = cold < 18 ? 18 - set_back - cold : cold - 24;
    const double share = std::min(0.92, need / 28);
    if (share < 0.1) continue;
    const double watts = size * (0.85 + 0.4 * share);
    const double start = slot + dice.between(0, 0.06, heat_pump_start, n) * kCycle;
    events.push_back({start, 1.5, across(motor(watts * 1.4, 0.6))});
    events.push_back({start + 1.5, share * kCycle, across(motor(watts, 0.88))});
  }
}

void car(const Dice& dice, std::int64_t day, Events& events) {
  if (dice.roll(car_use, day) > 0.6) return;
  const double watts = dice.roll(car_stream) < 0.5 ? 7200 : 6600;
  const double start =
      static_cast<double>(day) * kDay + dice.between(22.2, 25.5, car_start, day) * kHour;
  const double length = dice.between(1.2, 4.5, car_length, day) * kHour;
  events.push_back({start, length, across(motor(watts, 0.99))});
}

/// From dusk to bedtime room by room, and some on dark mornings.
void lights(const Dice& dice, std::int64_t day, Events& events) {
  constexpr int kRooms = 7;
  const double midnight = static_cast<double>(day) * kDay;
  double dusk = 16 * kHour;
  while (dusk < 22 * kHour && sun_height(midnight + dusk) > 0.05) dusk += 5 * kMinute;
  for (int room = 0; room < kRooms; ++room) {
    const auto index = day * kRooms + room;
    const double watts = dice.between(8, 70, light_power, room);
    const int leg = dice.roll(light_leg, room) < 0.5 ? 0 : 1;
    const Load light = on_leg(leg, {0, watts, -0.25 * watts});  // lamp supplies lead
    const double on = dusk + dice.between(-0.3, 1.5, light_on, index) * kHour;
    const double off = dice.between(21.2, 23.8, light_off, index) * kHour;
    if (off > on) events.push_back({midnight + on, off - on, light});
    const double rise = dice.between(6.0, 7.2, light_morning, index) * kHour;
    if (room < 3 && sun_height(midnight + rise) < 0.05) {
      events.push_back({midnight + rise, 0.6 * kHour, light});
    }
  }
}

void add(Load& sum, const Load& load, double sign) {
  for (std::size_t leg = 0; leg < kLegs; ++leg) {
    sum[leg].resistive += sign * load[leg].resistive;
    sum[leg].steady += sign * load[leg].steady;
    sum[leg].q += sign * load[leg].q;
  }
}

struct Edge {
  std::int64_t at;
  double sign;
  const Load* load;
};

/// Events laid over one another and cut at both midnights become steps.
std::vector<Step> steps_of(const Events& events, std::int64_t begin, std::int64_t end) {
  std::vector<Edge> edges;
  for (const auto& event : events) {
    const auto from = std::max<std::int64_t>(begin, std::llround(event.start * 1000));
    const auto to = std::min<std::int64_t>(end, std::llround((event.start + event.length) * 1000));
    if (from >= to) continue;
    edges.push_back({from, 1, &event.load});
    edges.push_back({to, -1, &event.load});
  }
  // Sums are the same only if taken in the same order, so edges at one instant need one, too.
  std::ranges::sort(edges, {}, [](const Edge& edge) { return std::pair(edge.at, edge.load); });

  std::vector<Step> steps;
  Load now{};
  auto since = begin;
  for (const auto& edge : edges) {
    if (edge.at > since) steps.push_back({since, edge.at, now});
    since = edge.at;
    add(now, *edge.load, edge.sign);
  }
  if (since < end) steps.push_back({since, end, now});
  return steps;
}

}  // namespace

double sun_height(double local_s) {
  constexpr double kRadians = std::numbers::pi / 180;
  constexpr double kLatitude = 38 * kRadians;
  const double year = 2 * std::numbers::pi * local_s / (365.2425 * kDay);
  const double declination = -23.44 * kRadians * std::cos(year + 10 * 2 * std::numbers::pi / 365);
  const double hour_angle = 2 * std::numbers::pi * (std::fmod(local_s, kDay) / kDay - 0.5);
  return std::sin(kLatitude) * std::sin(declination) +
         std::cos(kLatitude) * std::cos(declination) * std::cos(hour_angle);
}

double outside_temperature(const Dice& dice, double local_s) {
  const double year = 2 * std::numbers::pi * (local_s / (365.2425 * kDay) - 0.06);
  const double day = 2 * std::numbers::pi * (local_s / kDay - 0.62);
  return 13 - 9 * std::cos(year) + 5 * std::cos(day) +
         5 * dice.wander(weather_stream, local_s, 3 * kDay);
}

const Step& DayPlan::at(std::int64_t local_ms) const {
  return *std::prev(std::ranges::upper_bound(steps, local_ms, {}, &Step::start));
}

DayPlan plan_day(const Dice& dice, std::int64_t day, bool low_voltage) {
  const auto begin = static_cast<double>(day) * kDay;
  Events events;
  fridge(dice, begin, begin + kDay, events);
  heat_pump(dice, begin, begin + kDay, events);
  // What began yesterday may still be on.
  for (const auto of : {day - 1, day}) {
    kettle(dice, of, low_voltage, events);
    oven(dice, of, events);
    car(dice, of, events);
    lights(dice, of, events);
  }
  return {day, steps_of(events, day * kDayMs, (day + 1) * kDayMs)};
}

}  // namespace fithome::sim
