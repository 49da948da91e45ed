// SPDX-License-Identifier: MIT
#include "calibrate/presets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "calibrate/formulas.h"

namespace fithome::calibrate {
namespace {

constexpr double kMostMillivolts = 720;  // RMS at the pin at PGA 1 (datasheet 6.1)
constexpr double kTableShare = 1.1;      // a table's gain that is further off is for another burden

constexpr std::string_view kSixChannels =
    "six-channel boards have about twice the burden, so half this current gain: calibrate";

constexpr std::array<VoltagePreset, 9> kVoltages{{
    {"v1.3/jameco-112336", "split-phase board up to v1.3, 9 V 1.5 A adapter", 42080, ""},
    {"v1.3/jameco-167151", "split-phase board up to v1.3, 12 V adapter", 32428, ""},
    {"v1.4/jameco-157041", "split-phase board v1.4, 9 V 1 A adapter", 37106,
     "in the field 36650 to 37106"},
    {"v1.4/jameco-112336", "split-phase board v1.4, 9 V 1.5 A adapter", 38302, ""},
    {"v1.4/jameco-167151", "split-phase board v1.4, 12 V adapter", 29462, ""},
    {"v1.4-rev3/jameco-157041", "split-phase board v1.4 rev3 or later, 9 V 1 A adapter", 3920,
     "at 120 V the input is at the edge of its range; if readings are flagged clipped, use an "
     "adapter of fewer volts"},
    {"v1.4-uk/9v", "split-phase board v1.4, 240 V mains, 9 V adapter", 38990,
     "reported with a reading of half the voltage: calibrate before you believe it"},
    {"six-channel/9v", "six-channel board, 9 V adapter", 7305, "ESPHome's default"},
    {"unknown", "any other board or adapter", 37106,
     "only a start: calibrate the voltage at an outlet"},
}};

constexpr std::array<CurrentPreset, 13> kCurrents{{
    {"SCT-006", "YHDC SCT-006, 20 A : 25 mA", 15, 10170, Amps{20}, 6, kSixChannels},
    {"SCT-013-030", "YHDC SCT-013-030, 30 A : 1 V, burden inside (cut JP1/JP2)", 1000.0 / 30, 0,
     Amps{30}, 13, "cut the board's burden off, or the reading is far too low"},
    {"SCT-013-050", "YHDC SCT-013-050, 50 A : 1 V, burden inside (cut JP1/JP2)", 20, 0, Amps{50},
     13, "cut the board's burden off, or the reading is far too low"},
    {"SCT-013-000", "YHDC SCT-013-000, 100 A : 50 mA", 6, 25498, Amps{100}, 13, kSixChannels},
    {"SCT-010", "YHDC SCT-010, 80 A : 26.6 mA", 4, 39571, Amps{80}, 10, kSixChannels},
    {"SCT-016", "YHDC SCT-016, 120 A : 40 mA", 4, 39473, Amps{120}, 16, kSixChannels},
    {"SCT-024-100mA", "YHDC SCT-024, 200 A : 100 mA", 6, 26315, Amps{200}, 24, kSixChannels},
    {"SCT-024-50mA", "YHDC SCT-024, 200 A : 50 mA", 3, 52630, Amps{200}, 24,
     "the smaller output of two that are sold under one name: read the label"},
    {"SCT-0750-100", "Magnelab SCT-0750-100, 100 A : 0.333 V, burden inside (cut JP1/JP2)", 3.33,
     46539, Amps{100}, 19, "cut the board's burden off"},
    {"60A", "a service of 60 A: SCT-013-000", 6, 25498, Amps{60}, 13, kSixChannels},
    {"100A", "a service of 100 A: SCT-013-000 at pga 1", 6, 25498, Amps{100}, 13,
     "a conductor thicker than 13 mm needs an SCT-016 or SCT-024"},
    {"120A", "a service of 120 A: SCT-016", 4, 39473, Amps{120}, 16, kSixChannels},
    {"200A", "a service of 200 A: SCT-024, 200 A : 100 mA", 6, 26315, Amps{200}, 24,
     "beyond 120 A the input clips even at pga 1; where a house draws that, take the 50 mA type"},
}};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

template <class Preset>
Result<Preset> find(std::span<const Preset> presets, std::string_view name, const char* kind) {
  const auto found = std::ranges::find_if(
      presets, [&](const Preset& preset) { return lower(preset.name) == lower(name); });
  if (found != presets.end()) return *found;
  std::string all;
  for (const Preset& preset : presets) {
    all += fmt::format("{}{}", all.empty() ? "" : ", ", preset.name);
  }
  return fail(Code::invalid, fmt::format("no {} \"{}\"; there are {}", kind, name, all));
}

}  // namespace

std::span<const VoltagePreset> voltage_presets() { return kVoltages; }
std::span<const CurrentPreset> current_presets() { return kCurrents; }

Result<VoltagePreset> voltage_preset(std::string_view name) {
  return find(voltage_presets(), name, "adapter");
}

Result<CurrentPreset> current_preset(std::string_view name) {
  return find(current_presets(), name, "transformer");
}

Result<CurrentSetting> setting_of(const CurrentPreset& preset, int pga) {
  if (pga != 1 && pga != 2 && pga != 4) {
    return fail(Code::invalid, fmt::format("pga is {}; it can be 1, 2 or 4", pga));
  }
  const double rule = kUnitCurrent / (pga * preset.mv_per_amp);
  const double table = preset.gain_pga2 * 2.0 / pga;
  const bool fits = table > 0 && table < rule * kTableShare && table > rule / kTableShare;
  const double wanted = fits ? table : rule;
  const Amps clips_at{kMostMillivolts / pga / preset.mv_per_amp};
  // The chip's amperes end at 65.5, and the gain at 65535.
  std::int32_t scale = scale_for(std::min(clips_at, preset.rated));
  while (wanted / scale > 65535) scale *= 2;
  return CurrentSetting{static_cast<std::uint16_t>(std::llround(wanted / scale)), scale * 1000,
                        clips_at};
}

int pga_for(const CurrentPreset& preset, Amps service) {
  for (const int pga : {4, 2}) {
    if (kMostMillivolts / pga / preset.mv_per_amp >= service.value) return pga;
  }
  return 1;
}

}  // namespace fithome::calibrate
