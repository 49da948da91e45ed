// SPDX-License-Identifier: MIT
//
// Which number each configured meter has in the store, so that a history stays with its meter
// however the configuration is turned round.
//
// Flow:    names of the configuration, meters of the store -> meter_ids -> numbers, and what is new
// Rules:   a name that the store knows keeps its number. Where one meter is configured and one is
//          stored they are the same, whatever it is called now. `formerly` names a history to be
//          taken over. Any other name is a new meter, and one that is no longer configured keeps
//          its number and its readings
// Errors:  invalid - `formerly` names what the store does not have
// Threads: pure
// Source:  docs/decisions/0011-several-meters.md
#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "base/result.h"
#include "store/store.h"

namespace fithome::app {

struct MeterIds {
  std::vector<store::MeterId> ids;  // one a configured meter
  struct Change {
    store::MeterId id;
    std::string name;  // that it has from now on
    std::string what;  // one line for the log and the events
  };
  std::vector<Change> changes;
};

Result<MeterIds> meter_ids(const std::vector<MeterConfig>& configured,
                           const std::vector<store::Meter>& stored);

}  // namespace fithome::app
