// SPDX-License-Identifier: MIT
//
// Two meters, and the house that is a stated sum of them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/fake_live.h"
#include "mqtt/messages.h"

namespace fithome::mqtt {
namespace {

using nlohmann::json;

constexpr UtcTime kTen{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} +
                       std::chrono::hours(22)};
constexpr std::int64_t kKilowattHour = 1'000'000'000'000;

class SeveralMeters : public testing::Test {
 protected:
  SeveralMeters() {
    names.site = short_site(live.status().site);
    live.change([](api::Status& status) {
      status.meters = {
          {.id = 3, .name = "mains", .lines = {true, false, true}},
          {.id = 1, .name = "solar", .lines = {true, false, false}, .line_names = {"roof"}}};
      status.sum = {{.meter = 0}, {.sign = -1, .meter = 1, .line = 0}};
      status.sum_text = "mains - solar.roof";
    });
  }
  static api::Latest latest(UtcTime time, double watts, std::int64_t kilowatt_hours) {
    reading::Ledger ledger;
    ledger.net.active.imported.nwh = kilowatt_hours * kKilowattHour;
    return {api::reading_at(time, watts), ledger};
  }
  void measure(double mains, double solar, UtcTime of_solar = kTen) {
    const api::Latest first = latest(kTen, mains, 7);
    live.publish(*first.reading);
    live.set_ledger(*first.ledger);
    live.set_further({latest(of_solar, solar, 5)});
  }
  std::vector<Device> devices() const { return devices_of(live.status(), "our house"); }
  json state(std::size_t device) const {
    return json::parse(state_of(devices().at(device), live, live.status(), kTen));
  }

  api::FakeLive live;
  Names names;
};

TEST_F(SeveralMeters, AreADeviceEachAndTheHouseIsOneMore) {
  ASSERT_EQ(devices().size(), 3u);
  const auto about = [&](std::size_t n) {
    const auto all = discovery_of(devices()[n], names, Discovery::device);
    return std::pair(all[0].topic, json::parse(all[0].payload));
  };
  const auto [mains_topic, mains] = about(0);
  const auto [solar_topic, solar] = about(1);
  const auto [house_topic, house] = about(2);
  EXPECT_EQ(mains_topic, "homeassistant/device/fithome_0123456789ab_3/config");
  EXPECT_EQ(solar_topic, "homeassistant/device/fithome_0123456789ab_1/config");
  EXPECT_EQ(house_topic, "homeassistant/device/fithome_0123456789ab_0/config");
  EXPECT_EQ(mains["device"]["name"], "mains");
  EXPECT_EQ(solar["device"]["name"], "solar");
  EXPECT_EQ(house["device"]["name"], "our house");
  EXPECT_EQ(solar["components"]["p_a"]["name"], "Power roof");
  EXPECT_FALSE(solar["components"].contains("problem")) << "of the program: the first one's";
  EXPECT_TRUE(mains["components"].contains("problem"));
  std::set<std::string> keys;
  for (const auto& [key, component] : house["components"].items()) keys.insert(key);
  EXPECT_EQ(keys, (std::set<std::string>{"p", "import", "export"}));
  EXPECT_EQ(house["state_topic"], "fithome/0123456789ab/0/state");
}

TEST_F(SeveralMeters, AreToldApartAndAddedUpAsStated) {
  measure(2'000, 1'200);
  reading::Ledger of_house;
  of_house.net.active.imported.nwh = 2 * kKilowattHour;
  of_house.net.active.exported.nwh = kKilowattHour / 2;
  live.set_house(of_house);
  EXPECT_EQ(state(0)["p"], 2'000);
  EXPECT_EQ(state(1)["p"], 1'200);
  EXPECT_EQ(state(1)["import"], 5);
  EXPECT_EQ(state(2), (json{{"p", 1'400}, {"import", 2}, {"export", 0.5}}));
}

TEST_F(SeveralMeters, AHouseOfWhichOneIsNotKnownIsNotGuessed) {
  EXPECT_EQ(state(2), (json{{"p", nullptr}, {"import", nullptr}, {"export", nullptr}}));
  measure(2'000, 1'200, kTen - kStale - std::chrono::seconds(1));
  EXPECT_EQ(state(0)["p"], 2'000);
  EXPECT_EQ(state(1)["p"], nullptr);
  EXPECT_EQ(state(2)["p"], nullptr);
  EXPECT_EQ(state(1)["import"], 5) << "a total does not grow old";
}

TEST_F(SeveralMeters, AnEventIsOfItsMeter) {
  Events events;
  const auto told = events.told({.meter = 1, .kind = "sag", .begin = kTen, .cause = "low"},
                                devices(), names, live.status());
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].topic, "fithome/0123456789ab/1/event/sag");
  EXPECT_EQ(json::parse(told[0].payload)["meter"], "solar");
}

}  // namespace
}  // namespace fithome::mqtt
