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
///
/// Exact though killed at any instruction, and here is why. For each counter, in this order:
///  1. CfgRegAccEn is read. The chip is locked, so it is 0, and so is LastSPIData from now on.
///  2. The frames are laid out here, their rx marked as untouched; then `pending_steps` and, last,
///     `pending` are set.
///  3. One transfer: the register, which clears it, and LastSPIData, which keeps what it held.
///     The kernel fills the rx of all frames of a message, or of none.
///  4. The sum goes into the unused half of `value`; one store of `steps` makes it the used one.
///  5. `pending` is set back to -1.
/// Killed before 2 is done: nothing was read. After 4: `steps` equals `pending_steps`, so the count
/// is booked and is not booked again. In between, recover() takes the count from the frames if the
/// kernel filled them, else from LastSPIData. That holds the count if the register was read, and 0
/// if it was not: then 0 is booked, which is right, for the count is still in the register.
/// One thing is believed that is wrong: the same bit flipped in both frames. On a wire on which one
/// frame in a thousand is bad that is a count of some size once a month at a poll a second; on one
/// where one in a hundred thousand is, once in centuries. A third frame could not tell it from a
/// chip that lost its memory in between.
/// The same holds for a transfer that fails half-way. Two things are asked of the caller: nothing
/// else is transferred before recover(), and one process at a time has the pad.
struct EnergyPad {
  /// value[steps & 1] is the count; the other half is where the next one is prepared.
  struct Wide {
    std::uint64_t value[2];
    std::uint64_t steps;
  };
  std::array<Wide, kEnergyCounters> wide;
  std::int32_t pending;         // counter being taken, or -1
  std::uint32_t overflows;      // times a register was found full
  std::uint64_t pending_steps;  // wide[pending].steps once it is booked
  std::array<spi::Frame, 2>
      frames;  // the register, then LastSPIData: the kernel fills their rx here
};
static_assert(std::is_trivially_copyable_v<EnergyPad>);

/// Makes a fresh pad that goes on from these counts.
void reset(EnergyPad& pad, const EnergyCounters& counts);

EnergyCounters counters(const EnergyPad& pad);

struct EnergyTaken {
  bool overflow_near = false;  // a register was over half full: poll more often
  bool overflowed = false;     // a register was full: energy was lost (see also pad.overflows)
  int retries = 0;             // frames that had to be asked for again
};

/// Finishes the read that a killed process or a failed transfer left under way. Call first thing,
/// before any other transfer, while LastSPIData still holds that value.
///
/// Errors: transient - the wire gives no answer to trust; the read stays pending
Result<void> recover(spi::Bus& bus, EnergyPad& pad);

/// Reads and so clears the registers of the total and of the given lines, adding to the pad. The
/// chip must be locked and found in good health by the same poll: a dead wire that reads all ones
/// is told from a full register, but one that reads all zeros is not told from a quiet house.
///
/// Errors: transient - a transfer failed or the wire never agreed with LastSPIData. What was read
///                     before is in the pad; the rest is still in the chip, or pending in the pad
///                     and finished by the next call.
Result<EnergyTaken> take_energy(spi::Bus& bus, EnergyPad& pad, std::array<bool, kLines> lines);

}  // namespace fithome::chip
