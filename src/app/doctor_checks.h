// SPDX-License-Identifier: MIT
//
// The checks of `fithome doctor`, each a function of the scene.
//
// Shape:   a check returns what it found, most often one line; nothing where there is nothing to
// say
//          or, if `needs_meter`, nothing to look at
// Threads: main
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "app/doctor.h"

namespace fithome::app {

struct Check {
  std::string_view name;
  std::vector<Finding> (*look)(Scene&);
  bool needs_meter = false;  // nothing found means that it could not be looked at
};

/// Configuration, daemon, SPI, device, permissions (doctor_machine.cc).
std::span<const Check> machine_checks();
/// The chip and what it measures (doctor_chip.cc).
std::span<const Check> meter_checks();
/// LEDs, disk, clock, store (doctor_keeping.cc).
std::span<const Check> keeping_checks();

Finding good(std::string what);
Finding doubtful(std::string what, std::string remedy);
Finding bad(std::string what, std::string remedy);
/// "what; what to do" taken apart.
Finding from_error(Grade grade, const Error& error);

}  // namespace fithome::app
