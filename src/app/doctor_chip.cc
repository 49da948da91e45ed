// SPDX-License-Identifier: MIT
//
// Checks of the chip and of what it measures.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "app/doctor_checks.h"
#include "calibrate/diagnosis.h"
#include "chip/wire.h"

namespace fithome::app {
namespace {

using calibrate::Certainty;
using calibrate::Trouble;
using Findings = std::vector<Finding>;

constexpr std::array kMaps{static_cast<chip::Word>(0x0210), static_cast<chip::Word>(0x0654)};

bool was_asked(const Examined& of) {
  return of.seen && !of.seen->not_opened && !of.seen->not_asked;
}

bool answers(const Examined& of) {
  return was_asked(of) && std::ranges::equal(std::span(of.seen->presence).first(2), kMaps);
}

Findings presence(const Scene&, const Examined& of) {
  if (!of.seen || of.seen->not_opened) return {};
  if (of.seen->not_asked) return {from_error(Grade::bad, *of.seen->not_asked)};
  const std::span words(of.seen->presence);
  const std::string got = fmt::format("0x{:04X} and 0x{:04X} in place of 0x0210 and 0x0654",
                                      raw(words[0]), raw(words[1]));
  bool steady = true;
  for (std::size_t n = 0; n < words.size(); ++n) steady = steady && words[n] == words[n % 2];
  if (!steady) {
    return {bad("the chip's answers change from one time to the next",
                "shorten the wires, check GND, and try speed_hz = 200000 in [[meter]]")};
  }
  switch (chip::judge(kMaps, words.first(2))) {
    case chip::Wire::good:
      return {good("the energy chip answers")};
    case chip::Wire::all_high:
      return {bad("no energy chip answers: every bit reads 1",
                  "check the CS wire and which chip select the device is (spidev0.0 is CE0, "
                  "spidev0.1 CE1), then that the board's PM pins and reset are as delivered")};
    case chip::Wire::all_low:
      return {bad("no energy chip answers: every bit reads 0",
                  "check the board's power (is its voltage adapter plugged in?), GND and the MISO "
                  "wire")};
    case chip::Wire::shifted:
      return {bad(fmt::format("answers are shifted by a bit: {}", got),
                  "the wrong SPI mode or too fast a clock: nothing else may set the device's mode; "
                  "try speed_hz = 200000 in [[meter]]")};
    case chip::Wire::other:
      break;
  }
  return {bad(fmt::format("something answers that is no ATM90E32AS: {}", got),
              "check which chip select is wired and what else hangs on this SPI port")};
}

Findings writing(const Scene&, const Examined& of) {
  if (!answers(of) || of.seen->by_daemon) return {};
  if (of.seen->not_written) return {from_error(Grade::bad, *of.seen->not_written)};
  return {good("what is written reads back the same")};
}

Findings settings(const Scene&, const Examined& of) {
  if (!answers(of)) return {};
  if (of.seen->not_started) return {from_error(Grade::bad, *of.seen->not_started)};
  if (of.seen->state.size() < 3) return {};
  const auto& state = of.seen->state;
  if ((raw(state[2]) & 3) != 0) {
    return {bad("the chip finds its own settings damaged (CRC)",
                "restart fithome, which configures it anew; if it comes back, check the supply")};
  }
  if (raw(state[0]) == 0 || raw(state[1]) != 0) {
    return {bad(raw(state[0]) == 0 ? "the chip counts no energy: it was reset"
                                   : "the chip was left unlocked",
                "restart fithome, which configures it anew")};
  }
  return {good("configured, counting, and intact by the chip's own CRC")};
}

Finding of_trouble(const calibrate::Finding& found) {
  const Grade grade = found.certainty == Certainty::certain ? Grade::bad : Grade::doubtful;
  return {.grade = grade, .what = found.what, .remedy = found.remedy};
}

// What the samples show to be wrong, of these kinds.
Findings troubles(const Examined& of, std::initializer_list<Trouble> kinds) {
  if (!of.seen || of.seen->samples.empty()) return {};
  calibrate::Evidence evidence;
  evidence.samples = of.seen->samples;
  evidence.config = of.seen->config;
  evidence.rules = of.seen->rules.value_or(of.config.rules);
  evidence.u_angle_c = of.seen->u_angle_c;
  Findings found;
  for (const auto& each : calibrate::diagnose(evidence).findings) {
    if (std::ranges::find(kinds, each.trouble) != kinds.end()) found.push_back(of_trouble(each));
  }
  return found;
}

std::string of_lines(const Examined& of, std::string (*text)(const chip::LineSample&)) {
  std::string all;
  const auto& lines = of.seen->samples.back().lines;
  for (std::size_t n = 0; n < lines.size(); ++n) {
    if (!lines[n]) continue;
    all += fmt::format("{}{} {}", all.empty() ? "" : ", ", chip::line_letter(n), text(*lines[n]));
  }
  return all;
}

// A chip whose voltage no house has gives no samples; its registers tell why.
Findings voltage_registers(const Examined& of) {
  const MeterSeen& meter = *of.seen;
  Findings found;
  for (std::size_t line = 0; line < meter.volts.size(); ++line) {
    if (!meter.volts[line]) continue;
    const auto trouble =
        calibrate::judge_voltage(*meter.volts[line], meter.config.lines[line].voltage_gain,
                                 meter.config.nominal, static_cast<int>(line));
    if (trouble) found.push_back(of_trouble(*trouble));
  }
  return found;
}

Findings samples(const Scene&, const Examined& of) {
  if (!answers(of) || of.seen->not_started) return {};
  const MeterSeen& meter = *of.seen;
  if (!meter.samples.empty()) {
    return {good(fmt::format("{} full measurement{}", meter.samples.size(),
                             meter.samples.size() == 1 ? "" : "s"))};
  }
  const Findings voltage = voltage_registers(of);
  if (!voltage.empty()) return {};
  return {bad(meter.missed.empty() ? "no measurement came" : meter.missed,
              "see fithome status and the log: journalctl -u fithome")};
}

Findings voltage(const Scene&, const Examined& of) {
  if (!answers(of) || of.seen->not_started) return {};
  if (of.seen->samples.empty()) return voltage_registers(of);
  Findings found = troubles(of, {Trouble::wrong_revision, Trouble::voltage_gain_off,
                                 Trouble::adapter_missing, Trouble::adapter_in_phase});
  if (!found.empty()) return found;
  return {good(fmt::format(
      "{}; {:.0f} V are usual",
      of_lines(of,
               [](const chip::LineSample& line) { return fmt::format("{:.1f} V", line.u.value); }),
      of.seen->config.nominal.value))};
}

Findings frequency(const Scene&, const Examined& of) {
  if (!answers(of) || of.seen->samples.empty()) return {};
  Findings found = troubles(of, {Trouble::wrong_frequency});
  if (!found.empty()) return found;
  const double f = of.seen->samples.back().f.value;
  if (f == 0) return {};  // there is no voltage, and that was said
  const double usual = of.seen->config.grid == chip::Grid::hz60 ? 60 : 50;
  // A grid keeps to 0.2 Hz, an island or a generator does not; the chip counts by its own crystal.
  if (std::abs(f - usual) > 0.4) {
    return {doubtful(fmt::format("{:.2f} Hz, where {:.0f} Hz are usual", f, usual),
                     "on a generator or inverter that is normal; on the grid, the crystal of the "
                     "board is off")};
  }
  return {good(fmt::format("{:.2f} Hz, so the chip's clock is right within {:.1f} %", f,
                           std::max(0.4, std::abs(f - usual) + 0.2) / usual * 100))};
}

Findings transformers(const Scene&, const Examined& of) {
  if (!answers(of) || of.seen->samples.empty()) return {};
  Findings found =
      troubles(of, {Trouble::reversed_ct, Trouble::swapped_cts, Trouble::wrong_leg,
                    Trouble::unplugged_ct, Trouble::wrong_pga, Trouble::current_gain_off});
  if (!found.empty()) return found;
  const std::string now = of_lines(of, [](const chip::LineSample& line) {
    return fmt::format("{:.2f} A {:.0f} W", line.i.value, line.p.value);
  });
  return {good(now + "; nothing speaks against them")};
}

Findings clipping(const Scene&, const Examined& of) {
  if (!answers(of) || of.seen->samples.empty()) return {};
  Findings found = troubles(of, {Trouble::clipping});
  if (!found.empty()) return found;
  return {good("no wave's top is cut off")};
}

constexpr std::array kChipChecks{
    MeterCheck{"chip", presence, true},
    MeterCheck{"writing", writing},
    MeterCheck{"settings", settings, true},
    MeterCheck{"samples", samples, true},
    MeterCheck{"voltage", voltage, true},
    MeterCheck{"frequency", frequency, true},
    MeterCheck{"transformers", transformers, true},
    MeterCheck{"clipping", clipping, true},
};

}  // namespace

std::span<const MeterCheck> chip_checks() { return kChipChecks; }

}  // namespace fithome::app
