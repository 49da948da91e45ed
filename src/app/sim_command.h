// SPDX-License-Identifier: MIT
//
// `fithome sim`: a simulated chip and house behind a file that answers spidev's calls, so that any
// driver can read it, ours and strangers'.
//
// Flow:    SimulationOptions -> Simulation -> vspi::VirtualSpidev <- kernel <- a driver
// Errors:  on stderr; 64 the command line makes no sense, 69 no such house or table, 78 a file that
//          cannot become a spidev, no root, no FUSE
// Threads: main waits for a signal or the end; one of FUSE's a device, which alone touches its chip
// Source:  docs/cli.md
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "app/simulation.h"

namespace fithome::app {

/// A spidev for each file, until a signal or the end of the simulation. Each has a chip of its own:
/// the first is in the house asked for; of a generated house the next has the next seed.
/// Returns the exit status.
int run_sim(const std::vector<std::string>& files, const SimulationOptions& options, std::FILE* out,
            std::FILE* err);

}  // namespace fithome::app
