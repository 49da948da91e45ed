// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "api/test_house.h"

namespace fithome::api {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class Events : public TestHouse {
 protected:
  // A sag of line a that is over, an outage that lasts, and a start.
  void store_events() {
    const std::vector<store::Event> events{
        {.kind = "start", .begin = kNow - 3h, .end = kNow - 3h, .cause = "configured"},
        {.kind = "sag",
         .begin = kNow - 2h,
         .end = kNow - 2h + 4s,
         .cause = "the voltage fell",
         .channel = *reading::find_channel("u_a"),
         .worst = 9812},
        {.kind = "outage", .begin = kNow - 1min, .cause = "the mains were gone", .reason = "grid"}};
    ASSERT_TRUE(store().append({.events = events}));
  }
};

TEST_F(Events, AreTheNewestFirstWithDepthAndReason) {
  store_events();
  const json answer = json_of("/api/v1/events");
  EXPECT_TRUE(answer["simulated"]);
  const json& events = answer["events"];

  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0], (json{{"kind", "outage"},
                             {"begin", "2026-11-22T22:39:00.000Z"},
                             {"end", nullptr},
                             {"cause", "the mains were gone"},
                             {"reason", "grid"}}));
  EXPECT_EQ(events[1]["line"], "a");
  EXPECT_EQ(events[1]["worst"], 98.12);
  EXPECT_EQ(events[1]["unit"], "V");
  EXPECT_EQ(events[2]["kind"], "start");
}

TEST_F(Events, AreFoundByKindAndTime) {
  store_events();

  EXPECT_EQ(json_of("/api/v1/events?kind=sag,outage")["events"].size(), 2U);
  EXPECT_EQ(json_of("/api/v1/events?kind=swell")["events"], json::array());
  EXPECT_EQ(json_of("/api/v1/events?limit=1")["events"][0]["kind"], "outage");
  const json past = json_of("/api/v1/events?from=2026-11-22T20:00Z&to=2026-11-22T21:00Z");
  ASSERT_EQ(past["events"].size(), 1U);
  EXPECT_EQ(past["events"][0]["kind"], "sag");
}

TEST_F(Events, ThatAreAskedForWronglyAreRefusedWithTheRemedy) {
  store_events();

  EXPECT_NE(complaint(400, "/api/v1/events?kind=sag;drop").find("docs/api.md"), std::string::npos);
  EXPECT_NE(complaint(400, "/api/v1/events?limit=0").find("10000"), std::string::npos);
  EXPECT_NE(complaint(400, "/api/v1/events?from=now&to=2026-11-01").find("before"),
            std::string::npos);
  EXPECT_FALSE(complaint(400, "/api/v1/events?colour=red").empty());
}

TEST_F(Events, AreNotFoundWhereThereIsNoStore) {
  EXPECT_FALSE(complaint(404, "/api/v1/events").empty());
}

TEST_F(Events, OfSeveralMetersSayWhose) {
  live.change([](Status& status) {
    status.meters.resize(2);
    status.meters[1].id = 2;
    status.meters[1].name = "solar";
  });
  const std::vector<store::Event> events{
      {.meter = 2, .kind = "outage", .begin = kNow - 1min, .cause = "silent", .reason = "meter"}};
  ASSERT_TRUE(store().append({.meter = 2, .events = events}));

  EXPECT_EQ(json_of("/api/v1/events")["events"][0]["meter"], "solar");
}

}  // namespace
}  // namespace fithome::api
