// SPDX-License-Identifier: MIT
//
// The chip's energy counters made wide: 64 bits each, never resetting, exact though the process be
// killed at any instruction.
//
// Why:     an energy register clears as it is read, so a count lives for a moment in our memory
//          only. The pad is meant to lie in a mapped file: a killed process leaves it to the next
//          one, which finishes the read that was under way (see take_energy).
// Flow:    spi::Bus -> take_energy -> EnergyPad -> reading::Ledger -> store
// Shape:   20 counters: [active import, active export, reactive import, reactive export, apparent]
//          x [T, A, B, C]
// Units:   counts; one is 0.01 CF = 3.125 mWh (or mvarh, mVAh) at 3200 pulses per kWh
// Source:  datasheet 5.3.1 and 3.5; LastSPIData: application note 46103 section 2
// Threads: the sampler's only
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include "base/result.h"
#include "chip/registers.h"
#include "spi/bus.h"

namespace fithome::chip {

enum class EnergyKind { active_import, active_export, reactive_import, reactive_export, apparent };
constexpr int kEnergyKinds = 5;
constexpr int kEnergyPerKind = 4;  // T, A, B, C
constexpr int kEnergyCounters = kEnergyKinds * kEnergyPerKind;

/// A whole number of counts since the pad began.
using EnergyCounters = std::array<std::uint64_t, kEnergyCounters>;

/// Index of the all-phase counter of a kind, or of one line's.
constexpr int energy_total(EnergyKind kind) { return static_cast<int>(kind) * kEnergyPerKind; }
constexpr int energy_of(EnergyKind kind, int line) { return energy_total(kind) + 1 + line; }
constexpr Reg energy_register(int counter) {
  return static_cast<Reg>(address(Reg::APenergyT) + counter);
}

/// Plain memory that outlives a process; never moved while in use.
struct EnergyPad {
  /// value[steps & 1] is the count; the other half is where the next one is prepared.
  struct Wide {
    std::uint64_t value[2];
    std::uint64_t steps;
  };
  std::array<Wide, kEnergyCounters> wide;
  std::int32_t pending;         // counter being taken, or -1
  std::uint32_t reserved;
  std::uint64_t pending_steps;  // wide[pending].steps once it is booked
  std::array<spi::Frame, 2> frames;  // the register, then LastSPIData: the kernel fills their rx here
};
static_assert(std::is_trivially_copyable_v<EnergyPad>);

/// Makes a fresh pad that goes on from these counts.
void reset(EnergyPad& pad, const EnergyCounters& counts);

EnergyCounters counters(const EnergyPad& pad);

struct EnergyTaken {
  bool overflow_near = false;  // a register was over half full: poll more often
  bool overflowed = false;     // a register was full: energy was lost
  int retries = 0;             // times the wire had to be asked again
};

/// Finishes the read that a killed process left under way. Call first thing, before any other
/// transfer, while LastSPIData still holds that value.
Result<void> recover(spi::Bus& bus, EnergyPad& pad);

/// Reads and so clears the registers of the total and of the given lines, adding to the pad.
///
/// Errors: transient - a transfer failed or the wire never agreed with LastSPIData. What was read
///                     before is in the pad; the rest is still in the chip, or pending in the pad
///                     and finished by the next call.
Result<EnergyTaken> take_energy(spi::Bus& bus, EnergyPad& pad, std::array<bool, kLines> lines);

}  // namespace fithome::chip
