// SPDX-License-Identifier: MIT
#include "calibrate/formulas.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <numbers>

#include "chip/decode.h"

namespace fithome::calibrate {
namespace {

constexpr double kOffsetVolts = 0.01 / 512;  // 19.5 uV: 2^7 / 2^16 of 0.01 V
constexpr double kOffsetAmps = 0.001 / 512;  // 1.953 uA
constexpr double kMostOffsetVolts = 0.64;
constexpr double kMostOffsetAmps = 0.064;
constexpr double kPhaseClock = 2.048e6;  // hertz
constexpr int kMostPhase = 255;
constexpr double kMostPowerGain = 0.1;
constexpr double kUnity = 32768;

Failure refused(std::string what) { return fail(Code::invalid, std::move(what)); }

double hertz(chip::Grid grid) { return grid == chip::Grid::hz60 ? 60 : 50; }

Result<std::int16_t> fit(double value, const char* what) {
  const double whole = static_cast<double>(std::llround(value));
  if (whole < -32768 || whole > 32767) {
    return refused(
        fmt::format("the {} would be {:.0f}, and its register ends at 32767", what, whole));
  }
  return static_cast<std::int16_t>(whole);
}

// An RMS value shows no less than nothing: under an offset that takes too much away the truth is
// not to be seen.
Result<std::int16_t> rms_offset(std::int16_t now, double shown, double most, double count,
                                const char* what, const char* unit) {
  if (!(shown >= 0)) return refused("the measurement is no number");
  if (shown > most) {
    return refused(
        fmt::format("{:.3f} {} flow through the input; it must be at nothing for the {} "
                    "(no more than {:g} {})",
                    shown, unit, what, most, unit));
  }
  if (shown == 0 && now < 0) {
    return refused(
        fmt::format("the {} of {} hides the true value; set it to 0 and try again", what, now));
  }
  return fit(now - shown / count, what);
}

Result<std::int16_t> power_offset(std::int16_t now, double shown, const char* what) {
  if (!std::isfinite(shown)) return refused("the measurement is no number");
  return fit(now - shown / chip::kPowerWeight, what);
}

Result<double> relative_error(double shown, double reference) {
  if (!std::isfinite(shown) || !std::isfinite(reference) || reference <= 0) {
    return refused("the reference must be more than 0");
  }
  if (shown <= 0) {
    return refused(
        fmt::format("the meter shows {:.2f} W under a load; turn the transformer round "
                    "first, or set reversed",
                    shown));
  }
  return (shown - reference) / reference;
}

Result<std::int16_t> phase(double cycles) {
  const auto whole = std::llround(cycles);
  if (std::llabs(whole) > kMostPhase) {
    return refused(
        fmt::format("the phase would need {} cycles, and the chip has {}; is the load "
                    "what it was said to be, and is each transformer on its own line?",
                    whole, kMostPhase));
  }
  return static_cast<std::int16_t>(whole);
}

}  // namespace

Result<std::uint16_t> gain(std::uint16_t now, double reference, double measured) {
  if (!std::isfinite(reference) || !std::isfinite(measured) || reference <= 0) {
    return refused("the reference must be more than 0");
  }
  if (measured <= 0) return refused("the meter shows nothing, so there is nothing to calibrate by");
  const double wanted = now * (reference / measured);
  if (!(wanted >= 0.5 && wanted < 65535.5)) {
    return refused(
        fmt::format("the gain would be {:.0f}, and its register takes 1 to 65535; {}", wanted,
                    wanted > 1 ? "use a higher pga or current_scale, or check that board "
                                 "and adapter are what the preset says"
                               : "check the reference and what is connected"));
  }
  return static_cast<std::uint16_t>(std::llround(wanted));
}

Result<std::int16_t> voltage_offset(std::int16_t now, Volts shown) {
  return rms_offset(now, shown.value, kMostOffsetVolts, kOffsetVolts, "voltage offset", "V");
}

Result<std::int16_t> current_offset(std::int16_t now, Amps shown) {
  return rms_offset(now, shown.value, kMostOffsetAmps, kOffsetAmps, "current offset", "A");
}

Result<std::int16_t> active_offset(std::int16_t now, Watts shown) {
  return power_offset(now, shown.value, "power offset");
}

Result<std::int16_t> reactive_offset(std::int16_t now, Vars shown) {
  return power_offset(now, shown.value, "reactive power offset");
}

Result<std::int16_t> power_gain(std::int16_t now, Watts shown, Watts reference) {
  FITHOME_TRY(const double error, relative_error(shown.value, reference.value));
  const double wanted = (1 + now / kUnity) / (1 + error) - 1;
  if (std::abs(wanted) > kMostPowerGain) {
    return refused(
        fmt::format("the powers are off by {:.1f} %; more than 10 % is a wrong voltage or "
                    "current gain: calibrate those first",
                    error * 100));
  }
  return fit(wanted * kUnity, "power gain");
}

Result<std::int16_t> phase_by_power(std::int16_t now, Watts shown, Watts reference,
                                    chip::Grid grid) {
  FITHOME_TRY(const double error, relative_error(shown.value, reference.value));
  return phase(now + error * phase_cycles(grid));
}

Result<std::int16_t> phase_by_angle(std::int16_t now, Degrees shown, chip::Grid grid) {
  if (!(std::abs(shown.value) < 20)) {
    return refused(
        fmt::format("the current is {:.1f} degrees from the voltage: that is no plain "
                    "load; use a heater, a kettle or a toaster",
                    shown.value));
  }
  return phase(now - shown.value / phase_degrees(grid));
}

double phase_cycles(chip::Grid grid) {
  return kPhaseClock / (2 * std::numbers::pi * hertz(grid) * std::numbers::sqrt3);
}

double phase_degrees(chip::Grid grid) { return 360 * hertz(grid) / kPhaseClock; }

std::int32_t scale_for(Amps most) {
  std::int32_t scale = 1;
  while (most.value / scale > 65.5 && scale < 64) scale *= 2;
  return scale;
}

}  // namespace fithome::calibrate
