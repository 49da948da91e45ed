// SPDX-License-Identifier: MIT
#include "app/config_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "app/config_keys_out.h"
#include "app/config_values.h"
#include "base/time.h"

namespace fithome::app {
namespace {

using std::chrono::milliseconds;

struct TimeBounds {
  milliseconds least, most;
  std::string takes;  // "seconds from 0.25 to 10, or text such as \"500ms\""
};

// A number is in seconds; text says its unit.
Result<milliseconds> time_of(const Value& value, std::string_view takes) {
  constexpr double kTooLong = 1e9;
  if (const auto seconds = as_number(value); seconds && std::abs(*seconds) < kTooLong) {
    return milliseconds(std::llround(*seconds * 1000));
  }
  const auto text = as_text(value);
  if (!text) return refuse(value, takes);
  const auto time = parse_duration(*text);
  if (!time) return refuse(value, takes);
  return *time;
}

Result<void> check(milliseconds time, const TimeBounds& bounds) {
  if (time >= bounds.least && time <= bounds.most) return {};
  const milliseconds thousandth = time / 1000;
  const bool meant_ms =
      bounds.least.count() > 0 && thousandth >= bounds.least && thousandth <= bounds.most;
  return fail(
      Code::invalid,
      fmt::format("{} s is out of range; takes {}{}", static_cast<double>(time.count()) / 1000,
                  bounds.takes,
                  meant_ms ? fmt::format("; did you mean \"{}ms\"?", time.count() / 1000) : ""));
}

Key time_key(const About& about, const TimeBounds& bounds, Member<milliseconds> member) {
  return {about.path,
          about.variable,
          bounds.takes,
          about.meaning,
          [=](Config& config, const Value& value) -> Result<void> {
            FITHOME_TRY(const milliseconds time, time_of(value, bounds.takes));
            FITHOME_TRY_VOID(check(time, bounds));
            member(config) = time;
            return {};
          },
          [=](const Config& config) {
            Config copy = config;
            return fmt::format("{}", static_cast<double>(member(copy).count()) / 1000);
          }};
}

void add_house_keys(std::vector<Key>& keys) {
  const Member<std::string> site = [](Config& c) -> std::string& { return c.site; };
  const Member<std::string> green = [](Config& c) -> std::string& { return c.leds.green; };
  const Member<std::string> red = [](Config& c) -> std::string& { return c.leds.red; };

  keys.push_back(text_key(
      {"data", "FITHOME_DATA", "directory that keeps the readings"}, "/var/lib/fithome",
      [](Config& c, std::string text) -> Result<void> {
        if (text.empty()) return fail(Code::invalid, "must not be empty; name a directory");
        c.data = std::move(text);
        return {};
      },
      [](const Config& c) { return c.data.string(); }));
  keys.push_back(text_key(
      {"listen", "FITHOME_LISTEN", "address of the page and the API"}, "127.0.0.1:8080",
      [](Config& c, std::string text) -> Result<void> {
        FITHOME_TRY(c.listen, parse_listen(text));
        return {};
      },
      [](const Config& c) { return to_text(c.listen); }));
  // 4 Hz at most: an update of the chip takes 16 cycles of the mains.
  keys.push_back(time_key({"interval", "FITHOME_INTERVAL", "time between two readings"},
                          {milliseconds(250), milliseconds(10'000),
                           "seconds from 0.25 to 10, or text such as \"500ms\""},
                          [](Config& c) -> milliseconds& { return c.interval; }));
  keys.push_back(time_key({"sync_interval", "FITHOME_SYNC_INTERVAL",
                           "the most that a power cut may take; rarer writing spares the card"},
                          {milliseconds(0), milliseconds(600'000),
                           "seconds from 0 (every reading) to 600, or text such as \"1m\""},
                          [](Config& c) -> milliseconds& { return c.sync_interval; }));
  keys.push_back(text_key(
      {"keep_readings", "FITHOME_KEEP_READINGS",
       "how long each reading is kept; what minutes, hours and days come to is kept for ever"},
      "forever",
      [](Config& c, std::string text) -> Result<void> {
        FITHOME_TRY(c.keep_readings, parse_keeping(text));
        return {};
      },
      [](const Config& c) { return keeping_text(c.keep_readings); }));
  keys.push_back(choice_key<Severity>({"log_level", "FITHOME_LOG_LEVEL", "how much is logged"},
                                      {{"error", Severity::error},
                                       {"warning", Severity::warning},
                                       {"notice", Severity::notice},
                                       {"info", Severity::info},
                                       {"debug", Severity::debug}},
                                      false, [](Config& c) -> Severity& { return c.log_level; }));
  const Member<std::string> house = [](Config& c) -> std::string& { return c.house; };
  keys.push_back(text_key({"house", "", "which meters and lines add up to the house"},
                          "mains + solar", any_text(house), reader_of(house)));
  keys.push_back(text_key({"site.name", "FITHOME_SITE", "name of the house, for the page"}, "home",
                          not_empty(site), reader_of(site)));
  keys.push_back(text_key({"leds.green", "FITHOME_LED_GREEN", "blinks at every stored reading"},
                          "ACT", any_text(green), reader_of(green)));
  keys.push_back(text_key({"leds.red", "FITHOME_LED_RED", "lit while something is wrong"}, "PWR",
                          any_text(red), reader_of(red)));
  keys.push_back(text_key(
      {"leds.path", "FITHOME_LED_PATH", "directory of the LEDs"}, "/sys/class/leds",
      [](Config& c, std::string text) -> Result<void> {
        c.leds.folder = std::move(text);
        return {};
      },
      [](const Config& c) { return c.leds.folder.string(); }));
}

Choices<chip::Wiring> wirings() {
  Choices<chip::Wiring> all;
  for (const auto wiring :
       {chip::Wiring::split_phase, chip::Wiring::three_phase, chip::Wiring::single_phase}) {
    all.emplace_back(wiring_name(wiring), wiring);
  }
  return all;
}

void add_meter_keys(std::vector<Key>& keys) {
  const Member<std::string> name = [](Config& c) -> std::string& { return c.meter().name; };
  const Member<std::string> formerly = [](Config& c) -> std::string& { return c.meter().formerly; };
  const Member<std::string> device = [](Config& c) -> std::string& { return c.meter().device; };

  keys.push_back(text_key({"meter.name", "FITHOME_METER", "name of the meter"}, "mains",
                          not_empty(name), reader_of(name)));
  keys.push_back(text_key({"meter.formerly", "", "name that it had until now, to be renamed"},
                          "mains", any_text(formerly), reader_of(formerly)));
  keys.push_back(text_key({"meter.device", "FITHOME_DEVICE", "SPI device of the chip"},
                          "/dev/spidev0.0", not_empty(device), reader_of(device)));
  // The chip takes at most 1.1 Mbit/s.
  keys.push_back(whole_key<std::uint32_t>(
      {"meter.speed_hz", "FITHOME_SPEED_HZ", "SPI clock"}, {10'000, 1'100'000, "hertz"},
      [](Config& c) -> std::uint32_t& { return c.meter().speed_hz; }));
  keys.push_back(choice_key<chip::Wiring>(
      {"meter.wiring", "FITHOME_WIRING", "which lines are measured"}, wirings(), false,
      [](Config& c) -> chip::Wiring& { return c.meter().chip.wiring; }));
  keys.push_back(
      choice_key<chip::Grid>({"meter.grid", "FITHOME_GRID", "mains frequency in hertz"},
                             {{"50", chip::Grid::hz50}, {"60", chip::Grid::hz60}}, true,
                             [](Config& c) -> chip::Grid& { return c.meter().chip.grid; }));
  keys.push_back(choice_key<int>(
      {"meter.pga", "FITHOME_PGA", "amplification of the current inputs"},
      {{"1", 1}, {"2", 2}, {"4", 4}}, true, [](Config& c) -> int& { return c.meter().chip.pga; }));
  keys.push_back(number_key(
      {"meter.nominal_v", "FITHOME_NOMINAL_V", "voltage of a line when all is well"},
      {80, 300, "volts"}, [](Config& c, double v) { c.meter().chip.nominal = Volts{v}; },
      [](const Config& c) { return c.meter().chip.nominal.value; }));
  keys.push_back(number_key(
      {"meter.over_current_a", "FITHOME_OVER_CURRENT_A", "current that is too much"},
      {1, 1000, "amperes"}, [](Config& c, double a) { c.meter().chip.over_current = Amps{a}; },
      [](const Config& c) { return c.meter().chip.over_current.value; }));
  keys.push_back(number_key(
      {"meter.start_w", "FITHOME_START_W", "below this the house counts no energy"},
      {0, 20, "watts"}, [](Config& c, double w) { c.meter().chip.start_threshold = Watts{w}; },
      [](const Config& c) { return c.meter().chip.start_threshold.value; }));
  keys.push_back(number_key(
      {"meter.line_start_w", "FITHOME_LINE_START_W", "below this a line counts no energy"},
      {0, 20, "watts"}, [](Config& c, double w) { c.meter().chip.line_threshold = Watts{w}; },
      [](const Config& c) { return c.meter().chip.line_threshold.value; }));
}

using Offset = std::int16_t chip::LineConfig::*;

void add_offset_keys(std::vector<Key>& keys, std::size_t line, const std::string& table) {
  struct Row {
    const char* name;
    Offset member;
    double least, most;
    const char* meaning;
  };
  constexpr Row kRows[] = {
      {"voltage_offset", &chip::LineConfig::voltage_offset, -32768, 32767,
       "added to the voltage, 19.5 uV a count"},
      {"current_offset", &chip::LineConfig::current_offset, -32768, 32767,
       "added to the current, 1.953 uA a count"},
      {"active_offset", &chip::LineConfig::active_offset, -32768, 32767,
       "added to the active power, 0.00032 W a count"},
      {"reactive_offset", &chip::LineConfig::reactive_offset, -32768, 32767,
       "added to the reactive power, 0.00032 var a count"},
      {"power_gain", &chip::LineConfig::power_gain, -32768, 32767,
       "correction of the powers, 1/32768 a count"},
      {"phase_delay", &chip::LineConfig::phase_delay, -255, 255,
       "delay of the current, 0.488 us a count"},
  };
  for (const Row& row : kRows) {
    keys.push_back(whole_key<std::int16_t>({table + row.name, "", row.meaning},
                                           {row.least, row.most, ""},
                                           [member = row.member, line](Config& c) -> std::int16_t& {
                                             return c.meter().chip.lines[line].*member;
                                           }));
  }
}

void add_line_keys(std::vector<Key>& keys, std::size_t line) {
  const std::string table = fmt::format("meter.line.{}.", chip::line_letter(line));
  const Member<std::string> name = [line](Config& c) -> std::string& {
    return c.meter().line_names[line];
  };
  keys.push_back(text_key({table + "name", "", "what hangs on the line, for the page"}, "solar",
                          any_text(name), reader_of(name)));
  keys.push_back(whole_key<std::uint16_t>(
      {table + "voltage_gain", "", "calibration of the voltage"}, {1, 65535, ""},
      [line](Config& c) -> std::uint16_t& { return c.meter().chip.lines[line].voltage_gain; }));
  keys.push_back(whole_key<std::uint16_t>(
      {table + "current_gain", "", "calibration of the current, at the pga above"}, {1, 65535, ""},
      [line](Config& c) -> std::uint16_t& { return c.meter().chip.lines[line].current_gain; }));
  add_offset_keys(keys, line, table);
  keys.push_back(
      bool_key({table + "reversed", "", "the transformer is on backwards: turn the powers round"},
               [line](Config& c) -> bool& { return c.meter().rules[line].reversed; }));
  keys.push_back(number_key(
      {table + "current_scale", "", "factor of the current, for more than 65.5 A"},
      {0.001, 100, ""},
      [line](Config& c, double scale) {
        c.meter().rules[line].scale_per_mille =
            static_cast<std::int32_t>(std::lround(scale * 1000));
      },
      [line](const Config& c) { return c.meter().rules[line].scale_per_mille / 1000.0; }));
}

// The same key of another meter: that one stands in the first one's place while it is dealt with.
Key moved_to(std::size_t meter, Key key) {
  const auto set = std::move(key.set);
  const auto show = std::move(key.show);
  key.set = [=](Config& config, const Value& value) {
    std::swap(config.meters.front(), config.meters[meter]);
    auto done = set(config, value);
    std::swap(config.meters.front(), config.meters[meter]);
    return done;
  };
  key.show = [=](const Config& config) {
    Config copy = config;
    std::swap(copy.meters.front(), copy.meters[meter]);
    return show(copy);
  };
  key.variable.clear();
  key.meter = meter;
  return key;
}

}  // namespace

std::vector<Key> config_keys() {
  std::vector<Key> keys;
  add_house_keys(keys);
  add_export_keys(keys);
  add_mqtt_keys(keys);
  add_homeassistant_keys(keys);
  add_mongodb_keys(keys);
  std::ranges::move(config_keys_of(0), std::back_inserter(keys));
  return keys;
}

std::vector<Key> config_keys_of(std::size_t meter) {
  std::vector<Key> keys;
  add_meter_keys(keys);
  for (std::size_t line = 0; line < chip::kLines; ++line) add_line_keys(keys, line);
  if (meter == 0) return keys;
  std::ranges::transform(keys, keys.begin(),
                         [=](Key& key) { return moved_to(meter, std::move(key)); });
  return keys;
}

std::string origin_key(std::string_view path, std::size_t meter) {
  constexpr std::string_view kMeter = "meter";
  if (meter == 0 || !path.starts_with(kMeter)) return std::string(path);
  return fmt::format("meter {}{}", meter + 1, path.substr(kMeter.size()));
}

std::string origin_key(const Key& key) { return origin_key(key.path, key.meter); }

std::string_view wiring_name(chip::Wiring wiring) {
  switch (wiring) {
    case chip::Wiring::split_phase:
      return "split_phase";
    case chip::Wiring::three_phase:
      return "three_phase";
    case chip::Wiring::single_phase:
      return "single_phase";
  }
  return "unknown";
}

std::vector<std::string> config_tables() {
  return {"site",  "leds",       "export",       "mqtt",         "homeassistant", "mongodb",
          "meter", "meter.line", "meter.line.a", "meter.line.b", "meter.line.c"};
}

}  // namespace fithome::app
