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
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/units.h"
#include "chip/energy.h"
#include "chip/frame.h"
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
  bool clipped = false;     // voltage or current peak at the end of its range, or RMS saturated
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
  Monotonic measured{};         // when the quantities were read: all of it but energy and latches
};

/// Two windows of 16 cycles at 45 Hz: after so long a window has begun and ended with new gains.
constexpr Nanoseconds kUnsettled = std::chrono::milliseconds(700);

/// How the chip was found by start().
enum class Found {
  fresh,    // reset and configured: it had other settings, or was just powered
  running,  // already ran with this configuration, or was changed to it: its energy is kept
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

  /// What the chip may hold, wholly or in part, from a reconfigure() that was cut short by the end
  /// of its process: then start() finishes the change in place of a reset, and keeps all counts.
  void may_hold(const ChipConfig& other) { other_ = other; }
  /// The same without its last second: a fresh chip is left settling, and finish_start() ends that
  /// once settled_at() has come. So several chips settle together, and others are read meanwhile.
  Result<Found> begin_start(std::stop_token stop);
  std::optional<Monotonic> settled_at() const { return settled_at_; }
  Result<void> finish_start();

  bool ready() const { return ready_; }

  /// Other gains, offsets, phases, thresholds or PGA, without a reset: writes only what changes,
  /// and reads all back. Energy counted so far is taken first, at the old scale. For kUnsettled
  /// after it a sample may mix both scales, and is marked incoherent.
  ///
  /// Errors: invalid   - what the chip cannot do, or another grid or wiring; nothing was changed
  ///         transient - the wire failed; the old settings hold, or ready() is false and start()
  ///                     puts them back without losing a count
  Result<void> reconfigure(const ChipConfig& config);

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

  /// The same in halves, for several chips that are to be measured as nearly at once as can be:
  /// health and measurements first, the energy that reading destroys and the latches after. The
  /// second half must follow before another first one.
  Result<Sample> begin_sample();
  Result<void> finish_sample(Sample& sample);

  /// What registers hold, as they stand on the wire, ready or not (chip/peek.cc). Finishes first
  /// what take_energy left under way, for it overwrites LastSPIData.
  ///
  /// Errors: invalid   - one of them would be cleared by reading it, or cannot be read
  ///         transient - the transfer failed
  Result<std::vector<Word>> peek(std::span<const Reg> registers);

  const ChipConfig& config() const { return config_; }
  /// All that was counted, up to the last sample() or reconfigure().
  EnergyCounters energy() const { return counters(pad_); }

 private:
  Result<bool> finish_change();
  Result<ChipState> check_health(int& retries);
  Result<Sample> measure(int& retries);

  spi::Bus& bus_;
  Clock& clock_;
  ChipConfig config_;
  std::optional<ChipConfig> other_;        // that the chip may hold in part
  Monotonic settled_{Nanoseconds::min()};  // windows before this may mix two scales
  EnergyPad& pad_;
  std::uint32_t overflows_published_;
  std::optional<Monotonic> settled_at_;  // while it settles
  bool ready_ = false;
};

}  // namespace fithome::chip
