// SPDX-License-Identifier: MIT
//
// A poll as one line of JSON in full precision, and back.
//
// Shape:   {"time","flags":["late"],"lines":{"a":{"u","i","p","q","s","pf","angle","u_peak",
//          "i_peak","clipped"}},"p","q","s","pf","f","temperature","neutral","incoherent",
//          "voltage_absent","retries","state":{"live0","live1","latched0","latched1"},
//          "energy":[20 counts]}; or {"time","missed":"why"}. "lost" tells how many polls the
//          listener was too slow for, so far, once it is not 0
// Units:   as their names in docs/glossary.md; the chip's values, before sign and scale of the
//          house; energy in counts of 3.125 mWh (chip/energy.h)
// Threads: plain functions
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "app/control.h"
#include "app/sample_feed.h"
#include "base/result.h"

namespace fithome::app {

Json poll_json(const Poll& poll);
/// Errors: corrupt - not what poll_json writes
Result<Poll> parse_poll(const Json& json);

}  // namespace fithome::app
