// SPDX-License-Identifier: MIT
#include "app/config.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "app/config_keys.h"
#include "app/house_sum.h"

namespace fithome::app {
namespace {

Settings good(std::string_view text, const ConfigRequest& request = {}) {
  auto settings = parse_config(text, "house.toml", request);
  if (settings) return *std::move(settings);
  for (const Problem& problem : settings.error()) ADD_FAILURE() << to_text(problem);
  return {};
}

std::string errors(std::string_view text, const ConfigRequest& request = {}) {
  const auto settings = parse_config(text, "house.toml", request);
  if (settings) return "no error";
  std::string all;
  for (const Problem& problem : settings.error()) all += to_text(problem) + "\n";
  return all;
}

constexpr std::string_view kFull = R"(# a house in Leeds
data = "/srv/fithome"
listen = "0.0.0.0:80"
interval = 0.5
sync_interval = "1m"
log_level = "debug"
house = "main.kitchen"

[site]
name = "Höhenweg 3"

[leds]
green = "ACT"
red = "PWR"
path = "/run/leds"

[[meter]]
name = "main"
formerly = "mains"
device = "/dev/spidev1.0"
speed_hz = 1_000_000
wiring = "single_phase"
grid = 50
pga = 1
nominal_v = 235.5
over_current_a = 80
start_w = 1
line_start_w = 0.5

[meter.line.a]
name = "kitchen"
voltage_gain = 38990
current_gain = 0x8000
voltage_offset = -12
current_offset = 3
active_offset = -100
reactive_offset = 7
power_gain = 1638
phase_delay = -255
reversed = true
current_scale = 2.5
)";

TEST(Config, DefaultsSuitASplitPhaseHouseOfSixtyHertz) {
  const auto settings = load_config({"/dev/null", {}, {}});

  ASSERT_TRUE(settings);
  const Config& config = settings->config;
  EXPECT_EQ(config.listen, (Listen{"127.0.0.1", 8080}));
  EXPECT_EQ(config.interval, std::chrono::seconds(1));
  EXPECT_EQ(config.data, "/var/lib/fithome");
  EXPECT_EQ(config.meter().device, "/dev/spidev0.0");
  EXPECT_EQ(config.meter().chip.wiring, chip::Wiring::split_phase);
  EXPECT_EQ(config.meter().chip.grid, chip::Grid::hz60);
  EXPECT_EQ(config.meter().chip.nominal, Volts{120});
}

TEST(Config, TakesEveryKeyFromTheFile) {
  const Config config = good(kFull).config;

  EXPECT_EQ(config.data, "/srv/fithome");
  EXPECT_EQ(config.listen, (Listen{"0.0.0.0", 80}));
  EXPECT_EQ(config.interval, std::chrono::milliseconds(500));
  EXPECT_EQ(config.sync_interval, std::chrono::minutes(1));
  EXPECT_EQ(config.log_level, Severity::debug);
  EXPECT_EQ(config.site, "Höhenweg 3");
  EXPECT_EQ(config.leds.green, "ACT");
  EXPECT_EQ(config.leds.red, "PWR");
  EXPECT_EQ(config.leds.folder, "/run/leds");
  EXPECT_EQ(config.meter().name, "main");
  EXPECT_EQ(config.meter().device, "/dev/spidev1.0");
  EXPECT_EQ(config.meter().speed_hz, 1'000'000u);
  const chip::ChipConfig& chip = config.meter().chip;
  EXPECT_EQ(chip.wiring, chip::Wiring::single_phase);
  EXPECT_EQ(chip.grid, chip::Grid::hz50);
  EXPECT_EQ(chip.pga, 1);
  EXPECT_EQ(chip.nominal, Volts{235.5});
  EXPECT_EQ(chip.over_current, Amps{80});
  EXPECT_EQ(chip.start_threshold, Watts{1});
  EXPECT_EQ(chip.line_threshold, Watts{0.5});
  const chip::LineConfig& line = chip.lines[0];
  EXPECT_EQ(line.voltage_gain, 38990);
  EXPECT_EQ(line.current_gain, 0x8000);
  EXPECT_EQ(line.voltage_offset, -12);
  EXPECT_EQ(line.current_offset, 3);
  EXPECT_EQ(line.active_offset, -100);
  EXPECT_EQ(line.reactive_offset, 7);
  EXPECT_EQ(line.power_gain, 1638);
  EXPECT_EQ(line.phase_delay, -255);
  EXPECT_TRUE(config.meter().rules[0].reversed);
  EXPECT_EQ(config.meter().rules[0].scale_per_mille, 2500);
}

TEST(Config, HasNoKeyThatTheFullExampleForgets) {
  const Settings settings = good(kFull);

  for (const Key& key : config_keys()) {
    if (key.path.starts_with("meter.line.b") || key.path.starts_with("meter.line.c")) continue;
    EXPECT_TRUE(settings.origin.contains(key.path)) << key.path;
  }
}

TEST(Config, TakesAnIntervalAsSecondsOrAsTextWithAUnit) {
  EXPECT_EQ(good("interval = 10\n").config.interval, std::chrono::seconds(10));
  EXPECT_EQ(good("interval = 0.25\n").config.interval, std::chrono::milliseconds(250));
  EXPECT_EQ(good("interval = \"750ms\"\n").config.interval, std::chrono::milliseconds(750));
}

TEST(Config, ExpectsTwoHundredAndThirtyVoltsAtFiftyHertzUnlessTold) {
  EXPECT_EQ(good("[[meter]]\ngrid = 50\n").config.meter().chip.nominal, Volts{230});
  EXPECT_EQ(good("[[meter]]\ngrid = 50\nnominal_v = 100\n").config.meter().chip.nominal,
            Volts{100});
}

struct Wrong {
  std::string_view text;
  std::string_view message;
};

class ConfigError : public testing::TestWithParam<Wrong> {};

TEST_P(ConfigError, PointsAtThePlace) { EXPECT_EQ(errors(GetParam().text), GetParam().message); }

constexpr Wrong kWrong[] = {
    // Keys that are not there.
    {"intervall = 1\n",
     "house.toml:1:1: intervall: no such key; did you mean interval?\n"
     "  intervall = 1\n"
     "  ^\n"},
    {"[[meter]]\ngrid = 60\n\tdevise = \"x\"\n",
     "house.toml:3:2: devise: no such key; did you mean device?\n"
     "  \tdevise = \"x\"\n"
     "  \t^\n"},
    {"grid = 50\n",
     "house.toml:1:1: grid: no such key; it belongs below [[meter]]\n"
     "  grid = 50\n"
     "  ^\n"},
    {"[[meter]]\nlisten = \"127.0.0.1:80\"\n",
     "house.toml:2:1: listen: no such key; it belongs at the top of the file, above all [tables]\n"
     "  listen = \"127.0.0.1:80\"\n"
     "  ^\n"},
    {"[[meter]]\nvoltage_gain = 3920\n",
     "house.toml:2:1: voltage_gain: no such key; it belongs below [meter.line.a]\n"
     "  voltage_gain = 3920\n"
     "  ^\n"},
    {"[mqtt]\nbroker = \"x\"\n",
     "house.toml:1:2: mqtt: no such key; see docs/configuration.md\n"
     "  [mqtt]\n"
     "   ^\n"},
    {"[[meter]]\n[meter.line.d]\nvoltage_gain = 1\n",
     "house.toml:2:13: d: no such key; see docs/configuration.md\n"
     "  [meter.line.d]\n"
     "              ^\n"},
    // Wrong types.
    {"data = 7\n",
     "house.toml:1:8: data: takes text such as \"/var/lib/fithome\", not 7\n"
     "  data = 7\n"
     "         ^\n"},
    {"[[meter]]\nspeed_hz = \"500 kHz\"\n",
     "house.toml:2:12: speed_hz: takes a whole number from 10000 to 1100000 (hertz), not \"500 "
     "kHz\"\n"
     "  speed_hz = \"500 kHz\"\n"
     "             ^\n"},
    {"[[meter]]\n[meter.line.a]\nreversed = 1\n",
     "house.toml:3:12: reversed: takes true or false, not 1\n"
     "  reversed = 1\n"
     "             ^\n"},
    {"listen = [\"127.0.0.1\", 80]\n",
     "house.toml:1:10: listen: takes text such as \"127.0.0.1:8080\"\n"
     "  listen = [\"127.0.0.1\", 80]\n"
     "           ^\n"},
    {"leds = \"ACT\"\n",
     "house.toml:1:1: leds: takes keys of its own, below a line [leds]\n"
     "  leds = \"ACT\"\n"
     "  ^\n"},
    {"[meter]\ngrid = 50\n",
     "house.toml:1:2: meter: begin the meter with [[meter]], in two brackets; [meter.line.a] and "
     "its like come after it\n"
     "  [meter]\n"
     "   ^\n"},
    // Values out of range, and units.
    {"interval = 1000\n",
     "house.toml:1:12: interval: 1000 s is out of range; takes seconds from 0.25 to 10, or text "
     "such as \"500ms\"; did you mean \"1000ms\"?\n"
     "  interval = 1000\n"
     "             ^\n"},
    {"interval = 0.1\n",
     "house.toml:1:12: interval: 0.1 s is out of range; takes seconds from 0.25 to 10, or text "
     "such as \"500ms\"\n"
     "  interval = 0.1\n"
     "             ^\n"},
    {"sync_interval = 3600\n",
     "house.toml:1:17: sync_interval: 3600 s is out of range; takes seconds from 0 (every reading) "
     "to 600, or text such as \"1m\"\n"
     "  sync_interval = 3600\n"
     "                  ^\n"},
    {"interval = \"soon\"\n",
     "house.toml:1:12: interval: takes seconds from 0.25 to 10, or text such as \"500ms\", not "
     "\"soon\"\n"
     "  interval = \"soon\"\n"
     "             ^\n"},
    {"[[meter]]\nspeed_hz = 500\n",
     "house.toml:2:12: speed_hz: 500 is out of range; takes a whole number from 10000 to 1100000 "
     "(hertz); the unit is hertz: did you mean 500000?\n"
     "  speed_hz = 500\n"
     "             ^\n"},
    {"[[meter]]\nover_current_a = 60000\n",
     "house.toml:2:18: over_current_a: 60000 is out of range; takes a number from 1 to 1000 "
     "(amperes); the unit is amperes: did you mean 60?\n"
     "  over_current_a = 60000\n"
     "                   ^\n"},
    {"[[meter]]\nnominal_v = nan\n",
     "house.toml:2:13: nominal_v: takes a number from 80 to 300 (volts), not nan\n"
     "  nominal_v = nan\n"
     "              ^\n"},
    {"[[meter]]\n[meter.line.c]\n  voltage_gain = 70000 # tuned\n",
     "house.toml:3:18: voltage_gain: 70000 is out of range; takes a whole number from 1 to 65535\n"
     "    voltage_gain = 70000 # tuned\n"
     "                   ^\n"},
    {"[[meter]]\ngrid = 55\n",
     "house.toml:2:8: grid: takes 50 or 60, not 55; did you mean 50?\n"
     "  grid = 55\n"
     "         ^\n"},
    {"[[meter]]\nwiring = \"split-phase\"\n",
     "house.toml:2:10: wiring: takes split_phase, three_phase or single_phase, not "
     "\"split-phase\"; did you mean split_phase?\n"
     "  wiring = \"split-phase\"\n"
     "           ^\n"},
    {"listen = \"8080\"\n",
     "house.toml:1:10: listen: \"8080\" is no address to listen at; say HOST:PORT, such as "
     "127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080\n"
     "  listen = \"8080\"\n"
     "           ^\n"},
    {"data = \"\"\n",
     "house.toml:1:8: data: must not be empty; name a directory\n"
     "  data = \"\"\n"
     "         ^\n"},
    // The caret counts characters, not bytes.
    {"site = {name = \"Höhe\", nam = 1}\n",
     "house.toml:1:24: nam: no such key; did you mean name?\n"
     "  site = {name = \"Höhe\", nam = 1}\n"
     "                         ^\n"},
    // What the library would have ended the process for.
    {"# a house\n[#meter]\ngrid = 50\n",
     "house.toml:2: not as TOML is written: see this line\n"
     "  [#meter]\n"},
    {"data = [\n\"/srv\",\n}\n",
     "house.toml:3: not as TOML is written: see this line\n"
     "  }\n"},
    // Several meters.
    {"[[meter]]\n[[meter]]\ndevice = \"/dev/spidev0.1\"\n",
     "house.toml:2:1: meter: a further meter needs a name, such as name = \"solar\"\n"
     "  [[meter]]\n"
     "  ^\n"},
    {"[[meter]]\n[[meter]]\nname = \"mains\"\ndevice = \"/dev/spidev0.1\"\n",
     "house.toml:3:8: name: another meter is called mains; each needs a name of its own\n"
     "  name = \"mains\"\n"
     "         ^\n"},
    {"[[meter]]\n[[meter]]\nname = \"solar\"\ndevice = \"/dev/spidev0.0\"\n",
     "house.toml:4:10: device: meter mains is on /dev/spidev0.0 already; each chip has a "
     "chip-select, and so a device, of its own, such as /dev/spidev0.1\n"
     "  device = \"/dev/spidev0.0\"\n"
     "           ^\n"},
    {"[[meter]]\n[[meter]]\nname = \"solar panels\"\ndevice = \"/dev/spidev0.1\"\n",
     "house.toml:3:8: name: takes up to 40 letters, digits, _ and - (not at its beginning or end) "
     "where there are several meters\n"
     "  name = \"solar panels\"\n"
     "         ^\n"},
    {"[[meter]]\nformerly = \"solar\"\n[[meter]]\nname = \"solar\"\n"
     "device = \"/dev/spidev0.1\"\n",
     "house.toml:2:12: formerly: the history of solar is that of meter solar already; remove this "
     "line\n"
     "  formerly = \"solar\"\n"
     "             ^\n"},
    {"[[meter]]\n[[meter]]\nname = \"solar\"\ndevise = \"/dev/spidev0.1\"\n",
     "house.toml:4:1: devise: no such key; did you mean device?\n"
     "  devise = \"/dev/spidev0.1\"\n"
     "  ^\n"},
    {"[[meter]]\n[meter.line.a]\nname = \"c\"\n",
     "house.toml:3:8: name: a, b and c are the lines themselves; say what it is\n"
     "  name = \"c\"\n"
     "         ^\n"},
    // The house as a sum.
    {"house = \"mains + sollar\"\n[[meter]]\n[[meter]]\nname = \"solar\"\n"
     "device = \"/dev/spidev0.1\"\n",
     "house.toml:1:18: house: no meter is called sollar; there are mains, solar\n"
     "  house = \"mains + sollar\"\n"
     "                   ^\n"},
    {"house = \"mains - mains.a\"\n",
     "house.toml:1:18: house: mains.a is in the sum already\n"
     "  house = \"mains - mains.a\"\n"
     "                   ^\n"},
    {"house = \"mains.b\"\n[[meter]]\n[meter.line.c]\nname = \"oven\"\n",
     "house.toml:1:16: house: meter mains measures no line b; it has a, c (oven)\n"
     "  house = \"mains.b\"\n"
     "                 ^\n"},
    {"house = \"mains.a mains.c\"\n",
     "house.toml:1:18: house: takes + or - between two meters\n"
     "  house = \"mains.a mains.c\"\n"
     "                   ^\n"},
    {"house = \"mains.a + \"\n",
     "house.toml:1:20: house: takes a meter here; there is mains\n"
     "  house = \"mains.a + \"\n"
     "                     ^\n"},
};

INSTANTIATE_TEST_SUITE_P(All, ConfigError, testing::ValuesIn(kWrong));

TEST(Config, TellsOfEveryErrorInTheOrderOfTheFile) {
  const std::string all = errors("zeal = 1\ninterval = 99\n[[meter]]\ngrid = 10\nbogus = 2\n",
                                 {{}, {{"FITHOME_LISTEN", "here"}}, {}});

  std::vector<std::size_t> places;
  for (const auto* part : {"house.toml:1:1: zeal", "house.toml:2:12: interval",
                           "house.toml:4:8: grid", "house.toml:5:1: bogus", "FITHOME_LISTEN: "}) {
    places.push_back(all.find(part));
  }

  EXPECT_TRUE(std::ranges::is_sorted(places)) << all;
  EXPECT_EQ(std::ranges::count(places, std::string::npos), 0) << all;
}

TEST(Config, PointsAtASyntaxError) {
  const std::string text = errors("data = \"/srv\"\n[[meter]]\ngrid 50\n");

  EXPECT_TRUE(text.starts_with("house.toml:3:6: not as TOML is written: ")) << text;
  EXPECT_TRUE(text.ends_with("\n  grid 50\n       ^\n")) << text;
}

TEST(Config, PointsAtAKeySaidTwice) {
  const std::string text = errors("data = \"/a\"\ndata = \"/b\"\n");

  EXPECT_TRUE(text.starts_with("house.toml:2:")) << text;
  EXPECT_NE(text.find("data"), std::string::npos) << text;
}

TEST(Config, RefusesAFileCutAnywhereWithinALine) {
  for (std::size_t length = 0; length < kFull.size(); ++length) {
    if (length > 0 && kFull[length - 1] == '\n')
      continue;  // whole lines cannot be told from a file

    EXPECT_NE(errors(kFull.substr(0, length)), "no error") << kFull.substr(0, length);
  }
}

TEST(Config, PointsAtBytesThatAreNoText) {
  const std::string text = errors("[site]\nname = \"n\240me\"\n");

  EXPECT_TRUE(text.starts_with("house.toml:2:")) << text;
}

TEST(Config, PointsAtTypographicQuotes) {  // as copied from a web page
  const std::string text = errors("[site]\nname = “home”\n");

  EXPECT_TRUE(text.starts_with("house.toml:2:8: not as TOML is written: ")) << text;
  EXPECT_TRUE(text.ends_with("\n  name = “home”\n         ^\n")) << text;
}

TEST(Config, TakesAnyTextInQuotesAndComments) {
  EXPECT_EQ(good("\xEF\xBB\xBF# Höhe\n[site]\nname = 'Höhe' # ü\n").config.site, "Höhe");
  EXPECT_EQ(good("[site]\nname = \"\"\"\"Höhe\"\"\"\"\"\n").config.site, "\"Höhe\"\"");
}

TEST(Config, SaysThatAFileIsHalfWritten) {
  EXPECT_EQ(errors("[[meter]]\n[meter.line.a]\nvoltage_gain = 371"),
            "house.toml:3: the last line does not end: the file may be half-written. Complete it, "
            "then end it with a line break\n"
            "  voltage_gain = 371\n");
  EXPECT_TRUE(errors("").starts_with("house.toml: the file is empty"));
  EXPECT_TRUE(errors(std::string_view("grid = 1\n\0\0\0", 12)).starts_with("house.toml:2: zero"));
}

TEST(Config, ReadsAFileWithWindowsLineEnds) {
  EXPECT_EQ(good("data = \"/srv\"\r\ninterval = 2\r\n").config.interval, std::chrono::seconds(2));
  EXPECT_TRUE(errors("grit = 1\r\n").ends_with("\n  grit = 1\n  ^\n"));
}

TEST(Config, VariablesOverrideTheFileAndOptionsOverrideBoth) {
  const ConfigRequest request{
      {},
      {{"FITHOME_DATA", "/mnt/card"}, {"FITHOME_INTERVAL", "2s"}, {"FITHOME_GRID", "50"}},
      {{"data", "/tmp/demo", "--data"}}};

  const Settings settings = good(kFull, request);

  EXPECT_EQ(settings.config.data, "/tmp/demo");
  EXPECT_EQ(settings.config.interval, std::chrono::seconds(2));
  EXPECT_EQ(settings.origin.at("data"), "--data");
  EXPECT_EQ(settings.origin.at("interval"), "FITHOME_INTERVAL");
  EXPECT_EQ(settings.origin.at("log_level"), "house.toml:6");
  EXPECT_TRUE(settings.warnings.empty());
}

TEST(Config, EveryVariableOfTheTableWorks) {
  for (const Key& key : config_keys()) {
    if (key.variable.empty()) continue;
    std::string value = key.show(good(kFull).config);
    if (value.starts_with('"')) value = value.substr(1, value.size() - 2);

    const Settings settings = good("# nothing\n", {{}, {{key.variable, value}}, {}});

    EXPECT_EQ(key.show(settings.config), key.show(good(kFull).config)) << key.variable;
    EXPECT_EQ(settings.origin.at(key.path), key.variable);
  }
}

TEST(Config, NamesTheVariableThatIsWrong) {
  EXPECT_EQ(errors("# nothing\n", {{}, {{"FITHOME_GRID", "60 Hz"}}, {}}),
            "FITHOME_GRID: takes 50 or 60, not \"60 Hz\"\n");
}

TEST(Config, WarnsOfAVariableThatChangesNothing) {
  const Settings settings = good("# nothing\n", {{},
                                                 {{"FITHOME_DEVISE", "/dev/x"},
                                                  {"FITHOME_URL", "http://pi:8080"},
                                                  {"FITHOME_SHARED", "x"},
                                                  {"FITHOME_CONFIG", ""},
                                                  {"FITHOME_TEST_ANY", "1"}},
                                                 {}});

  ASSERT_EQ(settings.warnings.size(), 1u);
  EXPECT_EQ(to_text(settings.warnings[0]),
            "FITHOME_DEVISE: no such variable; did you mean FITHOME_DEVICE?");
}

TEST(Config, WarnsOfALineThatTheWiringDoesNotMeasure) {
  const Settings settings = good("[[meter]]\n[meter.line.b]\nreversed = true\n");

  ASSERT_EQ(settings.warnings.size(), 1u);
  EXPECT_EQ(to_text(settings.warnings[0]),
            "house.toml:3: meter.line.b.reversed: line b is not measured with this wiring");
}

TEST(Config, WhatIsShownIsAConfigurationThatSaysTheSame) {
  const Settings settings = good(kFull);

  const Settings again = good(show_config(settings));

  for (const Key& key : config_keys()) {
    EXPECT_EQ(key.show(again.config), key.show(settings.config)) << key.path;
  }
}

TEST(Config, ShowsWhereEachValueComesFrom) {
  const std::string shown =
      show_config(good("interval = 2\n", {{}, {{"FITHOME_DATA", "/srv"}}, {}}));

  EXPECT_TRUE(
      shown.starts_with("# In effect; file: house.toml\n"
                        "data = \"/srv\"                       # FITHOME_DATA\n"
                        "listen = \"127.0.0.1:8080\"           # default\n"
                        "interval = 2                        # house.toml:1\n"))
      << shown;
  EXPECT_EQ(shown.find("meter.line.b"), std::string::npos);
}

constexpr std::string_view kThreeMeters = R"(house = "mains - solar.roof + car-port"
[[meter]]
grid = 50
nominal_v = 240

[[meter]]
name = "solar"
device = "/dev/spidev0.1"
[meter.line.a]
voltage_gain = 1234
[meter.line.c]
name = "roof"
reversed = true

[[meter]]
name = "car-port"
device = "/dev/spidev1.0"
wiring = "single_phase"
grid = 60
)";

