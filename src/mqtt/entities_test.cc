// SPDX-License-Identifier: MIT
#include "mqtt/entities.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace fithome::mqtt {
namespace {

// As Home Assistant 2026.11 took them: class -> units. What is not here makes no entity there, or a
// warning.
const std::map<std::string_view, std::set<std::string_view>> kUnits{
    {"power", {"W", "kW"}},
    {"energy", {"Wh", "kWh", "MWh"}},
    {"reactive_power", {"var", "kvar"}},
    {"reactive_energy", {"varh", "kvarh"}},
    {"apparent_power", {"VA", "kVA"}},
    {"power_factor", {"", "%"}},
    {"frequency", {"Hz", "kHz"}},
    {"temperature", {"°C"}},
    {"voltage", {"V"}},
    {"current", {"A"}},
};

// Of an event; it has no state class and no unit, and names its types.
const std::set<std::string_view> kEventClasses{"", "button", "doorbell", "motion"};

api::MeterStatus meter(std::vector<bool> lines) {
  return {.id = 1, .name = "mains", .lines = std::move(lines)};
}

TEST(Entities, HaveClassesAndUnitsThatAreAccepted) {
  auto all = entities_of(meter({true, true, true}), true);
  std::ranges::copy(entities_of_house(), std::back_inserter(all));
  for (const Entity& entity : all) {
    EXPECT_EQ(entity.event_types.empty(), entity.platform != "event") << entity.key;
    if (entity.platform == "event") {
      EXPECT_TRUE(kEventClasses.contains(entity.device_class)) << entity.key;
      EXPECT_EQ(entity.state_class, "") << entity.key;
      EXPECT_EQ(entity.unit, "") << entity.key;
      EXPECT_EQ(entity.decimals, -1) << entity.key;
      EXPECT_FALSE(entity.live) << entity.key;
      continue;
    }
    if (entity.platform == "binary_sensor") {
      EXPECT_EQ(entity.device_class, "problem") << entity.key;
      EXPECT_EQ(entity.state_class, "") << entity.key;
      continue;
    }
    if (entity.device_class.empty()) {
      EXPECT_EQ(entity.unit, "") << entity.key;
      continue;
    }
    ASSERT_TRUE(kUnits.contains(entity.device_class)) << entity.key;
    EXPECT_TRUE(kUnits.at(entity.device_class).contains(entity.unit)) << entity.key;
    const bool total = entity.device_class.ends_with("energy");
    EXPECT_EQ(entity.state_class, total ? "total_increasing" : "measurement") << entity.key;
    EXPECT_EQ(entity.live, !total) << entity.key;
  }
}

TEST(Entities, ThatAreButtonsClaimNothingElse) {
  for (const Entity& button : buttons_of(true)) {
    EXPECT_EQ(button.platform, "button");
    EXPECT_EQ(std::string(button.device_class) + std::string(button.state_class), "");
    EXPECT_EQ(button.unit, "");
    EXPECT_TRUE(button.event_types.empty());
    EXPECT_FALSE(button.live || button.diagnostic);
  }
}

TEST(Entities, AreOfLinesInUseWithTheirNames) {
  api::MeterStatus mains = meter({true, false, true});
  mains.line_names = {"", "", "solar"};
  const auto all = entities_of(mains, false);
  const auto name = [&](std::string_view key) {
    const auto found = std::ranges::find(all, key, &Entity::key);
    return found == all.end() ? "" : found->name;
  };
  EXPECT_EQ(name("p"), "Power");
  EXPECT_EQ(name("p_a"), "Power line a");
  EXPECT_EQ(name("p_c"), "Power solar");
  EXPECT_EQ(name("p_b"), "");
  EXPECT_EQ(name("import_c"), "Energy import solar");
  EXPECT_EQ(name("reactive_import_a"), "Reactive energy import line a");
  EXPECT_EQ(name("reactive_export_b"), "");
  EXPECT_EQ(name("sag"), "Sag");
  EXPECT_EQ(name("problem"), "");  // only the first meter's
  EXPECT_EQ(name("restart"), "");
}

TEST(Entities, HaveKeysThatAreThereOnceAndAreNames) {
  std::set<std::string> keys;
  for (const Entity& entity : entities_of(meter({true, true, true}), true)) {
    EXPECT_TRUE(keys.insert(entity.key).second) << entity.key;
    EXPECT_EQ(entity.key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos)
        << entity.key;
  }
}

}  // namespace
}  // namespace fithome::mqtt
