// SPDX-License-Identifier: MIT
//
// A configuration of several meters, and the sum that is the house.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "app/config_keys.h"
#include "app/config_test_support.h"
#include "app/house_sum.h"

namespace fithome::app {
namespace {

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

}  // namespace
}  // namespace fithome::app
