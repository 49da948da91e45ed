// SPDX-License-Identifier: MIT
//
// A Bus with the least of a chip behind it, for the driver's own tests: registers, LastSPIData,
// read/clear, lock and reset, and wires that can be cut. It measures nothing: a test says what the
// registers hold. sim/ has the whole chip.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "chip/frame.h"
#include "chip/register_table.h"

namespace fithome::chip {

inline bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class FakeChipBus final : public spi::Bus {
 public:
  FakeChipBus() { power_up(); }

  // What the test sets.
  enum class Level { chip, high, low };
  Level miso = Level::chip;  // what the answers are stuck at
  bool mosi_cut = false;     // writes are lost; reads arrive
  int shift = 0;             // wrong mode: answers one bit to the left (1) or right (-1)
  int fail_after = -1;       // so many frames reach the chip, then the transfer fails, once
  std::function<void(int frame, Reg reg)> before_frame;  // counts all frames ever
  std::map<int, std::uint16_t> flip;                     // frame number -> bits that arrive wrong

  int frames = 0;
  int resets = 0;

  std::uint16_t& at(Reg reg) { return registers_[address(reg)]; }
  void set_long(Reg high, std::int32_t value) {
    at(high) = static_cast<std::uint16_t>(static_cast<std::uint32_t>(value) >> 16);
    at(low_word(high)) = static_cast<std::uint16_t>(value & 0xFFFF);
  }
  /// A power in W, var or VA.
  void set_power(Reg high, double value) {
    set_long(high, static_cast<std::int32_t>(value / 0.00032 + (value < 0 ? -0.5 : 0.5)));
  }

  void power_up() {
    registers_.fill(0);
    for (const Register& entry : kRegisters) registers_[entry.address] = entry.initial.value_or(0);
    last_ = 0;
    ++resets;
  }

  Result<void> transfer(std::span<spi::Frame> batch) override {
    std::vector<std::array<std::uint8_t, 4>> heard;
    for (const spi::Frame& frame : batch) {
      if (fail_after == 0) {
        fail_after = -1;
        return fail(Code::transient, "fake chip: transfer failed");  // and no rx is filled
      }
      if (fail_after > 0) --fail_after;
      heard.push_back(exchange(frame));
    }
    for (std::size_t n = 0; n < batch.size(); ++n) batch[n].rx = heard[n];
    return {};
  }
  std::string describe() const override { return "fake chip"; }

 private:
  std::array<std::uint8_t, 4> exchange(const spi::Frame& frame) {
    const int number = frames++;
    const auto reg = static_cast<Reg>((frame.tx[0] & 0x03) << 8 | frame.tx[1]);
    if (before_frame) before_frame(number, reg);
    const auto sent = static_cast<std::uint16_t>(frame.tx[2] << 8 | frame.tx[3]);
    std::uint16_t heard = 0xFFFF;
    if (frame.tx[0] & 0x80) {
      heard = on_read(reg);
    } else if (!mosi_cut) {
      on_write(reg, sent);
    }
    if (const auto bits = flip.find(number); bits != flip.end()) heard ^= bits->second;
    if (shift > 0) heard = static_cast<std::uint16_t>(heard << 1 | 1);
    if (shift < 0) heard = static_cast<std::uint16_t>(heard >> 1 | 0x8000);
    if (miso != Level::chip) heard = miso == Level::high ? 0xFFFF : 0;
    const std::uint8_t floating = miso == Level::low ? 0x00 : 0xFF;
    return {floating, floating, static_cast<std::uint8_t>(heard >> 8),
            static_cast<std::uint8_t>(heard & 0xFF)};
  }

  std::uint16_t on_read(Reg reg) {
    if (reg == Reg::LastSPIData) return last_;
    const Register* entry = find_register(address(reg));
    last_ = at(reg);
    if (entry && entry->access == Access::read_clears) at(reg) = 0;
    return last_;
  }

  void on_write(Reg reg, std::uint16_t data) {
    last_ = data;
    const Register* entry = find_register(address(reg));
    if (reg == Reg::SoftReset && data == kSoftResetKey) return power_up();
    if (!entry || (address(reg) < 0x70 && at(Reg::CfgRegAccEn) != kUnlockKey)) return;
    if (entry->access == Access::read_write) at(reg) = data;
    if (entry->access == Access::write_1_clears)
      at(reg) = static_cast<std::uint16_t>(at(reg) & ~data);
  }

  std::array<std::uint16_t, 0x400> registers_{};
  std::uint16_t last_ = 0;
};

/// A quiet evening on two legs: 120 V, A draws 1200 W, C feeds 400 W back.
inline void set_evening(FakeChipBus& bus) {
  const auto line = [&](int n, std::uint16_t milliamps, double p, double q, double s,
                        std::int16_t pf) {
    bus.at(on_line(Reg::UrmsA, n)) = 12000;
    bus.at(on_line(Reg::IrmsA, n)) = milliamps;
    bus.set_power(on_line(Reg::PmeanA, n), p);
    bus.set_power(on_line(Reg::QmeanA, n), q);
    bus.set_power(on_line(Reg::SmeanA, n), s);
    bus.at(on_line(Reg::PFmeanA, n)) = static_cast<std::uint16_t>(pf);
  };
  line(0, 10417, 1200, 350, 1250, 960);
  line(2, 3367, -400, 56, 404, -990);
  bus.set_power(Reg::PmeanT, 800);
  bus.set_power(Reg::QmeanT, 406);
  bus.set_power(Reg::SmeanT, 1654);
  bus.at(Reg::PFmeanT) = 484;
  bus.at(Reg::Freq) = 6001;
  bus.at(Reg::Temp) = 35;
  bus.at(Reg::PAngleA) = 163;
}

}  // namespace fithome::chip
