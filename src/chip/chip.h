// SPDX-License-Identifier: MIT
//
// The driver of one ATM90E32AS: brings it up, reads it whole, notices when it is not itself.
//
// Flow:    spi::Bus -> Chip::sample() -> reading::make_reading
// Shape:   a Sample is one poll: all quantities of the lines in use, as the chip tells them. Sign
//          and scale of the house are applied later (reading/)
// Units:   base/units.h; positive power flows from the grid
// Source:  docs/registers.md; datasheet Atmel-46003B, application note 46103
// Threads: the sampler's only
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/units.h"
#include "chip/energy.h"
#include "chip/registers.h"
#include "spi/bus.h"

namespace fithome::chip {

enum class Grid { hz50, hz60 };

/// Which lines are measured, and how the chip totals them.
enum class Wiring {
  split_phase,   // A and C: two legs of 120 V, North America; B is unused
  three_phase,   // A, B and C, four wires
  single_phase,  // A only
};

struct LineConfig {
  std::uint16_t voltage_gain = 37106;  // v1.4 board, 9 V AC adapter (CircuitSetup energy_meter.h)
  std::uint16_t current_gain = 25498;  // SCT-013-000 on 12 ohms at PGA 2
  std::int16_t voltage_offset = 0;     // 19.5 uV a count
  std::int16_t current_offset = 0;     // 1.953 uA a count
  std::int16_t active_offset = 0;      // 0.00032 W a count
  std::int16_t reactive_offset = 0;    // 0.00032 var a count
  std::int16_t power_gain = 0;         // 2^-15 a count
  std::int16_t phase_delay = 0;        // -255..255 cycles of 2.048 MHz; positive delays the current
};

struct ChipConfig {
  Grid grid = Grid::hz60;
  Wiring wiring = Wiring::split_phase;
  int pga = 2;            // 1, 2 or 4, for all current inputs; belongs to the current gains
  Volts nominal{120};     // sag, swell and loss thresholds follow from it
  Amps over_current{60};  // of the transformer, threshold only
  Watts start_threshold{
      2.4};  // below this |sum| the chip counts no energy at all (datasheet fig. 6)
  Watts line_threshold{0.24};  // below this |P|+|Q| a line counts no energy
  std::array<LineConfig, kLines> lines{};
};

/// The lines that a wiring measures.
std::array<bool, kLines> lines_of(Wiring wiring);

struct LineSample {
  Volts u;
  Amps i;
  Watts p;
  Vars q;
  VoltAmps s;
  double pf = 0;  // signed, -1..1
  Degrees angle;  // of current behind voltage, -180..180
  Volts u_peak;
  Amps i_peak;
  bool clipped = false;  // voltage or current peak at the end of its range, or RMS saturated
  bool no_voltage = false;  // under a tenth of the nominal one: powers are not to be believed
};

/// The chip's own view of the grid and itself (datasheet EMMState0/1), live and latched since the
/// last sample.
struct ChipState {
  std::uint16_t live0 = 0, live1 = 0;
  std::uint16_t latched0 = 0, latched1 = 0;
};

struct Sample {
  std::array<std::optional<LineSample>, kLines> lines;
  Watts p;
  Vars q;
  VoltAmps s;
  double pf = 0;
  Hertz f;              // 0 when every voltage is lost
  Celsius temperature;  // of the chip
  Amps neutral;         // calculated; meaningless with one voltage adapter
  ChipState state;
  EnergyCounters energy{};            // of the pad, after this poll
  bool energy_overflow = false;       // a register was full since the last sample: energy was lost
  bool energy_near_overflow = false;  // one was over half full: poll more often
  bool incoherent = false;      // totals or S against P and Q still disagree after asking twice
  bool voltage_absent = false;  // no voltage on any line in use: powers are not to be believed
  int retries = 0;              // frames that had to be asked for again
};

/// How the chip was found by start().
enum class Found {
  fresh,    // reset and configured: it had other settings, or was just powered
  running,  // already ran with exactly this configuration: its energy since then is kept
};

class Chip {
 public:
  /// The bus, clock and pad must outlive the chip. Nothing is transferred yet.
  Chip(spi::Bus& bus, Clock& clock, ChipConfig config, EnergyPad& pad);

  /// Presence, configuration with read-back, lock. Takes about 1.1 s of clock time when fresh.
  /// A chip with other settings is reset, and what energy it had counted under them is dropped.
  ///
  /// Errors: invalid     - the configuration asks for what the chip cannot do.
  ///         transient   - no chip answers, or it does not hold what was written; what says which
  ///                       wire to look at. Try again later.
  ///         unsupported - something answers that is no ATM90E32AS.
  Result<Found> start(std::stop_token stop);

  bool ready() const { return ready_; }

  /// One full reading: health, measurements, energy, latches. About 100 frames for split phase,
  /// 110 at most (7 health, 53 measurements, 45 energy, 5 latches) when nothing is asked twice.
  ///
  /// What a flipped bit could make of it: U, I, P, Q, S and the power factors are confirmed by one
  /// another, energy by LastSPIData, frequency and temperature by a second read. Angle, peaks and
  /// neutral are as they came.
  ///
  /// Errors: transient - bus noise, a chip that was reset or lost its configuration (then ready()
  ///                     turns false: call start again), implausible values. Nothing was published
  ///                     and no count is lost but those the chip itself lost.
  ///         invalid   - a voltage that no house has: the gain is wrong. Likewise nothing.
  Result<Sample> sample();

  const ChipConfig& config() const { return config_; }

 private:
  Result<void> settle(std::stop_token stop);
  Result<ChipState> check_health(int& retries);
  Result<Sample> measure(int& retries);

  spi::Bus& bus_;
  Clock& clock_;
  ChipConfig config_;
  EnergyPad& pad_;
  std::uint32_t overflows_published_;
  bool ready_ = false;
};

}  // namespace fithome::chip