TEST(Config, TakesSeveralMetersEachWithItsOwnValues) {
  const Settings settings = good(kThreeMeters);

  ASSERT_EQ(settings.config.meters.size(), 3u);
  const MeterConfig& solar = settings.config.meters[1];
  EXPECT_EQ(settings.config.meter().name, "mains");
  EXPECT_EQ(settings.config.meter().chip.lines[0].voltage_gain, 37106);
  EXPECT_EQ(solar.name, "solar");
  EXPECT_EQ(solar.chip.lines[0].voltage_gain, 1234);
  EXPECT_TRUE(solar.rules[2].reversed);
  EXPECT_EQ(solar.line_names[2], "roof");
  EXPECT_EQ(settings.config.meters[2].chip.wiring, chip::Wiring::single_phase);
  EXPECT_EQ(settings.origin.at("meter 2.line.a.voltage_gain"), "house.toml:10");
  EXPECT_FALSE(settings.origin.contains("meter.line.a.voltage_gain"));
}

TEST(Config, WhatIsSaidOfTheGridHoldsForTheMetersThatSayNothing) {
  const Config config = good(kThreeMeters).config;

  EXPECT_EQ(config.meters[1].chip.grid, chip::Grid::hz50);
  EXPECT_EQ(config.meters[1].chip.nominal, Volts{240});
  EXPECT_EQ(config.meters[2].chip.grid, chip::Grid::hz60);
  EXPECT_EQ(config.meters[2].chip.nominal, Volts{120});
}

