// SPDX-License-Identifier: MIT
//
// What Home Assistant is told there is: one entity a value of a meter, from the channel table and
// the energy ledger; and one a kind of event.
//
// Shape:   a key is the name of the value in the state's JSON and the end of its unique id: it
//          never changes, nor does its unit
// Units:   as Home Assistant spells them; energy in kWh and kvarh
// Threads: pure functions
// Source:  the classes and units that Home Assistant accepts: docs/decisions/0017-mqtt.md
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/live.h"

namespace fithome::mqtt {

struct Entity {
  std::string key;
  std::string name;                      // "Power line a", below its device's
  std::string_view platform = "sensor";  // or binary_sensor, event, button
  std::string_view device_class = {};    // these three: empty is none
  std::string_view state_class = {};
  std::string_view unit = {};
  int decimals = -1;  // shown; -1: as they come
  bool diagnostic = false;
  bool live = false;                               // of a reading: old values are none
  std::vector<std::string_view> event_types = {};  // of an event, and of nothing else
};

/// The kind of an event of the store that an entity is of; empty where it is of none.
std::string_view event_kind_of(const Entity& entity);
constexpr std::string_view kBegan = "began", kEnded = "ended", kRestarted = "restarted";

/// What may be asked of us; with `sinks`, what is of these too.
std::vector<Entity> buttons_of(bool sinks);
constexpr std::string_view kPauseSinks = "pause_sinks", kResumeSinks = "resume_sinks",
                           kMarkEvent = "mark_event";

/// Of a meter; the first one in the configuration also has what is of the whole program.
std::vector<Entity> entities_of(const api::MeterStatus& meter, bool first);
/// Of the house, where it is a stated sum.
std::vector<Entity> entities_of_house();

}  // namespace fithome::mqtt
