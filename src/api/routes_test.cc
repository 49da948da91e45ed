// SPDX-License-Identifier: MIT
#include "api/routes.h"

#include <gtest/gtest.h>

#include "api/assets.h"
#include "api/test_house.h"

namespace fithome::api {
namespace {

using nlohmann::json;

class RoutesOfAHouse : public TestHouse {};

TEST_F(RoutesOfAHouse, SayNothingBeforeTheFirstReading) {
  EXPECT_NE(complaint(503, "/api/v1/now").find("no reading yet"), std::string::npos);
  EXPECT_FALSE(routes.newest_event());
}

TEST_F(RoutesOfAHouse, TellTheNewestReadingWithItsDecimals) {
  live.publish(reading_at(kNow - std::chrono::milliseconds(400), 1234.5));
  Response response = ask("/api/v1/now");
  EXPECT_EQ(body_text(response),
            R"({"time":"2026-11-22T22:39:59.600Z","meter":"mains","simulated":true,"age_s":0.4,)"
            R"("p":1234.50,"q":null,"s":null,"pf":null,"f":null,"temp":null,)"
            R"("u_a":null,"i_a":null,"p_a":617.25,"q_a":null,"s_a":null,"pf_a":null,)"
            R"("u_c":null,"i_c":null,"p_c":null,"q_c":null,"s_c":null,"pf_c":null,)"
            R"("flags":["simulated"]})"
            "\n");
  EXPECT_EQ(response.content_type, "application/json; charset=utf-8");
}

TEST_F(RoutesOfAHouse, SendTheSameObjectAsAnEvent) {
  live.publish(reading_at(kNow, 5));
  Response now = ask("/api/v1/now");
  const auto event = routes.newest_event();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->time, kNow);
  EXPECT_EQ(event->text, "event: reading\ndata: " + body_text(now) + "\n");
}

TEST_F(RoutesOfAHouse, TellTheStatusAlsoWithoutAStore) {
  live.change([](Status& status) {
    status.faults.push_back({"chip_absent", kNow, "no chip \"answers\"", "look at the wires"});
  });
  const json status = json_of("/api/v1/status");
  EXPECT_EQ(status["healthy"], false);
  EXPECT_EQ(status["lines"], json({"a", "c"}));
  EXPECT_EQ(status["store"], nullptr);
  EXPECT_EQ(status["last_reading"], nullptr);
  EXPECT_EQ(status["last_reading_age_s"], nullptr);
  EXPECT_EQ(status["faults"][0]["what"], "no chip \"answers\"");
  EXPECT_EQ(status["faults"][0]["since"], "2026-11-22T22:40:00.000Z");
  EXPECT_GT(status["memory_bytes"], 100'000);
}

TEST_F(RoutesOfAHouse, TellTheLatestEventsNewestFirst) {
  std::vector<store::Event> events;
  for (int n = 0; n < 25; ++n) {
    events.push_back({.kind = "gap",
                      .begin = kNow - std::chrono::minutes(60 - n),
                      .end = kNow - std::chrono::minutes(59 - n),
                      .cause = "number " + std::to_string(n)});
  }
  events.back().end.reset();
  ASSERT_TRUE(store().append({.readings = {}, .events = events}));
  store_readings(3);

  const json status = json_of("/api/v1/status");

  EXPECT_EQ(status["healthy"], true);
  EXPECT_EQ(status["store"]["readings"], 3);
  EXPECT_EQ(status["store"]["last"], "2026-11-22T22:39:59.000Z");
  ASSERT_EQ(status["events"].size(), 20U);
  EXPECT_EQ(status["events"][0]["cause"], "number 24");
  EXPECT_EQ(status["events"][0]["end"], nullptr);
  EXPECT_EQ(status["events"][19]["cause"], "number 5");
}

TEST_F(RoutesOfAHouse, ListTheChannelTable) {
  const json answer = json_of("/api/v1/channels");
  ASSERT_EQ(answer["channels"].size(), reading::kChannels.size());
  const json& first = answer["channels"][0];
  EXPECT_EQ(first["name"], "p");
  EXPECT_EQ(first["unit"], "W");
  EXPECT_EQ(first["decimals"], 2);
  EXPECT_EQ(first["line"], nullptr);
  for (const json& channel : answer["channels"]) {
    EXPECT_EQ(channel["in_use"], channel["line"] != "b") << channel;
  }
  ASSERT_EQ(answer["flags"].size(), reading::kFlags.size());
  EXPECT_EQ(answer["flags"][2]["bit"], 2);
  EXPECT_EQ(answer["flags"][2]["name"], "late");
}

TEST_F(RoutesOfAHouse, RefuseWhatTheyDoNotKnow) {
  EXPECT_NE(complaint(404, "/api/v1/nwo").find("/api/v1/now"), std::string::npos);
  EXPECT_NE(complaint(404, "/api/v1/now/").find("no address"), std::string::npos);
  EXPECT_EQ(complaint(400, "/api/v1/now?pretty=1"), "no parameter \"pretty\"; there is meter");
  EXPECT_EQ(complaint(400, "/api/v1/live?a"), "no parameter \"a\"; this takes none");
  EXPECT_EQ(complaint(400, "/metrics?a"), "no parameter \"a\"; this takes none");
  EXPECT_NE(complaint(400, "/%zz").find("hex"), std::string::npos);
}

TEST_F(RoutesOfAHouse, OnlyRead) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get"}) {
    const Response response = ask("/api/v1/now", method);
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(header(response, "Allow"), "GET, HEAD");
  }
}

