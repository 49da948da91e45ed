// SPDX-License-Identifier: MIT
#include "homeassistant/statistics.h"

#include <algorithm>
#include <cmath>

namespace fithome::homeassistant {
namespace {

constexpr double kNoDifference = 1e-6;  // kWh
constexpr double kSameOffset = 5e-4;    // kWh: half of the last digit of a sensor

double kwh(reading::Energy energy) {
  constexpr long double kNanoWattHours = 1e12L;
  return static_cast<double>(static_cast<long double>(energy.nwh) / kNanoWattHours);
}

// "import_a" is the import of line a; what begins otherwise is no active energy.
std::optional<Statistic> of_key(std::string_view key) {
  Statistic statistic;
  statistic.exported = key.starts_with("export");
  if (!statistic.exported && !key.starts_with("import")) return {};
  const std::string_view end = key.substr(6);
  if (end.empty()) return statistic;
  for (int line = 0; line < chip::kLines; ++line) {
    if (end.size() == 2 && end[0] == '_' && end[1] == chip::line_letter(line)) {
      statistic.line = line;
      return statistic;
    }
  }
  return {};
}

bool alike(const Hour& a, const Hour& b) {
  return std::abs(a.state - b.state) < kNoDifference && std::abs(a.sum - b.sum) < kNoDifference;
}

}  // namespace

std::vector<Statistic> statistics_of(const std::vector<mqtt::Device>& devices,
                                     std::string_view site) {
  mqtt::Names names;
  names.site = site;
  std::vector<Statistic> all;
  for (const mqtt::Device& device : devices) {
    for (const mqtt::Entity& entity : device.entities) {
      auto statistic = of_key(entity.key);
      if (!statistic) continue;
      statistic->id = std::string(kSource) + ":" + std::string(site) + "_" +
                      std::to_string(device.id) + "_" + entity.key;
      statistic->sensor = device.unique_id(names, entity);
      statistic->name = device.name + " " + entity.name + (device.simulated ? " (simulated)" : "");
      statistic->meter = device.id;
      all.push_back(*std::move(statistic));
    }
  }
  return all;
}

reading::Energy counted_of(const Statistic& statistic, const reading::Ledger& ledger) {
  const reading::LineEnergy& energy =
      statistic.line ? ledger.lines[static_cast<std::size_t>(*statistic.line)] : ledger.net;
  const reading::Flow flow = reading::measured(energy);
  return statistic.exported ? flow.exported : flow.imported;
}

std::vector<Hour> hours_of(UtcTime first, std::span<const reading::Energy> totals,
                           reading::Energy base) {
  std::vector<Hour> hours;
  for (std::size_t n = 1; n < totals.size(); ++n) {
    hours.push_back({first + std::chrono::hours(n - 1), kwh(totals[n]), kwh(totals[n] - base)});
  }
  return hours;
}

Offsets offsets_of(std::span<const Hour> theirs) {
  constexpr std::chrono::hours kHour{1};
  Offsets all;
  for (const Hour& hour : theirs) {
    const double offset = hour.sum - hour.state;
    if (!all.hours.empty()) {
      const Offset before = all.hours.back();
      const bool same = std::abs(offset - before.kwh) < kSameOffset;
      for (UtcTime missing = before.start + kHour; missing < hour.start; missing += kHour) {
        if (same) all.hours.push_back({missing, before.kwh});
        if (!same) ++all.unknown;
      }
    }
    all.hours.push_back({hour.start, offset});
  }
  return all;
}

Hour sensor_hour(const Offset& offset, reading::Energy total) {
  constexpr std::int64_t kWattHour = 1'000'000'000;
  const std::int64_t watt_hours = total.nwh / kWattHour;
  const double state = static_cast<double>(watt_hours) / 1000;
  return {offset.start, state, state + offset.kwh};
}

std::vector<Difference> differences(std::span<const Hour> ours, std::span<const Hour> theirs,
                                    UtcTime from, UtcTime to) {
  std::vector<Difference> found;
  auto at = theirs.begin();
  for (const Hour& hour : ours) {
    if (hour.start < from || hour.start >= to) continue;
    while (at != theirs.end() && at->start < hour.start) ++at;
    if (at == theirs.end() || at->start != hour.start) {
      found.push_back({hour, {}});
    } else if (!alike(hour, *at)) {
      found.push_back({hour, *at});
    }
  }
  return found;
}

}  // namespace fithome::homeassistant