TEST(Config, VariablesAreOfTheFirstMeter) {
  const Settings settings = good(kThreeMeters, {{}, {{"FITHOME_DEVICE", "/dev/spidev9.9"}}, {}});

  EXPECT_EQ(settings.config.meter().device, "/dev/spidev9.9");
  EXPECT_EQ(settings.config.meters[1].device, "/dev/spidev0.1");
  EXPECT_EQ(errors("[[meter]]\n[[meter]]\nname = \"solar\"\ndevice = \"/dev/spidev0.1\"\n",
                   {{}, {{"FITHOME_DEVICE", "/dev/spidev0.1"}}, {}})
                .substr(0, 16),
            "house.toml:4:10:");
}

TEST(Config, SeveralMetersAreShownAsAConfigurationThatSaysTheSame) {
  const Settings settings = good(kThreeMeters);

  const Settings again = good(show_config(settings));

  ASSERT_EQ(again.config.meters.size(), 3u);
  for (std::size_t meter = 0; meter < 3; ++meter) {
    for (const Key& key : config_keys_of(meter)) {
      EXPECT_EQ(key.show(again.config), key.show(settings.config)) << origin_key(key);
    }
  }
  EXPECT_EQ(again.config.house, settings.config.house);
}

TEST(Config, OneMeterIsShownAsShortAsEver) {
  const std::string shown = show_config(good("interval = 2\n"));

  for (const char* word : {"house =", "formerly", "solar"}) {
    EXPECT_EQ(shown.find(word), std::string::npos) << word;
  }
}

