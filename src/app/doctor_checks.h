// SPDX-License-Identifier: MIT
//
// The checks of `fithome doctor`, each a function of the scene, or of one meter in it.
//
// Shape:   a check returns what it found, most often one line; nothing where there is nothing to
//          say or, if `needs_meter`, nothing to look at
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
};

/// Made of each meter.
struct MeterCheck {
  std::string_view name;
  std::vector<Finding> (*look)(const Scene&, const Examined&);
  bool needs_meter = false;  // nothing found means that it could not be looked at
};

/// Configuration, daemon, page, SPI (doctor_machine.cc).
std::span<const Check> machine_checks();
/// Device, permissions, mode (doctor_machine.cc).
std::span<const MeterCheck> device_checks();
/// The chip and what it measures (doctor_chip.cc).
std::span<const MeterCheck> chip_checks();
/// LEDs, disk, clock, store (doctor_keeping.cc).
std::span<const Check> keeping_checks();

Finding good(std::string what);
Finding doubtful(std::string what, std::string remedy);
Finding bad(std::string what, std::string remedy);
/// "what; what to do" taken apart.
Finding from_error(Grade grade, const Error& error);

}  // namespace fithome::app
