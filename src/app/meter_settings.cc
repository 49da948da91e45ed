// SPDX-License-Identifier: MIT
#include "app/meter_settings.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "chip/settings.h"

namespace fithome::app {
namespace {

using Ordered = nlohmann::ordered_json;

constexpr std::array<const char*, chip::kLines> kNames{"a", "b", "c"};

// Each setting of a line once, for writing, reading and telling apart.
template <class Line, class Use>
void each_setting(Line& line, Use use) {
  use("voltage_gain", line.voltage_gain);
  use("current_gain", line.current_gain);
  use("voltage_offset", line.voltage_offset);
  use("current_offset", line.current_offset);
  use("active_offset", line.active_offset);
  use("reactive_offset", line.reactive_offset);
  use("power_gain", line.power_gain);
  use("phase_delay", line.phase_delay);
}

template <class T>
void take(const nlohmann::json& from, const char* name, T& to, std::string& wrong) {
  const auto found = from.find(name);
  if (found == from.end()) return;
  if (!found->is_number_integer() || found->get<std::int64_t>() < std::numeric_limits<T>::min() ||
      found->get<std::int64_t>() > std::numeric_limits<T>::max()) {
    wrong = name;
    return;
  }
  to = static_cast<T>(found->get<std::int64_t>());
}

std::string take_line(const nlohmann::json& from, chip::LineConfig& line, reading::LineRule& rule) {
  std::string wrong;
  each_setting(line, [&](const char* name, auto& value) { take(from, name, value, wrong); });
  if (const auto found = from.find("reversed"); found != from.end()) {
    if (found->is_boolean()) {
      rule.reversed = found->get<bool>();
    } else {
      wrong = "reversed";
    }
  }
  if (const auto found = from.find("current_scale"); found != from.end()) {
    const bool good = found->is_number() && *found >= 0.001 && *found <= 100;
    if (good) {
      rule.scale_per_mille = static_cast<std::int32_t>(std::lround(found->get<double>() * 1000));
    } else {
      wrong = "current_scale";
    }
  }
  return wrong;
}

Result<MeterSettings> understand(const nlohmann::json& json, MeterSettings settings) {
  std::string wrong;
  take(json, "pga", settings.chip.pga, wrong);
  const auto lines = json.find("lines");
  if (lines == json.end() || !lines->is_object()) return fail(Code::corrupt, "no lines");
  for (std::size_t n = 0; n < kNames.size(); ++n) {
    const auto line = lines->find(kNames[n]);
    if (line == lines->end()) continue;
    if (!line->is_object()) return fail(Code::corrupt, "a line that is none");
    const std::string of_line = take_line(*line, settings.chip.lines[n], settings.rules[n]);
    if (!of_line.empty()) wrong = fmt::format("{} of line {}", of_line, kNames[n]);
  }
  if (!wrong.empty()) return fail(Code::invalid, wrong + " is no value it can have");
  FITHOME_TRY_VOID(chip::validate(settings.chip));
  return settings;
}

store::Calibration configuration_record(const MeterSettings& before, const MeterSettings& after,
                                        UtcTime now) {
  store::Calibration record;
  record.time = now;
  record.kind = "configuration";
  record.before = to_json(before);
  record.after = record.configured = to_json(after);
  return record;
}

}  // namespace

MeterSettings settings_of(const MeterConfig& meter) { return {meter.chip, meter.rules}; }

std::string to_json(const MeterSettings& settings) {
  Ordered json{{"pga", settings.chip.pga}, {"lines", Ordered::object()}};
  const auto used = chip::lines_of(settings.chip.wiring);
  for (std::size_t n = 0; n < kNames.size(); ++n) {
    if (!used[n]) continue;
    Ordered& line = json["lines"][kNames[n]];
    each_setting(settings.chip.lines[n],
                 [&](const char* name, const auto& value) { line[name] = value; });
    line["reversed"] = settings.rules[n].reversed;
    line["current_scale"] = settings.rules[n].scale_per_mille / 1000.0;
  }
  return json.dump();
}

Result<MeterSettings> from_json(std::string_view text, const MeterSettings& base) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return fail(Code::corrupt, "settings that are no JSON object");
  return understand(json, base);
}

Effective effective(const MeterSettings& configured, const store::Calibration* newest,
                    UtcTime now) {
  Effective of{
      .configured = configured, .settings = configured, .earlier = {}, .record = {}, .event = {}};
  if (newest == nullptr) {
    of.record = configuration_record(configured, configured, now);
    return of;
  }
  const auto calibrated = from_json(newest->after, configured);
  if (calibrated && newest->configured == to_json(configured)) {
    of.settings = *calibrated;
    return of;
  }
  if (calibrated) of.earlier = *calibrated;
  of.record = configuration_record(calibrated ? *calibrated : configured, configured, now);
  of.event = store::Event{
      .kind = "calibration",
      .begin = now,
      .end = now,
      .cause = fmt::format(
          "the configuration's settings hold from now on, in place of number {}: {}", newest->id,
          calibrated ? "they were changed since (" + difference_text(*calibrated, configured) + ")"
                     : calibrated.error().what)};
  return of;
}

std::string difference_text(const MeterSettings& before, const MeterSettings& after) {
  std::string text;
  const auto note = [&](std::string_view what, auto was, auto is) {
    if (was == is) return;
    text += fmt::format("{}{} {} -> {}", text.empty() ? "" : ", ", what, was, is);
  };
  note("pga", before.chip.pga, after.chip.pga);
  const auto used = chip::lines_of(after.chip.wiring);
  for (std::size_t n = 0; n < kNames.size(); ++n) {
    if (!used[n]) continue;
    std::vector<int> was;
    each_setting(before.chip.lines[n],
                 [&](const char*, const auto& value) { was.push_back(value); });
    std::size_t at = 0;
    each_setting(after.chip.lines[n], [&](const char* name, const auto& value) {
      note(fmt::format("line {}: {}", kNames[n], name), was[at++], int{value});
    });
    note(fmt::format("line {}: reversed", kNames[n]), before.rules[n].reversed,
         after.rules[n].reversed);
    note(fmt::format("line {}: current_scale", kNames[n]), before.rules[n].scale_per_mille / 1000.0,
         after.rules[n].scale_per_mille / 1000.0);
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace fithome::app