TEST(Config, HasRoomForSevenBoardsOfTwoChips) {
  std::string text;
  for (int n = 0; n < 14; ++n) {
    text += fmt::format("[[meter]]\nname = \"m{}\"\ndevice = \"/dev/spidev{}.0\"\n", n, n);
  }
  EXPECT_EQ(good(text).config.meters.size(), kMostMeters);
  EXPECT_EQ(errors(text + "[[meter]]\n"),
            "house.toml:43:1: meter: more than 14 meters are not possible\n  [[meter]]\n  ^\n");
}

TEST(HouseSum, IsTheFirstMeterUnlessStated) {
  const Config config = good(kThreeMeters).config;

  EXPECT_EQ(parse_house_sum("", config.meters), reading::HouseSum{{}});
  EXPECT_EQ(parse_house_sum(config.house, config.meters),
            (reading::HouseSum{{.meter = 0}, {.sign = -1, .meter = 1, .line = 2}, {.meter = 2}}));
}

TEST(HouseSum, ShowsAsItIsTidilyWritten) {
  const Config config = good(kThreeMeters).config;
  for (const std::string_view text : {"mains-solar.c+car-port", " mains - solar.roof+ car-port ",
                                      "mains - solar.roof + car-port"}) {
    const auto sum = parse_house_sum(text, config.meters);
    if (text.starts_with("mains-solar")) {
      EXPECT_FALSE(sum) << "a minus within a word is part of the word";
      continue;
    }
    ASSERT_TRUE(sum) << sum.error().what;
    EXPECT_EQ(house_sum_text(*sum, config.meters), "mains - solar.roof + car-port");
  }
  EXPECT_EQ(house_sum_text(*parse_house_sum("-mains.a", config.meters), config.meters), "-mains.a");
}

