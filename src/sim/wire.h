// SPDX-License-Identifier: MIT
//
// The four wires between a host and the simulated chip, with what may be wrong with them.
//
// Flow:    SimBus (frames), vspi (any clocks) -> Wire -> SimChip
// Shape:   a fault is on while it is set; it acts on whole chip-selects
// Threads: one at a time; faults may be set from the same thread only
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "sim/sim_chip.h"

namespace fithome::sim {

/// What can go wrong on the wire; all off unless set.
struct BusFaults {
  bool absent = false;               // no chip: every answer is `absent_level` bytes
  std::uint8_t absent_level = 0xFF;  // 0xFF pull-up, 0x00 unpowered board
  bool floating = false;             // absent, and nothing pulls: chance
  double bit_flips = 0;              // probability that one bit of an answer is wrong, per frame
  std::uint64_t seed = 1;            // of flips and chance
  std::optional<bool> miso_stuck;    // the host reads nothing else
  std::optional<bool> mosi_stuck;    // the chip hears nothing else
  bool writes_lost = false;          // one clock too many in each write: the chip drops it
  /// Called before each frame, with the address word; may advance a clock, or reset the chip.
  std::function<void(std::uint16_t)> before_frame;
  /// Called before each chip-select; may do the same, and change these faults.
  std::function<void()> before_select;
};

class Wire {
 public:
  /// The chip must outlive the wire.
  explicit Wire(SimChip& chip) : chip_(chip) {}

  void select();
  bool clock_bit(bool mosi);
  std::uint8_t exchange(std::uint8_t byte);  // 8 clocks, most significant bit first
  void deselect();

  BusFaults faults;

 private:
  bool chance();
  bool answer(bool mosi);

  SimChip& chip_;
  std::uint64_t random_ = 0;    // frames that dice were thrown for
  std::uint64_t floating_ = 0;  // bits that chance has answered
  bool clean_ = true;           // of this chip-select: nothing is wrong
  bool absent_ = false;
  bool writing_ = false;
  int clocks_ = 0;
  int flipped_ = -1;  // the clock whose answer is turned over
};

}  // namespace fithome::sim
