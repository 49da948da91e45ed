// SPDX-License-Identifier: MIT
//
// A house of several meters, as the API tells of it.
#include "api/meters.h"

#include <gtest/gtest.h>

#include "api/exposition_check.h"
#include "api/metrics.h"
#include "api/test_house.h"

namespace fithome::api {
namespace {

using reading::Ledger;

class Meters : public TestHouse {
 protected:
  static constexpr UtcTime kMorning = kNow - std::chrono::hours(30);

  Meters() {
    live.change([](Status& status) {
      status.meters.resize(2);
      status.meters[0].name = "mains";
      status.meters[0].lines = {true, false, true};
      status.meters[1].id = 2;
      status.meters[1].name = "solar";
      status.meters[1].device = "/dev/spidev0.1 (mode 3, 500 kHz)";
      status.meters[1].lines = {true, false, false};
      status.meters[1].line_names = {"roof", "", ""};
      status.meters[1].missed = 7;
      status.sum = {{.meter = 0}, {.sign = -1, .meter = 1, .line = 0}};
      status.sum_text = "mains - solar.roof";
      status.skew_worst_s = 0.0123;
    });
  }

  static Ledger ledger_of(UtcTime time, std::int64_t wh) {
    Ledger ledger;
    ledger.time = time;
    ledger.net.active.imported.nwh = wh * 1'000'000'000;
    ledger.lines[0].active.imported.nwh = wh * 1'000'000'000;
    return ledger;
  }
  void say(UtcTime mains_time, UtcTime solar_time) {
    live.publish(reading_at(mains_time, 1000));
    reading::Reading solar = reading_at(solar_time, -300);
    solar.set(*reading::find_channel("p_a"), -300);
    live.set_further({{solar, ledger_of(solar_time, 5)}});
    live.set_ledger(ledger_of(mains_time, 9));
    live.set_house(ledger_of(mains_time, 14));
  }
  // What was stored of meters and house at a time.
  void keep(UtcTime time, std::int64_t wh) {
    for (const store::MeterId meter : {store::kHouse, 1, 2}) {
      const Ledger ledger = ledger_of(time, wh);
      ASSERT_TRUE(store().append({.meter = meter, .ledger = &ledger}));
    }
    ASSERT_TRUE(store().name_meter(1, "mains"));
    ASSERT_TRUE(store().name_meter(2, "solar"));
    ASSERT_TRUE(store().name_meter(store::kHouse, "mains - solar.a"));
  }
};

TEST_F(Meters, NowIsTheFirstAsEverThenTheHouseThenAll) {
  say(kNow, kNow);

  const auto now = json_of("/api/v1/now");

  EXPECT_EQ(now["meter"], "mains");
  EXPECT_EQ(now["p"], 1000);
  EXPECT_EQ(now["house"]["sum"], "mains - solar.roof");
  EXPECT_EQ(now["house"]["p"], 1300);
  EXPECT_TRUE(now["house"]["missing"].empty());
  ASSERT_EQ(now["meters"].size(), 2u);
  EXPECT_EQ(now["meters"][1]["meter"], "solar");
  EXPECT_EQ(now["meters"][1]["p"], -300);
  EXPECT_EQ(now["meters"][1]["line_names"]["a"], "roof");
  EXPECT_FALSE(now["meters"][1].contains("p_c")) << "a line it does not measure";
}

TEST_F(Meters, OneIsAskedForByItsName) {
  say(kNow, kNow);

  const auto now = json_of("/api/v1/now?meter=solar");

  EXPECT_EQ(now["meter"], "solar");
  EXPECT_EQ(now["p"], -300);
  EXPECT_FALSE(now.contains("meters"));
  EXPECT_EQ(complaint(400, "/api/v1/now?meter=sollar"),
            "meter: no meter \"sollar\"; there are mains, solar");
}

TEST_F(Meters, AMeterThatIsSilentHidesNoOtherAndMakesTheHouseUnknown) {
  live.set_further({{reading_at(kNow, -300), ledger_of(kNow, 5)}});
  auto now = json_of("/api/v1/now");
  EXPECT_TRUE(now["p"].is_null()) << "the first said nothing yet";
  EXPECT_TRUE(now["time"].is_null());
  EXPECT_EQ(now["meters"][1]["p"], -300);
  EXPECT_EQ(complaint(503, "/api/v1/now?meter=mains").substr(0, 14), "no reading yet");

  say(kNow, kNow - std::chrono::seconds(9));
  now = json_of("/api/v1/now");
  EXPECT_TRUE(now["house"]["p"].is_null());
  EXPECT_EQ(now["house"]["missing"], nlohmann::json::array({"solar"}));
  EXPECT_EQ(now["meters"][1]["age_s"], 9);
}

TEST_F(Meters, EnergyIsOfEachAndOfTheHouse) {
  keep(kMorning, 3);
  say(kNow, kNow);

  const auto energy = json_of("/api/v1/energy?since=-1h");

  EXPECT_EQ(energy["net"]["import_wh"], 9);
  EXPECT_EQ(energy["today"]["net"]["import_wh"], 6);
  EXPECT_EQ(energy["house"]["import_wh"], 14);
  EXPECT_EQ(energy["house"]["today"]["import_wh"], 11);
  EXPECT_EQ(energy["house"]["since"]["import_wh"], 11);
  EXPECT_EQ(energy["meters"][1]["net"]["import_wh"], 5);
  EXPECT_EQ(energy["meters"][1]["today"]["net"]["import_wh"], 2);
  EXPECT_EQ(json_of("/api/v1/energy?meter=solar")["net"]["import_wh"], 5);
  EXPECT_FALSE(json_of("/api/v1/energy?meter=solar").contains("house"));
}

TEST_F(Meters, ReadingsAreOfTheOneThatIsAskedFor) {
  store_readings(3);
  std::vector<reading::Reading> solar;
  for (int n = 0; n < 2; ++n) {
    solar.push_back(reading_at(kNow - std::chrono::seconds(2 - n), -100 - n));
  }
  ASSERT_TRUE(store().append({.meter = 2, .readings = solar}));
  ASSERT_TRUE(store().append({.meter = 3, .readings = solar}));
  ASSERT_TRUE(store().name_meter(3, "heatpump"));

  EXPECT_EQ(json_of("/api/v1/readings?channels=p")["rows"].size(), 3u);
  const auto rows = json_of("/api/v1/readings?channels=p&meter=solar");
  EXPECT_EQ(rows["meter"], "solar");
  ASSERT_EQ(rows["rows"].size(), 2u);
  EXPECT_EQ(rows["rows"][0][1], -100);
  EXPECT_EQ(json_of("/api/v1/readings?meter=solar")["columns"].back(), "flags");
  EXPECT_EQ(json_of("/api/v1/readings?meter=heatpump&channels=p")["rows"].size(), 2u)
      << "it left the configuration, its readings stay";
}

TEST_F(Meters, TheHouseHasReadingsWhereAllItsMetersHave) {
  store_readings(4);  // of mains: 1, 2, 3, 4 W until a second before now
  std::vector<reading::Reading> solar;
  for (int n = 0; n < 3; ++n) {
    solar.push_back(reading_at(kNow - std::chrono::seconds(3 - n), 0));
    solar.back().set(*reading::find_channel("p_a"), -100);
  }
  ASSERT_TRUE(store().append({.meter = 2, .readings = solar}));

  const auto each = json_of("/api/v1/readings?meter=house");
  EXPECT_EQ(each["columns"], nlohmann::json::array({"time", "p", "flags"}));
  ASSERT_EQ(each["rows"].size(), 3u);
  EXPECT_EQ(each["rows"][0][1], 102);
  EXPECT_EQ(each["rows"][2][1], 104);
  const auto steps = json_of("/api/v1/readings?meter=house&every=1h");
  ASSERT_EQ(steps["rows"].size(), 1u);
  EXPECT_EQ(steps["rows"][0][1], 102.5);
  EXPECT_EQ(steps["rows"][0][2].get<unsigned>() & bit(reading::Flag::after_gap),
            bit(reading::Flag::after_gap))
      << "not equally many";
  EXPECT_EQ(complaint(400, "/api/v1/readings?meter=house&channels=u_a"),
            "channels: a house that is a sum of meters has p only");
}

TEST_F(Meters, TheStatusTellsWhoseAFaultIsAndHowFarApartTheyWereRead) {
  say(kNow, kNow);
  live.change([](Status& status) {
    status.faults.push_back({"chip_absent", kNow, "no chip", "look", "solar"});
  });
  const std::vector<store::Event> events{
      {.meter = 2, .kind = "gap", .begin = kNow - std::chrono::seconds(5)}};
  ASSERT_TRUE(store().append({.meter = 2, .events = events}));

  const auto status = json_of("/api/v1/status");

  EXPECT_EQ(status["faults"][0]["meter"], "solar");
  EXPECT_EQ(status["events"][0]["meter"], "solar");
  EXPECT_EQ(status["sum"], "mains - solar.roof");
  EXPECT_EQ(status["skew_worst_s"], 0.0123);
  EXPECT_EQ(status["meters"][1]["id"], 2);
  EXPECT_EQ(status["meters"][1]["missed"], 7);
  EXPECT_EQ(status["meters"][1]["device"], "/dev/spidev0.1 (mode 3, 500 kHz)");
}

TEST_F(Meters, TheLiveStreamGoesOnThoughTheFirstIsSilent) {
  live.set_further({{reading_at(kNow, -300), {}}});

  const auto event = routes.newest_event();

  ASSERT_TRUE(event);
  EXPECT_EQ(event->time, kNow);
}

TEST_F(Meters, MetricsHaveTheirNameAndTheHouseIsTheSum) {
  say(kNow, kNow);
  for (const auto format : {MetricsFormat::prometheus, MetricsFormat::open_metrics}) {
    const bool open = format == MetricsFormat::open_metrics;
    const Exposed exposed = ExpositionCheck(open).read(metrics_text({.status = live.status(),
                                                                     .newest = live.newest(),
                                                                     .ledger = live.ledger(),
                                                                     .process = {},
                                                                     .now = kNow,
                                                                     .latest = live.latest(),
                                                                     .house = live.house_ledger()},
                                                                    format));
    const auto& samples = exposed.samples;
    for (const std::string& fault : exposed.faults) ADD_FAILURE() << fault;
    EXPECT_EQ(samples.at("fithome_house_active_power_watts"), "1300.00");
    EXPECT_EQ(samples.at(R"(fithome_meter_active_power_watts{meter="solar"})"), "-300.00");
    EXPECT_EQ(samples.at(R"(fithome_active_power_watts{meter="solar",phase="a"})"), "-300.00");
    EXPECT_EQ(samples.at(R"(fithome_house_energy_joules_total{netting="net",direction="import"})"),
              "50400");
    EXPECT_EQ(
        samples.at(R"(fithome_energy_joules_total{meter="solar",direction="import",phase="a"})"),
        "18000");
    EXPECT_EQ(samples.at("fithome_skew_worst_seconds"), "0.0123");
  }
}

TEST_F(Meters, MetricsOfAMeterThatIsSilentAreLeftOut) {
  say(kNow, kNow - std::chrono::minutes(1));

  Response response = ask("/metrics");
  const Exposed exposed = ExpositionCheck(false).read(body_text(response));

  EXPECT_FALSE(exposed.samples.contains(R"(fithome_meter_active_power_watts{meter="solar"})"));
  EXPECT_TRUE(exposed.samples.contains(R"(fithome_meter_active_power_watts{meter="mains"})"));
  EXPECT_FALSE(exposed.samples.contains("fithome_house_active_power_watts"));
}

TEST_F(TestHouse, OfOneMeterIsAnsweredAsEver) {
  live.publish(reading_at(kNow, 5));
  Ledger ledger;
  ledger.time = kNow;
  live.set_ledger(ledger);
  ASSERT_TRUE(store().append({.ledger = &ledger}));
  for (const char* target : {"/api/v1/now", "/api/v1/energy", "/api/v1/status"}) {
    const auto answer = json_of(target);
    for (const char* key : {"meters", "sum", "skew_s", "line_names"}) {
      EXPECT_FALSE(answer.contains(key)) << target << ' ' << key;
    }
  }
  EXPECT_FALSE(json_of("/api/v1/now").contains("house"));
  EXPECT_EQ(json_of("/api/v1/now?meter=mains")["p"], 5);
}

}  // namespace
}  // namespace fithome::api
