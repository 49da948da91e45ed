// SPDX-License-Identifier: MIT
//
// Every error points at its place, and says what to write instead.
#include <gtest/gtest.h>

#include <algorithm>

#include "app/config_test_support.h"

namespace fithome::app {
namespace {

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
    {"[knx]\nbroker = \"x\"\n",
     "house.toml:1:2: knx: no such key; see docs/configuration.md\n"
     "  [knx]\n"
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

}  // namespace
}  // namespace fithome::app
