// SPDX-License-Identifier: MIT
//
// What a calibration may change of a meter: PGA, the lines' gains and offsets, their sign and
// scale.
//
// Flow:    configuration, newest calibration in the store -> effective() -> chip and LineRules
// Shape:   in the store as JSON: {"pga":2,"lines":{"a":{"voltage_gain":37106,...,"reversed":false,
//          "current_scale":1},"c":{...}}}; of lines in use, numbers as the configuration has them
// Rule:    the newest calibration is in effect, unless the configured values it was made from have
//          changed since: then the configuration is, and an event says so
// Errors:  corrupt - no such JSON; invalid - a value that the chip cannot take
// Threads: plain values
// Source:  docs/decisions/0012-calibration.md
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/config.h"
#include "base/result.h"
#include "store/store.h"

namespace fithome::app {

struct MeterSettings {
  chip::ChipConfig chip;
  reading::LineRules rules{};
};

MeterSettings settings_of(const MeterConfig& meter);

/// Only what a calibration may change; the rest is the configuration's.
std::string to_json(const MeterSettings& settings);
/// `base` with what the JSON says, checked.
Result<MeterSettings> from_json(std::string_view json, const MeterSettings& base);

struct Effective {
  MeterSettings configured;
  MeterSettings settings;
  std::optional<MeterSettings> earlier;      // that the chip may still hold
  std::optional<store::Calibration> record;  // to be stored before the first reading
  std::optional<store::Event> event;
};

/// `newest`: of the store, if there is one. `now` stamps what is to be stored.
Effective effective(const MeterSettings& configured, const store::Calibration* newest, UtcTime now);

/// "line a: voltage gain 37106 -> 42333", each difference; "nothing" where there is none.
std::string difference_text(const MeterSettings& before, const MeterSettings& after);

}  // namespace fithome::app