TEST_F(RoutesOfAHouse, AnswerForeignNamesOnlyWhereTheOwnerOpenedThem) {
  const Request foreign{.target = "/api/v1/status", .host = "evil.example:8080"};
  EXPECT_EQ(routes.answer(foreign).status, 421);
  const Routes open({live, clock, directory.path()}, false);
  EXPECT_EQ(open.answer(foreign).status, 200);
}

TEST_F(RoutesOfAHouse, EveryAnswerForbidsOtherHosts) {
  for (const char* target : {"/", "/api/v1/status", "/nothing", "/metrics"}) {
    const Response response = ask(target);
    const std::string head = head_text(response, Framing::length, true);
    for (const char* line :
         {"Content-Security-Policy: default-src 'self';", "X-Content-Type-Options: nosniff\r\n",
          "Referrer-Policy: no-referrer\r\n", "Cross-Origin-Resource-Policy: same-origin\r\n",
          "Cache-Control: "}) {
      EXPECT_NE(head.find(line), std::string::npos) << target << line;
    }
    EXPECT_EQ(head.find("Access-Control"), std::string::npos);
  }
}

TEST_F(RoutesOfAHouse, ServeThePageThatTheBrowserAlreadyHasWithoutSendingIt) {
  Response page = ask("/?view=day");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(header(page, "Cache-Control"), "no-cache");
  const std::string tag = header(page, "ETag");
  ASSERT_TRUE(tag.starts_with("W/\"") && tag.ends_with('"')) << tag;

  const std::string several = "\"other\", " + tag;
  const Response again = routes.answer({.host = "localhost", .if_none_match = several});
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.content_type.empty());
  EXPECT_EQ(header(again, "ETag"), tag);
  EXPECT_EQ(head_text(again, Framing::length, true).find("Content-Length"), std::string::npos);
}

TEST_F(RoutesOfAHouse, PackThePageForThoseWhoCanUnpackIt) {
  for (const Asset& asset : assets()) {
    ASSERT_TRUE(asset.path.starts_with('/')) << asset.path;
    ASSERT_FALSE(asset.plain.empty()) << asset.path;
    Request request{.target = asset.path, .host = "localhost", .accept_encoding = "br, gzip;q=0"};
    Response plain = routes.answer(request);
    EXPECT_EQ(header(plain, "Content-Encoding"), "");
    EXPECT_EQ(body_text(plain).size(), asset.plain.size());
    request.accept_encoding = "deflate , gzip;q=0.5";
    Response packed = routes.answer(request);
    EXPECT_EQ(header(packed, "Content-Encoding"), asset.gzip.empty() ? "" : "gzip");
    EXPECT_EQ(body_text(packed).size(),
              asset.gzip.empty() ? asset.plain.size() : asset.gzip.size());
    EXPECT_EQ(header(plain, "ETag"), header(packed, "ETag"));
    EXPECT_EQ(header(packed, "Cache-Control").find("immutable") != std::string::npos,
              asset.immutable);
  }
}

TEST(Framing, FitsWhatTheClientUnderstands) {
  Response text = api::json("{}");
  EXPECT_EQ(framing(text, false), Framing::length);
  EXPECT_NE(head_text(text, Framing::length, true).find("Content-Length: 2\r\n"),
            std::string::npos);
  Response pulled;
  pulled.body = Pull([](std::string&) -> Result<bool> { return true; });
  EXPECT_EQ(framing(pulled, true), Framing::chunks);
  EXPECT_EQ(framing(pulled, false), Framing::until_close);
  Response stream;
  stream.body = LiveStream{};
  EXPECT_EQ(framing(stream, true), Framing::until_close);
}

TEST(Streamed, FailsWithAStatusWhereTheFirstPieceFails) {
  const Response response = streamed(
      "text/plain", [](std::string&) -> Result<bool> { return fail(Code::corrupt, "bad page"); });
  EXPECT_EQ(response.status, 500);
}

TEST(Streamed, GivesBackAllPiecesInOrder) {
  Response response = streamed("text/plain", [n = 0](std::string& out) mutable -> Result<bool> {
    out += std::to_string(n);
    return ++n < 4;
  });
  EXPECT_EQ(body_text(response), "0123");
}

}  // namespace
}  // namespace fithome::api
