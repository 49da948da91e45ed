// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>

#include "api/test_house.h"

namespace fithome::api {
namespace {

using nlohmann::json;

class Readings : public TestHouse {
 protected:
  std::string csv(std::string_view target) {
    Response response = ask(target);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.content_type, "text/csv; charset=utf-8");
    return body_text(response);
  }
};

TEST_F(Readings, AreNotFoundWhereThereIsNoStore) {
  EXPECT_FALSE(complaint(404, "/api/v1/readings").empty());
}

TEST_F(Readings, AreTheLastHourOfAllLinesInUse) {
  store_readings(4000);
  const json answer = json_of("/api/v1/readings");
  EXPECT_EQ(answer["meter"], "mains");
  EXPECT_EQ(answer["simulated"], true);
  ASSERT_EQ(answer["columns"].size(), 20U);  // time, 6 of the house, 6 of a and c each, flags
  EXPECT_EQ(answer["columns"][0], "time");
  EXPECT_EQ(answer["columns"][19], "flags");
  EXPECT_EQ(answer["units"][0], "ms");
  EXPECT_EQ(answer["units"][1], "W");
  ASSERT_EQ(answer["rows"].size(), 3600U);
  const json& last = answer["rows"].back();
  EXPECT_EQ(last[0], (kNow - std::chrono::seconds(1)).time_since_epoch().count());
  EXPECT_EQ(last[1], 4000);
  EXPECT_EQ(last[2], nullptr);
  EXPECT_EQ(last[19], 1);
}

TEST_F(Readings, ComeExactlyAsTheyAreStored) {
  store_readings(2);
  Response response = ask("/api/v1/readings?channels=p_a,p&from=2026-11-22&to=now");
  EXPECT_EQ(body_text(response),
            R"({"meter":"mains","simulated":true,"columns":["time","p_a","p","flags"],)"
            R"("units":["ms","W","W",""],"rows":[)"
            "\n[1795387198000,0.50,1.00,1],\n[1795387199000,1.00,2.00,1]]}\n");
}

TEST_F(Readings, AreCsvWithTextForTimeAndFlags) {
  store_readings(1);
  auto doubtful = reading_at(kNow, 7);
  doubtful.flags |= bit(reading::Flag::late);
  ASSERT_TRUE(store().append({.readings = {&doubtful, 1}}));
  EXPECT_EQ(csv("/api/v1/readings?channels=p,q&from=today&to=2026-11-23T00:00Z&format=csv"),
            "time,p,q,flags\n"
            "2026-11-22T22:39:59.000Z,1.00,,simulated\n"
            "2026-11-22T22:40:00.000Z,7.00,,simulated late\n");
}

TEST_F(Readings, DoNotIncludeTheEnd) {
  store_readings(10);
  const json answer =
      json_of("/api/v1/readings?channels=p&from=2026-11-22T22:39:52Z&to=2026-11-22T22:39:54Z");
  ASSERT_EQ(answer["rows"].size(), 2U);
  EXPECT_EQ(answer["rows"][0][1], 3);
}

TEST_F(Readings, OfAnEmptyTimeAreNoRows) {
  store_readings(10);
  EXPECT_EQ(json_of("/api/v1/readings?from=2025-01-01T00:00Z&to=2025-01-02T00:00Z")["rows"],
            json::array());
  EXPECT_EQ(
      json_of("/api/v1/readings?from=2025-01-01T00:00Z&to=2025-01-02T00:00Z&every=1m")["rows"],
      json::array());
}

TEST_F(Readings, ArePulledPieceByPiece) {
  store_readings(10'000);
  Response response = ask("/api/v1/readings?channels=p&from=-1d");
  auto* pull = std::get_if<Pull>(&response.body);
  ASSERT_NE(pull, nullptr);
  std::size_t rows = 0, longest = 0;
  for (bool more = true; more;) {
    std::string piece;
    const auto result = (*pull)(piece);
    ASSERT_TRUE(result);
    more = *result;
    rows += static_cast<std::size_t>(std::ranges::count(piece, '\n'));
    longest = std::max(longest, piece.size());
  }
  EXPECT_EQ(rows, 10'001U);  // and the line's end of the whole
  EXPECT_LT(longest, store::kChunkReadings * 40);
}

TEST_F(Readings, AreAveragedOverEachStep) {
  store_readings(120);  // from 22:38:00 on, p = 1..120
  const json answer = json_of("/api/v1/readings?channels=p,q&every=1m&from=today");
  EXPECT_EQ(answer["columns"], json({"time", "p", "q", "flags"}));
  ASSERT_EQ(answer["rows"].size(), 2U);
  EXPECT_EQ(answer["rows"][0], json({1795387080000, 30.5, nullptr, 1}));
  EXPECT_EQ(answer["rows"][1], json({1795387140000, 90.5, nullptr, 1}));
}

TEST_F(Readings, TellLeastAndGreatestWhereAsked) {
  store_readings(60);
  EXPECT_EQ(csv("/api/v1/readings?channels=p&every=1m&stats=min,mean,max&format=csv"),
            "time,p_min,p,p_max,flags\n2026-11-22T22:39:00.000Z,1.00,30.50,60.00,simulated\n");
}

TEST_F(Readings, ComeInAsManyStepsAsWereAskedForAtMost) {
  store_readings(3600);
  const auto rows = [this](const char* points) {
    return json_of(std::string("/api/v1/readings?channels=p&points=") + points)["rows"];
  };
  EXPECT_EQ(rows("3601").size(), 3600U);
  EXPECT_EQ(rows("3600").size(), 1800U);
  EXPECT_EQ(rows("61").size(), 60U);
  EXPECT_EQ(rows("13").size(), 12U);
  EXPECT_EQ(rows("2").size(), 2U) << "22:00 and before";
  EXPECT_EQ(complaint(400, "/api/v1/readings?points=1"), "points: \"1\"; say 2 to 100000");
  EXPECT_EQ(complaint(400, "/api/v1/readings?points=9&every=1m"),
            "every, points: name one of them");
}

TEST_F(Readings, ComeInDaysAsTheHouseHasThem) {
  store_readings(4000);
  const json rows = json_of("/api/v1/readings?channels=p&from=-10m&every=day")["rows"];
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0][0], local_midnight(kNow).time_since_epoch().count());
  EXPECT_EQ(rows[0][1], 2000.5) << "of the whole day, not of ten minutes";
}

// A roll-up is made in pieces of hours; where they meet, no step may be lost or come twice.
TEST_F(Readings, AreAveragedAlikeHoweverLongTheRange) {
  std::vector<reading::Reading> readings;
  for (int n = 0; n < 2000; ++n) {
    if (n > 500 && n < 900) continue;  // a gap of more than a day
    readings.push_back(reading_at(kNow - std::chrono::minutes(5 * (2000 - n)), n));
  }
  ASSERT_TRUE(store().append({.readings = readings}));
  for (const char* every : {"7m", "1h", "5h", "7h", "24h"}) {
    const auto step = parse_duration(every);
    std::vector<json> expected;
    for (const auto& reading : readings) {
      const auto time = reading.time.time_since_epoch();
      const auto start = (time - time % *step).count();
      if (expected.empty() || expected.back()["start"] != start) {
        expected.push_back({{"start", start}, {"sum", 0.0}, {"count", 0}});
      }
      expected.back()["sum"] = expected.back()["sum"].get<double>() + *reading.value(0);
      expected.back()["count"] = expected.back()["count"].get<int>() + 1;
    }
    const json rows =
        json_of(std::string("/api/v1/readings?channels=p&from=-30d&every=") + every)["rows"];
    ASSERT_EQ(rows.size(), expected.size()) << every;
    for (std::size_t n = 0; n < rows.size(); ++n) {
      EXPECT_EQ(rows[n][0], expected[n]["start"]) << every;
      EXPECT_NEAR(rows[n][1].get<double>(),
                  expected[n]["sum"].get<double>() / expected[n]["count"].get<double>(), 0.0051);
    }
  }
}

TEST_F(Readings, SayWhatIsWrongWithTheQuestion) {
  store_readings(1);
  EXPECT_EQ(complaint(400, "/api/v1/readings?channels=pa"),
            "channels: no channel \"pa\"; see /api/v1/channels");
  EXPECT_EQ(complaint(400, "/api/v1/readings?channels=p,"),
            "channels: no channel \"\"; see /api/v1/channels");
  EXPECT_EQ(complaint(400, "/api/v1/readings?channels=p,q,p"), "channels: \"p\" is there twice");
  EXPECT_TRUE(
      complaint(400, "/api/v1/readings?from=soon").starts_with("from: \"soon\" is no time"));
  EXPECT_TRUE(complaint(400, "/api/v1/readings?from=today&to=yesterday").starts_with("from ("));
  EXPECT_TRUE(complaint(400, "/api/v1/readings?every=often").starts_with("every: \"often\""));
  EXPECT_EQ(complaint(400, "/api/v1/readings?every=10ms"), "every: at least 1s");
  EXPECT_EQ(complaint(400, "/api/v1/readings?format=xml"), "format: \"xml\"; say json or csv");
  EXPECT_EQ(complaint(400, "/api/v1/readings?stats=max&every=1m"),
            "stats: \"max\"; say mean or min,mean,max");
  EXPECT_EQ(complaint(400, "/api/v1/readings?stats=min,mean,max"),
            "stats: min,mean,max needs every, such as every=1m");
  EXPECT_EQ(complaint(400, "/api/v1/readings?chanels=p"),
            "no parameter \"chanels\"; there are meter, from, to, channels, every, points, stats, "
            "format");
}

class EnergyOfTheHouse : public TestHouse {};

TEST_F(EnergyOfTheHouse, IsNotKnownBeforeTheFirstReading) {
  EXPECT_NE(complaint(503, "/api/v1/energy").find("no reading yet"), std::string::npos);
  store();
  EXPECT_NE(complaint(503, "/api/v1/energy").find("no reading yet"), std::string::npos);
}

TEST_F(EnergyOfTheHouse, IsExactAndHasItsShareOfToday) {
  const UtcTime midnight = local_midnight(kNow);
  const auto at_midnight = reading_at(midnight - std::chrono::minutes(1), 1);
  const auto then = ledger_at(at_midnight.time, 320'000);  // 1 kWh
  ASSERT_TRUE(store().append({.readings = {&at_midnight, 1}, .ledger = &then}));
  const auto later = reading_at(kNow, 1);
  const auto now = ledger_at(kNow, 480'004);
  ASSERT_TRUE(store().append({.readings = {&later, 1}, .ledger = &now}));
  live.set_ledger(now);

  Response response = ask("/api/v1/energy");
  const std::string text = body_text(response);
  const json answer = json::parse(text);

  EXPECT_EQ(answer["time"], to_iso(kNow));
  EXPECT_NE(text.find(R"("lines":{"a":{"import_wh":1500.0125,"export_wh":0,)"), std::string::npos);
  EXPECT_EQ(answer["lines"].size(), 2U);
  EXPECT_EQ(answer["counted"]["export_wh"], 375.003125);
  EXPECT_EQ(answer["net"]["import_wh"], 1125.009375);
  EXPECT_EQ(answer["net"].size(), 5U);
  EXPECT_EQ(answer["today"]["since"], to_iso(midnight));
  EXPECT_EQ(answer["today"]["lines"]["a"]["import_wh"], 500.0125);
  EXPECT_EQ(answer["today"]["net"]["import_wh"], 375.009375);
}

TEST_F(EnergyOfTheHouse, CountsNoCorrectionAsEnergy) {
  const UtcTime midnight = local_midnight(kNow);
  const auto at_midnight = reading_at(midnight - std::chrono::minutes(1), 1);
  const auto then = ledger_at(at_midnight.time, 320'000);
  ASSERT_TRUE(store().append({.readings = {&at_midnight, 1}, .ledger = &then}));
  auto now = ledger_at(kNow, 480'000);
  const auto counted = now.net.active.imported.wh();
  set_total(now.net, {std::int64_t{12'345} * 1'000'000'000}, now.net.active.exported);
  live.set_ledger(now);

  const json answer = json_of("/api/v1/energy");

  EXPECT_EQ(answer["net"]["import_wh"], 12345);
  EXPECT_DOUBLE_EQ(answer["net"]["corrected_import_wh"], 12345 - counted);
  EXPECT_DOUBLE_EQ(answer["today"]["net"]["import_wh"], counted - then.net.active.imported.wh());
  EXPECT_FALSE(answer["today"]["net"].contains("corrected_import_wh"));
}

TEST_F(EnergyOfTheHouse, BeginsWithTheStoreWhereThatIsYounger) {
  const auto first = reading_at(kNow - std::chrono::minutes(30), 1);
  const auto then = ledger_at(first.time, 100);
  ASSERT_TRUE(store().append({.readings = {&first, 1}, .ledger = &then}));
  live.set_ledger(ledger_at(kNow, 420));
  const json answer = json_of("/api/v1/energy?since=-7d");
  EXPECT_EQ(answer["since"]["since"], to_iso(first.time));
  EXPECT_EQ(answer["since"]["lines"]["a"]["import_wh"], 1);
  EXPECT_TRUE(complaint(400, "/api/v1/energy?since=x").starts_with("since: "));
}

TEST_F(EnergyOfTheHouse, ComesFromTheStoreUntilTheDaemonHasCounted) {
  const auto first = reading_at(kNow, 1);
  const auto then = ledger_at(first.time, 320);
  ASSERT_TRUE(store().append({.readings = {&first, 1}, .ledger = &then}));
  EXPECT_EQ(json_of("/api/v1/energy")["lines"]["a"]["import_wh"], 1);
}

}  // namespace
}  // namespace fithome::api