class ConfigFile : public testing::Test {
 protected:
  ConfigFile() {
    char name[] = "/tmp/fithome-config-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~ConfigFile() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(std::string_view name, std::string_view text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  std::filesystem::path folder_;
};

TEST_F(ConfigFile, IsTheOneOfTheVariableUnlessAnotherIsAskedFor) {
  const auto one = write("one.toml", "interval = 1\n");
  const auto two = write("two.toml", "interval = 2\n");

  const auto by_variable = load_config({{}, {{"FITHOME_CONFIG", one}}, {}});
  const auto by_option = load_config({two, {{"FITHOME_CONFIG", one}}, {}});

  EXPECT_EQ(by_variable->file, one);
  EXPECT_EQ(by_option->file, two);
  EXPECT_EQ(by_option->config.interval, std::chrono::seconds(2));
}

TEST_F(ConfigFile, ThatIsMissingOrUnreadableIsAnErrorThatSaysWhatToDo) {
  const auto missing = load_config({folder_ / "no.toml", {}, {}});
  const auto folder = load_config({folder_, {}, {}});

  ASSERT_FALSE(missing);
  EXPECT_EQ(to_text(missing.error().at(0)),
            (folder_ / "no.toml").string() +
                ": cannot be read: No such file or directory; name another file with --config");
  ASSERT_FALSE(folder);
  EXPECT_EQ(to_text(folder.error().at(0)), folder_.string() + ": cannot be read: Is a directory");
}

TEST(Listen, TakesNamesAndAddressesAndRefusesTheRest) {
  EXPECT_EQ(*parse_listen("localhost:0"), (Listen{"localhost", 0}));
  EXPECT_EQ(*parse_listen("[::1]:8080"), (Listen{"::1", 8080}));
  EXPECT_EQ(to_text(*parse_listen("[fe80::1]:80")), "[fe80::1]:80");
  for (const auto* text : {"", ":", ":80", "host", "host:", "host:65536", "host:-1", "::1:80",
                           "[::1]", "[]:80", "http://host:80", "host:80 ", "[host]:80"}) {
    EXPECT_FALSE(parse_listen(text)) << text;
  }
}

}  // namespace
}  // namespace fithome::app
