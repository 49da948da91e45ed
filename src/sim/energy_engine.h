// SPDX-License-Identifier: MIT
//
// The chip's energy stage: power in, counts of 0.01 CF out, forward and reverse apart.
//
// Flow:    Measured -> gate() -> Flows -> EnergyEngine -> energy registers
// Units:   Flows in watts, vars or volt-amperes; a count is joules_per_count() of them
// Source:  datasheet 3.5 and figure 6; that a full register stays full is an assumption
// Threads: one at a time
#pragma once

#include <array>
#include <cstdint>

#include "sim/measure.h"
#include "sim/register_file.h"

namespace fithome::sim {

enum FlowKind : std::uint8_t { active, reactive, apparent, fundamental, harmonic };
constexpr std::size_t kFlowKinds = 5;
constexpr std::size_t kFlowsPerKind = 4;  // T, A, B, C

/// What goes into the energy stage, [FlowKind][T, A, B, C], after the no-load logic.
struct Flows {
  std::array<std::array<double, kFlowsPerKind>, kFlowKinds> power{};
  bool active_no_load = true, reactive_no_load = true, apparent_no_load = true;
};

/// The start-up logic: lines below their threshold feed nothing, and below that of the sum nothing
/// is fed at all, the lines' own counters included.
Flows gate(const Measured& measured, const RegisterFile& registers);

/// From PL_constant: 11.25 J at 3200 impulses per kWh.
double joules_per_count(const RegisterFile& registers);

class EnergyEngine {
 public:
  void reset() { *this = EnergyEngine(); }
  void run(const Flows& flows, double seconds, RegisterFile& registers);
  /// MeterEn is off.
  void clear_directions();

  /// True after a reverse count, until the next forward one. Sum and lines of active and reactive.
  bool reversed(FlowKind kind, std::size_t of) const { return reversed_[kind][of]; }
  /// The direction of the last whole pulse, 100 counts, of a kind's sum.
  bool pulse_reversed(FlowKind kind) const { return pulse_reversed_[kind]; }

  std::uint64_t produced(std::uint16_t address) const { return produced_[address - kFirst]; }
  std::uint64_t lost(std::uint16_t address) const { return lost_[address - kFirst]; }

 private:
  void step(FlowKind kind, std::size_t of, double counts, RegisterFile& registers);
  void book(std::uint16_t address, double counts, RegisterFile& registers);

  static constexpr std::uint16_t kFirst = 0x80;
  template <class T>
  using PerFlow = std::array<std::array<T, kFlowsPerKind>, kFlowKinds>;

  PerFlow<double> remainder_{};  // joules, between -1 and +1 count
  PerFlow<bool> reversed_{};
  std::array<bool, kFlowKinds> pulse_reversed_{};
  std::array<double, kFlowKinds> toward_pulse_{};
  std::array<std::uint64_t, 0x30> produced_{}, lost_{};
};

}  // namespace fithome::sim
