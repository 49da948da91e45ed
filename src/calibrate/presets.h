// SPDX-License-Identifier: MIT
//
// Gains to begin with, by the names of what was bought: boards, voltage adapters, transformers.
//
// Shape:   a preset is a start, never a calibration: parts differ by 5 %, and where more than that
//          is uncertain `doubt` says so
// Source:  CircuitSetup's and ESPHome's tables, the chip's input range; docs/calibration.md
// Threads: plain values
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

namespace fithome::calibrate {

struct VoltagePreset {
  std::string_view name;  // "v1.4/jameco-157041"
  std::string_view what;  // board and adapter, for people
  std::uint16_t gain;
  std::string_view doubt;  // "": none beyond the tolerance of parts
};

struct CurrentPreset {
  std::string_view name;  // "SCT-013-000"
  std::string_view what;
  double mv_per_amp;        // on the board's burden of 12 ohms, or of its own
  std::uint16_t gain_pga2;  // 0: where the table has none, the rule 300000 / (PGA x mV/A)
  Amps rated;               // of the transformer itself
  double hole_mm;           // for the conductor; 0: not known
  std::string_view doubt;
};

std::span<const VoltagePreset> voltage_presets();
std::span<const CurrentPreset> current_presets();

/// By name, upper and lower case alike. Errors: invalid - names what is near, or all there are.
Result<VoltagePreset> voltage_preset(std::string_view name);
Result<CurrentPreset> current_preset(std::string_view name);

struct CurrentSetting {
  std::uint16_t gain;
  std::int32_t scale_per_mille;  // current_scale
  Amps clips_at;                 // of the input at this PGA, RMS of a sine
};

/// What a preset comes to at a PGA of 1, 2 or 4. The chip's amperes end at 65.5: where the input
/// goes further, current_scale 2 or 4 takes the gain down and the reading up.
Result<CurrentSetting> setting_of(const CurrentPreset& preset, int pga);
/// The PGA at which a service of so many amperes stays within the input's range, and no lower than
/// that needs.
int pga_for(const CurrentPreset& preset, Amps service);

}  // namespace fithome::calibrate
