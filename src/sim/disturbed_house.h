// SPDX-License-Identifier: MIT
//
// A house on mains that sag, swell, drift or fail as a scenario says, and with loads on top. It is
// as true as the house itself: what the meter should show.
//
// Flow:    House, Scenario -> disturbed() -> House -> SimChip
// Model:   a sag or swell changes voltage and powers alike: the current stays
// Threads: as the house's
#pragma once

#include <memory>

#include "sim/house.h"
#include "sim/scenario.h"

namespace fithome::sim {

/// The scenario's times count from `start`. Only troubles of the mains act here.
std::unique_ptr<House> disturbed(std::unique_ptr<House> house, const Scenario& scenario,
                                 UtcInstant start);

}  // namespace fithome::sim
