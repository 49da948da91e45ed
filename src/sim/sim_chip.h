// SPDX-License-Identifier: MIT
//
// A pretend ATM90E32AS on its board, clock by clock: what the driver may expect of the real one,
// worked out from the datasheet and not from the driver.
//
// Flow:    House -> Sensed (pins) -> Measured (after the gains) -> registers -> SimBus
// Time:    the injected clock. Measurements change together, every 16 line cycles counted from the
//          last reset; energy is booked up to the instant of each access
// Model:   a window's mean flows through the whole of it, so energy, peaks and the status bits know
//          the window that is under way; what is shorter than 16 cycles does not exist.
//          Not modelled: temperature and segment compensation, DC offsets, pins
// Source:  datasheet Atmel-46003B, application note 46103
// Threads: one at a time
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "chip/registers.h"
#include "sim/board.h"
#include "sim/config_crc.h"
#include "sim/energy_engine.h"
#include "sim/house.h"
#include "sim/measure.h"
#include "sim/register_file.h"
#include "sim/status.h"

namespace fithome::sim {

class SimChip {
 public:
  /// The board has been powered for a while: it answers at once, with power-on values.
  /// Clock and house must outlive the chip.
  SimChip(Clock& clock, const House& house, Board board = {});

  // The wire. A frame is select, clocks, deselect.
  void select();
  bool clock_bit(bool mosi);
  std::uint8_t exchange(std::uint8_t byte);  // 8 clocks, most significant bit first
  void deselect();

  // What happens to a chip: now, or at the instant it has been brought to.
  void power_cycle();  // everything lost; silent for the reset time
  void brown_out();    // the same, but the current detector's registers survive
  void flip_config_bit(std::uint16_t address, int bit);  // as a cosmic ray does: 0x00..0x6F
  Board& board() { return board_; }  // to unplug and turn things; acts from the next window on
  /// Nobody has looked since; up to here all goes on as it was. The next of the above is at `at`,
  /// which may be past by the clock.
  void live_until(Monotonic at);

  // What no driver can see, for tests.
  /// Counts that an energy register has been given since the last reset, lost ones included, as of
  /// the last access.
  std::uint64_t counts_produced(chip::Reg energy_register) const;
  /// Those of them that found the register full.
  std::uint64_t counts_lost(chip::Reg energy_register) const;
  /// Counts that reads have ever taken out of it, resets or not.
  std::uint64_t counts_taken(chip::Reg energy_register) const;

 private:
  void reset(bool detector_too, Nanoseconds reset_time);
  Monotonic instant();
  void sync() { sync(clock_.monotonic()); }
  void sync(Monotonic until);
  void begin_window();
  void refresh();
  std::uint16_t commit_read(std::uint16_t address);
  void commit_write(std::uint16_t address, std::uint16_t data);
  bool writable() const;
  Hertz nominal_frequency() const;
  UtcInstant calendar(Monotonic at);

  Clock& clock_;
  const House& house_;
  Board board_;
  RegisterFile registers_;
  ConfigCrc crc_;
  EnergyEngine energy_;
  Status status_;

  // One chip-select.
  bool deaf_ = false;  // the chip is still in its reset time
  bool reading_ = false;
  int clocks_ = 0;
  std::uint32_t in_ = 0;
  std::uint16_t out_ = 0;

  // Time.
  Monotonic now_{};  // all is booked up to here
  Monotonic ready_at_{};
  std::optional<Monotonic> window_end_;
  Hertz cycle_{};  // of the line, which the window is counted in
  Nanoseconds calendar_offset_{};

  // The window under way.
  Sensed sensed_;
  Measured measured_;
  Flows flows_{};
  bool config_changed_ = false;
  NoiseSource noise_;
  std::optional<Monotonic> brought_to_;      // by live_until()
  std::array<std::uint64_t, 0x30> taken_{};  // from 0x80 on
};

}  // namespace fithome::sim
