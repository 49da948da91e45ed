// SPDX-License-Identifier: MIT
//
// Plays a scenario: turns and unplugs, resets and disturbs the simulated chip when it is time.
//
// Flow:    Scenario, Clock -> Director -> SimChip (board, resets), BusFaults
// Shape:   looked after by update() before each chip-select; what fell due since is done at its own
//          instant, as if somebody had watched
// Threads: those of the wire: one at a time
#pragma once

#include <cstddef>
#include <vector>

#include "base/clock.h"
#include "sim/scenario.h"
#include "sim/sim_chip.h"
#include "sim/wire.h"

namespace fithome::sim {

class Director {
 public:
  /// The scenario's times count from `start`. The rest must outlive the director, which sets the
  /// wire's before_select.
  Director(Scenario scenario, Monotonic start, Clock& clock, SimChip& chip, Wire& wire);
  Director(const Director&) = delete;
  Director& operator=(const Director&) = delete;

  /// Brings chip and wire to the present. May wait, where the bus is slow or hangs.
  void update();

 private:
  bool under_way(const Act& act) const { return act.begin <= at_ && at_ < act.end; }
  bool under_way(Trouble trouble) const;
  void pass(Nanoseconds mark);
  void set_board();
  void set_wire();
  void wait();

  Scenario scenario_;
  Monotonic start_;
  Clock& clock_;
  SimChip& chip_;
  Wire& wire_;
  Board board_;                     // as it is without troubles
  std::vector<Nanoseconds> marks_;  // where something begins or ends
  std::size_t next_ = 0;
  Nanoseconds at_ = Nanoseconds::min();  // the last mark passed
  bool waiting_ = false;                 // somewhere on the bus
};

}  // namespace fithome::sim
