// SPDX-License-Identifier: MIT
//
// For the tests of sim/: a house that stands still, a chip on it, and the wire by hand.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "sim/sim_chip.h"

namespace fithome::sim {

using chip::Reg;

class FakeHouse final : public House {
 public:
  HouseState mean(UtcInstant, UtcInstant) const override { return state; }
  std::string describe() const override { return "fake house"; }

  HouseState state;
};

/// An adapter of 1 mV/V, so that a voltage gain of 30000 is exact.
inline Board exact_board() {
  Board board;
  board.adapter_mv_per_volt = 1;
  return board;
}

struct Rig {
  explicit Rig(Board board = exact_board()) : chip(clock, house, board) {
    house.state.lines[0] = {Volts(120), Watts(0), Vars(0)};
    house.state.lines[2] = {Volts(120), Watts(0), Vars(0)};
  }

  using Bytes = std::array<std::uint8_t, 4>;
  Bytes frame(Bytes tx) {
    Bytes rx{};
    chip.select();
    for (std::size_t i = 0; i < tx.size(); ++i) rx[i] = chip.exchange(tx[i]);
    chip.deselect();
    return rx;
  }
  std::uint16_t read(unsigned address) {
    const Bytes rx = frame({static_cast<std::uint8_t>(0x80 | address >> 8),
                            static_cast<std::uint8_t>(address & 0xFF), 0, 0});
    return static_cast<std::uint16_t>(rx[2] << 8 | rx[3]);
  }
  void write(unsigned address, unsigned data) {
    frame({static_cast<std::uint8_t>(address >> 8), static_cast<std::uint8_t>(address & 0xFF),
           static_cast<std::uint8_t>(data >> 8), static_cast<std::uint8_t>(data & 0xFF)});
  }
  std::uint16_t read(Reg reg) { return read(chip::address(reg)); }
  void write(Reg reg, unsigned data) { write(chip::address(reg), data); }

  /// Sends only the first `clocks` bits of a frame.
  void cut_frame(std::uint32_t bits, int clocks) {
    chip.select();
    for (int i = 0; i < clocks; ++i) chip.clock_bit(i < 32 && ((bits >> (31 - i)) & 1) != 0);
    chip.deselect();
  }

  struct Setting {
    Reg reg;
    unsigned value;
  };
  void configure(std::initializer_list<Setting> settings) {
    write(Reg::CfgRegAccEn, 0x55AA);
    for (const Setting& s : settings) write(s.reg, s.value);
    write(Reg::CfgRegAccEn, 0);
  }
  /// Gains for exact_board(), totals of A and C, 60 Hz, energy on.
  void configure_exactly() {
    configure({{Reg::MeterEn, 1},
               {Reg::MMode0, 0x1185},
               {Reg::MMode1, 0x15},
               {Reg::UgainA, 30000},
               {Reg::UgainC, 30000},
               {Reg::IgainA, 25000},
               {Reg::IgainC, 25000}});
  }

  void load(std::size_t line, double watts, double vars = 0) {
    house.state.lines[line].p = Watts(watts);
    house.state.lines[line].q = Vars(vars);
  }
  /// The chip lives through it before the house is changed again.
  void advance(Nanoseconds time) {
    clock.advance(time);
    read(Reg::LastSPIData);
  }
  /// Until every register shows the house as it is now.
  void settle() { advance(std::chrono::seconds(1)); }

  std::int32_t long_word(Reg high) {
    return static_cast<std::int32_t>(std::uint32_t{read(high)} << 16 | read(chip::low_word(high)));
  }
  double power(Reg high) { return long_word(high) * 0.00032; }
  double volts(Reg high) { return static_cast<std::uint32_t>(long_word(high)) / 6553600.0; }
  double amps(Reg high) { return static_cast<std::uint32_t>(long_word(high)) / 65536000.0; }

  ManualClock clock{UtcInstant(std::chrono::seconds(1'790'000'000))};
  FakeHouse house;
  SimChip chip;
};

constexpr Reg kUrmsC = chip::on_line(Reg::UrmsA, 2);
constexpr Reg kIrmsC = chip::on_line(Reg::IrmsA, 2);
constexpr Reg kPmeanC = chip::on_line(Reg::PmeanA, 2);

}  // namespace fithome::sim
