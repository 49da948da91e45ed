// SPDX-License-Identifier: MIT
#include "app/config.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "app/config_keys.h"
#include "app/config_test_support.h"

namespace fithome::app {
namespace {

TEST(Keeping, IsForeverOrYearsWeeksAndDays) {
  EXPECT_EQ(parse_keeping("forever").value(), std::nullopt);
  EXPECT_EQ(parse_keeping("5y").value(), std::chrono::days(5 * 366));
  EXPECT_EQ(parse_keeping("26w").value(), std::chrono::days(182));
  EXPECT_EQ(parse_keeping("7d").value(), std::chrono::days(7));
  for (const char* bad :
       {"", "y", "6d", "5", "-5y", "5 y", "5h", "101y", "999999999999d", "never"}) {
    EXPECT_FALSE(parse_keeping(bad)) << bad;
  }
  for (const char* text : {"forever", "5y", "182d"}) {
    EXPECT_EQ(keeping_text(parse_keeping(text).value()), text);
  }
}

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
  EXPECT_EQ(config.keep_readings, std::chrono::days(5 * 366));
  EXPECT_EQ(config.log_level, Severity::debug);
  EXPECT_EQ(config.site, "Höhenweg 3");
  EXPECT_EQ(config.leds.green, "ACT");
  EXPECT_EQ(config.leds.red, "PWR");
  EXPECT_EQ(config.leds.folder, "/run/leds");
  EXPECT_EQ(config.exports.dir, "/srv/exports");
  EXPECT_EQ(config.exports.format, exports::Format::parquet);
  EXPECT_EQ(config.exports.channels, "p,q,u_a");
  EXPECT_EQ(config.mqtt.broker.text(), "mqtts://me@broker.local:8883");
  EXPECT_TRUE(config.mqtt.broker.version_5);
  EXPECT_EQ(config.mqtt.broker.ca_file, "/etc/fithome/ca.crt");
  EXPECT_EQ(config.mqtt_password_file, "/etc/fithome/secret");
  EXPECT_EQ(config.mqtt.topic, "home/power");
  EXPECT_EQ(config.mqtt.discovery, mqtt::Discovery::single);
  EXPECT_EQ(config.mqtt.prefix, "ha");
  EXPECT_EQ(config.mqtt.interval, std::chrono::seconds(30));
  EXPECT_EQ(config.mqtt.much_watts, 200);
  EXPECT_EQ(config.mqtt.much_percent, 10);
  EXPECT_TRUE(config.mqtt.values);
  EXPECT_TRUE(config.mqtt.commands);
  EXPECT_TRUE(config.mqtt.history);
  EXPECT_EQ(config.homeassistant.url, "http://ha.local:8123");
  EXPECT_EQ(config.homeassistant.token_file, "/etc/fithome/token");
  EXPECT_TRUE(config.homeassistant.entities);
  EXPECT_EQ(config.mongodb.uri, "mongodb://anna@pi.local:27017");
  EXPECT_EQ(config.mongodb.database, "House");
  EXPECT_EQ(config.mongodb.collection, "power");
  EXPECT_TRUE(config.mongodb.all_channels);
  EXPECT_TRUE(config.mongodb.time_series);
  EXPECT_EQ(config.mongodb.password_file, "/etc/fithome/secret");
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
  EXPECT_EQ(settings.origin.at("log_level"), "house.toml:7");
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
