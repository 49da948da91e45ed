// SPDX-License-Identifier: MIT
//
// What flowed in each hour, as Home Assistant's long-term statistics have it.
//
// Flow:    store::Reader::ledger_at -> totals at whole hours -> hours_of -> Client::import
// Shape:   "fithome:SITE_METER_import", and export; of the house, and of each line with its letter
//          behind; named as the entities of mqtt/entities.h. The ids never change. And those that
//          Home Assistant keeps itself, of the MQTT sensors
// Units:   kilowatt-hours; an hour begins at a whole hour of UTC, so a change of clocks is none
// Exact:   what was counted, to the nanowatt-hour; what was set by hand is left out, as of MQTT
// Threads: pure functions
// Source:  docs/home-assistant.md
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "mqtt/messages.h"
#include "reading/ledger.h"
#include "store/store.h"

namespace fithome::homeassistant {

constexpr std::string_view kSource = "fithome";

struct Statistic {
  std::string id;  // of a sensor: its entity's, which its owner may have named
  std::string name = {};
  store::MeterId meter = store::kFirstMeter;
  std::optional<int> line = {};  // nothing: of the meter, its lines netted
  bool exported = false;         // or imported
  bool of_sensor = false;        // kept by Home Assistant itself
  std::string sensor = {};       // by what it knows the sensor: "fithome_SITE_METER_import"
};

/// Of all devices: import and export, and those of their lines in use.
std::vector<Statistic> statistics_of(const std::vector<mqtt::Device>& devices,
                                     std::string_view site);

/// What the ledger has counted of it.
reading::Energy counted_of(const Statistic& statistic, const reading::Ledger& ledger);

struct Hour {
  UtcTime start{};
  double state = 0;  // counted when it ended, since fithome began
  double sum = 0;    // the same since the first hour that there is
};

/// Totals at `first`, an hour later, and so on: an hour between each two. `base` is the total that
/// sums are counted from.
std::vector<Hour> hours_of(UtcTime first, std::span<const reading::Energy> totals,
                           reading::Energy base);

/// Of the hours of a sensor, what Home Assistant's sum has more than its total. It takes the sum on
/// by what the total has grown, from a table of its own of each five minutes: so this stays the
/// same until that begins anew.
struct Offset {
  UtcTime start{};
  double kwh = 0;
};
/// Of each hour that it has and, where they agree, of those missing between two.
struct Offsets {
  std::vector<Offset> hours;
  std::size_t unknown = 0;  // hours missing where they do not
};
Offsets offsets_of(std::span<const Hour> theirs);

/// What the hour should be: the total as a sensor shows it, in whole watt-hours.
Hour sensor_hour(const Offset& offset, reading::Energy total);

/// An hour that Home Assistant has not, or not so.
struct Difference {
  Hour ours;
  std::optional<Hour> theirs;  // nothing: it has not that hour
};

/// Of our hours in [from, to); both in order of their starts. A milliwatt-hour is no difference.
std::vector<Difference> differences(std::span<const Hour> ours, std::span<const Hour> theirs,
                                    UtcTime from, UtcTime to);

}  // namespace fithome::homeassistant
