// SPDX-License-Identifier: MIT
#include "chip/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <span>

#include "chip/decode.h"

namespace fithome::chip {
namespace {

// Of nominal, as common voltage relays have it (78 % and 122 % are also ESPHome's).
constexpr double kSag = 0.78;
constexpr double kSwell = 1.22;
constexpr double kLoss = 0.10;
constexpr std::uint16_t kUnityGain = 0x8000;
constexpr double kThresholdMost = 65535 * kPowerWeight;  // 20.97 W

Word signed_word(std::int16_t value) {
  return static_cast<Word>(static_cast<std::uint16_t>(value));
}

Word power_threshold(Watts threshold) {
  return word(static_cast<int>(std::lround(threshold.value / kPowerWeight)));
}

Failure refuse(std::string what) { return fail(Code::invalid, "chip: " + std::move(what)); }

/// Fills in the settings from the front; kSettings says how many there must be.
class Writer {
 public:
  explicit Writer(Settings& settings) : rest_(settings) {}
  void put(Reg reg, Word value) {
    FITHOME_CHECK(!rest_.empty(), "kSettings is too small");
    rest_.front() = {.reg = reg, .value = value};
    rest_ = rest_.subspan(1);
  }
  bool full() const { return rest_.empty(); }

 private:
  std::span<Setting> rest_;
};

std::uint16_t largest_gain(const ChipConfig& config, std::uint16_t LineConfig::* gain) {
  const auto used = lines_of(config.wiring);
  std::uint16_t largest = 1;
  for (std::size_t n = 0; n < used.size(); ++n) {
    if (used[n]) largest = std::max(largest, config.lines[n].*gain);
  }
  return largest;
}

// One threshold register serves all lines; it is worked out for the largest gain in use.
void put_thresholds(Writer& out, const ChipConfig& config) {
  const double volt = config.nominal.value * 100;
  const std::uint16_t u_gain = largest_gain(config, &LineConfig::voltage_gain);
  const std::uint16_t i_gain = largest_gain(config, &LineConfig::current_gain);
  out.put(Reg::OVth, peak_threshold(volt * kSwell, u_gain));
  out.put(Reg::SagTh, peak_threshold(volt * kSag, u_gain));
  out.put(Reg::PhaseLossTh, peak_threshold(volt * kLoss, u_gain));
  out.put(Reg::OIth, peak_threshold(config.over_current.value * 1000, i_gain));
  const bool hz60 = config.grid == Grid::hz60;
  out.put(Reg::FreqLoTh, word(hz60 ? 5700 : 4700));
  out.put(Reg::FreqHiTh, word(hz60 ? 6300 : 5300));
  out.put(Reg::InWarnTh, word(0xFFFF));  // the neutral means nothing with one voltage adapter
}

void put_metering(Writer& out, const ChipConfig& config) {
  out.put(Reg::PLconstH, word(0x0861));  // 140 625 000: 3200 pulses per kWh
  out.put(Reg::PLconstL, word(0xC468));
  out.put(Reg::MMode0, metering_mode(config.grid, config.wiring));
  out.put(Reg::MMode1, word(config.pga == 1 ? 0x00 : config.pga == 2 ? 0x15 : 0x2A));
  for (const Reg reg : {Reg::PStartTh, Reg::QStartTh, Reg::SStartTh}) {
    out.put(reg, power_threshold(config.start_threshold));
  }
  for (const Reg reg : {Reg::PPhaseTh, Reg::QPhaseTh, Reg::SPhaseTh}) {
    out.put(reg, power_threshold(config.line_threshold));
  }
}

/// A line not in use keeps its voltage gain and is silenced by a current gain of 0.
LineConfig unused_line() {
  LineConfig line;
  line.voltage_gain = kUnityGain;
  line.current_gain = 0;
  return line;
}

void put_lines(Writer& out, const std::array<LineConfig, kLines>& lines) {
  const auto each = [&](auto&& put) {
    for (int n = 0; n < kLines; ++n) put(n, lines[static_cast<std::size_t>(n)]);
  };
  each([&](int n, const LineConfig& line) {
    out.put(on_line(Reg::PoffsetA, n, 2), signed_word(line.active_offset));
    out.put(on_line(Reg::QoffsetA, n, 2), signed_word(line.reactive_offset));
  });
  each([&](int n, const LineConfig&) { out.put(on_line(Reg::PoffsetAF, n), word(0)); });
  each([&](int n, const LineConfig& line) {
    out.put(on_line(Reg::PQGainA, n, 2), signed_word(line.power_gain));
    out.put(on_line(Reg::PhiA, n, 2), phase_delay(line.phase_delay));
  });
  each([&](int n, const LineConfig&) { out.put(on_line(Reg::PGainAF, n), word(0)); });
  each([&](int n, const LineConfig& line) {
    out.put(on_line(Reg::UgainA, n, 4), word(int{line.voltage_gain}));
    out.put(on_line(Reg::IgainA, n, 4), word(int{line.current_gain}));
    out.put(on_line(Reg::UoffsetA, n, 4), signed_word(line.voltage_offset));
    out.put(on_line(Reg::IoffsetA, n, 4), signed_word(line.current_offset));
  });
}

}  // namespace

Result<void> validate(const ChipConfig& config) {
  if (config.pga != 1 && config.pga != 2 && config.pga != 4) {
    return refuse(fmt::format("pga is {}; it can be 1, 2 or 4", config.pga));
  }
  // Written so that a value that is no number is refused too.
  if (!(config.nominal >= Volts{50} && config.nominal <= Volts{500})) {
    return refuse(fmt::format("nominal voltage is {}; 50 to 500 V", config.nominal.value));
  }
  if (!(config.over_current > Amps{0} && config.over_current <= Amps{1000})) {
    return refuse(fmt::format("over-current is {}; 0 to 1000 A", config.over_current.value));
  }
  for (const Watts threshold : {config.start_threshold, config.line_threshold}) {
    if (!(threshold >= Watts{0} && threshold <= Watts{kThresholdMost})) {
      return refuse(fmt::format("an energy threshold is {}; 0 to 20.97 W", threshold.value));
    }
  }
  const auto used = lines_of(config.wiring);
  for (std::size_t n = 0; n < used.size(); ++n) {
    const LineConfig& line = config.lines[n];
    const char letter = line_letter(n);
    if (used[n] && (line.voltage_gain == 0 || line.current_gain == 0)) {
      return refuse(fmt::format("a gain of line {} is 0; 1 to 65535", letter));
    }
    if (used[n] && std::abs(line.phase_delay) > 255) {
      return refuse(fmt::format("phase delay of line {} is {}; -255 to 255 cycles", letter,
                                line.phase_delay));
    }
  }
  return {};
}

Result<Settings> settings_for(const ChipConfig& config) {
  FITHOME_TRY_VOID(validate(config));
  Settings settings{};
  Writer out(settings);
  out.put(Reg::MeterEn, word(1));
  out.put(Reg::SagPeakDetCfg, word(0xFF3F));  // peaks over 255 ms, sag over 63 ms
  put_thresholds(out, config);
  out.put(Reg::ZXConfig, word(1));  // zero-crossing pins off
  put_metering(out, config);
  auto lines = config.lines;
  const auto used = lines_of(config.wiring);
  for (std::size_t n = 0; n < used.size(); ++n) {
    if (!used[n]) lines[n] = unused_line();
  }
  put_lines(out, lines);
  out.put(Reg::EMMIntEn0, word(0));  // interrupt pins are not wired
  out.put(Reg::EMMIntEn1, word(0));
  FITHOME_CHECK(out.full(), "kSettings is too large");
  return settings;
}

Word metering_mode(Grid grid, Wiring wiring) {
  const int hz60 = grid == Grid::hz60 ? 0x1000 : 0;
  switch (wiring) {
    case Wiring::split_phase:
      return word(hz60 | 0x0185);
    case Wiring::three_phase:
      return word(hz60 | 0x0087);
    case Wiring::single_phase:
      break;
  }
  return word(hz60 | 0x0084);
}

Word peak_threshold(double rms_counts, std::uint16_t gain) {
  const double threshold = rms_counts * std::numbers::sqrt2 * 16384 / gain;
  return word(static_cast<int>(std::lround(std::clamp(threshold, 0.0, 65535.0))));
}

Word phase_delay(std::int16_t cycles) {
  const int magnitude = std::min(std::abs(int{cycles}), 255);
  return word(cycles < 0 ? 0x8000 | magnitude : magnitude);
}

}  // namespace fithome::chip
