// SPDX-License-Identifier: MIT
//
// What flowed in each hour, as Home Assistant's long-term statistics have it.
//
// Flow:    store::Reader::ledger_at -> totals at whole hours -> hours_of -> Client::import
// Shape:   "fithome:SITE_METER_import", and export; of the house, and of each line with its letter
//          behind; named as the entities of mqtt/entities.h. The ids never change
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
  std::string id;
  std::string name;
  store::MeterId meter = store::kFirstMeter;
  std::optional<int> line = {};  // nothing: of the meter, its lines netted
  bool exported = false;         // or imported
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

/// An hour that Home Assistant has not, or not so.
struct Difference {
  Hour ours;
  std::optional<Hour> theirs;  // nothing: it has not that hour
};

/// Of our hours in [from, to); both in order of their starts. A milliwatt-hour is no difference.
std::vector<Difference> differences(std::span<const Hour> ours, std::span<const Hour> theirs,
                                    UtcTime from, UtcTime to);

}  // namespace fithome::homeassistant
