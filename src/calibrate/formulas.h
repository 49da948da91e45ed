// SPDX-License-Identifier: MIT
//
// From what the chip shows and what is true to what the chip should hold. Nothing here wraps or is
// quietly cut: what does not fit its register is refused, with the reason.
//
// Flow:    Statistics, a reference -> new register value -> Chip::reconfigure
// Units:   registers in their own counts (chip/chip.h LineConfig)
// Errors:  invalid - the reference or the measurement cannot be right, or the value does not fit
// Threads: pure functions
// Source:  application note 46103 section 4; docs/calibration.md
#pragma once

#include <cstdint>

#include "base/result.h"
#include "base/units.h"
#include "chip/chip.h"

namespace fithome::calibrate {

/// Current gain x PGA x mV/A of the transformer, on any board (docs/calibration.md).
constexpr double kUnitCurrent = 300'000;

/// gain x reference / measured, rounded to the nearest; 1 to 65535.
///
/// A current beyond 65.5 A is halved in the chip and doubled by current_scale: both sides of the
/// fraction are then the chip's own amperes.
Result<std::uint16_t> gain(std::uint16_t now, double reference, double measured);

/// So that an input of nothing reads nothing. `now` is the offset under which `shown` was measured.
/// Refuses more than 0.64 V or 64 mA: then the input is not at nothing.
Result<std::int16_t> voltage_offset(std::int16_t now, Volts shown);
Result<std::int16_t> current_offset(std::int16_t now, Amps shown);

/// So that no current makes no power. Signed means, within 10.48 W.
Result<std::int16_t> active_offset(std::int16_t now, Watts shown);
Result<std::int16_t> reactive_offset(std::int16_t now, Vars shown);

/// Of the powers, under a plain load: more than a tenth is a wrong U or I gain, and refused.
Result<std::int16_t> power_gain(std::int16_t now, Watts shown, Watts reference);

/// From the power's relative error under a load of power factor 0.5, lagging.
Result<std::int16_t> phase_by_power(std::int16_t now, Watts shown, Watts reference,
                                    chip::Grid grid);
/// From the angle that the chip shows (current behind voltage) under a plain load, where it is 0.
Result<std::int16_t> phase_by_angle(std::int16_t now, Degrees shown, chip::Grid grid);

/// Cycles of the chip's delay for a power error of one at power factor 0.5: 3763.74, 3136.45.
double phase_cycles(chip::Grid grid);
/// Degrees of one cycle of delay: 0.00879 at 50 Hz, 0.01055 at 60 Hz.
double phase_degrees(chip::Grid grid);

/// The scale (1, 2, 4 ...) with which `most` amperes stay within the chip's 65.5.
std::int32_t scale_for(Amps most);

}  // namespace fithome::calibrate
