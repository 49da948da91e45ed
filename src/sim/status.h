// SPDX-License-Identifier: MIT
//
// What the chip thinks of the grid: EMMState0 and 1, and the latches of every change in them.
//
// Flow:    Measured, Flows, EnergyEngine -> Status -> EMMState, EMMIntState
// Model:   sag and loss set once the voltage was low for the configured milliseconds, all else at
//          once: a level holds for a whole window
// Source:  datasheet 3.7 and pages 60 to 65
// Threads: one at a time
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "sim/energy_engine.h"
#include "sim/measure.h"
#include "sim/register_file.h"

namespace fithome::sim {

class Status {
 public:
  void reset() { *this = Status(); }
  void update(Monotonic now, const Measured& measured, Hertz cycle, const Flows& flows,
              const EnergyEngine& energy, RegisterFile& registers);

  /// Of the first line that has a voltage to time; 0 when all are lost.
  Hertz frequency() const { return frequency_; }

 private:
  /// Below a threshold since when.
  struct LowVoltage {
    std::optional<Monotonic> since;
    bool set = false;
    void update(Monotonic now, bool low, Nanoseconds period);
  };

  void update_voltages(Monotonic now, const Measured& measured, const RegisterFile& registers);
  bool timed_by_a_line() const;
  std::uint16_t state0(const Measured& measured, const Flows& flows, const EnergyEngine& energy,
                       const RegisterFile& registers) const;
  std::uint16_t state1(const EnergyEngine& energy, const RegisterFile& registers) const;

  std::array<LowVoltage, chip::kLines> sag_{}, loss_{};
  Hertz frequency_{};
};

}  // namespace fithome::sim
