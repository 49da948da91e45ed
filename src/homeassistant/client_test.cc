// SPDX-License-Identifier: MIT
#include "homeassistant/client.h"

#include <gtest/gtest.h>

#include "homeassistant/fake.h"

namespace fithome::homeassistant {
namespace {

using Json = nlohmann::json;

const Statistic kImport{.id = "fithome:ab_1_import", .name = "Home Energy import"};
const UtcTime kNoon = parse_time("2026-11-26T12:00:00Z", {}).value();

class HomeAssistantAnswers : public testing::Test {
 protected:
  Result<Client> log_in(const std::string& token = "right") {
    return Client::log_in(std::make_unique<FakeWire>(home_), token);
  }
  Error refused(const std::string& token = "right") {
    const auto client = log_in(token);
    EXPECT_FALSE(client);
    return client ? Error{} : client.error();
  }
  // What `hours` says when `answers` come in place of the right one.
  Error hours_where(std::vector<std::string> answers) {
    home_.instead = [answers](const Json& request) {
      return request["type"] == "auth" ? std::vector<std::string>{} : answers;
    };
    auto client = log_in().value();
    const auto hours = client.hours(kImport, kNoon, kNoon + std::chrono::hours(3));
    EXPECT_FALSE(hours);
    return hours ? Error{} : hours.error();
  }

  FakeHomeAssistant home_;
};

TEST_F(HomeAssistantAnswers, TheVersionItIs) { EXPECT_EQ(log_in()->version(), "2026.11.0"); }

TEST_F(HomeAssistantAnswers, AWrongTokenWithARefusalThatDoesNotTellIt) {
  const Error error = refused("a wrong one");
  EXPECT_EQ(error.code, Code::invalid);
  EXPECT_NE(error.what.find("Long-lived access tokens"), std::string::npos);
  EXPECT_EQ(error.what.find("a wrong one"), std::string::npos);
}

TEST_F(HomeAssistantAnswers, NothingToOneWithoutAToken) {
  EXPECT_EQ(refused("").code, Code::invalid);
  EXPECT_TRUE(home_.asked.empty());
}

TEST_F(HomeAssistantAnswers, ATokenOfAnyBytes) {
  home_.token = "quote \" backslash \\ \x01 \xc3\xa9";
  EXPECT_TRUE(log_in(home_.token));
  EXPECT_FALSE(log_in("\xff\xfe")) << "that is no text";
}

TEST_F(HomeAssistantAnswers, ThatItIsTooOld) {
  home_.version = "2022.12.8";
  EXPECT_EQ(refused().code, Code::unsupported);
  for (const char* good : {"2023.3.0", "2027.1.0b3", "2026.12.0.dev0", "", "unheard of"}) {
    home_.version = good;
    EXPECT_TRUE(log_in()) << good;
  }
}

TEST_F(HomeAssistantAnswers, RubbishWithoutHarm) {
  for (const char* rubbish : {"", "rubbish", "[]", "null", "7", "{}", R"({"type": 7})",
                              R"({"type": "auth_maybe"})", "\xff", "{\"type\": \"auth_ok\""}) {
    home_.instead = [rubbish](const Json&) { return std::vector<std::string>{rubbish}; };
    EXPECT_EQ(refused().code, Code::invalid) << rubbish;
  }
  EXPECT_EQ(hours_where({"rubbish"}).code, Code::invalid);
  EXPECT_EQ(hours_where({R"({"id": 1, "type": "result", "success": true, "result": []})"}).code,
            Code::invalid);
  EXPECT_EQ(hours_where({R"({"id": 1, "type": "result", "success": true, "result":
                            {"fithome:ab_1_import": 7}})"})
                .code,
            Code::invalid);
  const std::vector<std::string> endless(2000, R"({"id": 99, "type": "event"})");
  EXPECT_EQ(hours_where(endless).code, Code::invalid);
}

TEST_F(HomeAssistantAnswers, ThatTheConnectionBroke) {
  EXPECT_EQ(hours_where({R"({"id": 99, "type": "event"})"}).code, Code::transient);
}

TEST_F(HomeAssistantAnswers, WhyItRefused) {
  const auto answer = [](const char* code) {
    return Json{{"id", 1},
                {"type", "result"},
                {"success", false},
                {"error", {{"code", code}, {"message", "not\nso"}}}}
        .dump();
  };
  EXPECT_NE(hours_where({answer("unauthorized")}).what.find("administrator"), std::string::npos);
  EXPECT_EQ(hours_where({answer("unknown_command")}).code, Code::unsupported);
  EXPECT_NE(hours_where({answer("invalid_format")}).what.find("not so (invalid_format)"),
            std::string::npos);
  EXPECT_EQ(hours_where({R"({"id": 1, "type": "result"})"}).code, Code::invalid);
}

TEST_F(HomeAssistantAnswers, HoursAsTheyWereImported) {
  std::vector<Hour> given;
  for (int n = 0; n < 2500; ++n) {
    given.push_back({kNoon + std::chrono::hours(n), 1000 + n * 0.1, n * 0.1});
  }
  auto client = log_in().value();

  ASSERT_TRUE(client.import(kImport, given));
  const auto found = client.hours(kImport, kNoon, kNoon + std::chrono::hours(10'000)).value();

  ASSERT_EQ(found.size(), given.size());
  EXPECT_EQ(std::ranges::count(home_.asked, "recorder/import_statistics"), 3);
  for (std::size_t n = 0; n < found.size(); ++n) {
    ASSERT_EQ(found[n].start, given[n].start);
    ASSERT_EQ(found[n].state, given[n].state);
    ASSERT_EQ(found[n].sum, given[n].sum);
  }
  EXPECT_EQ(client.hours(kImport, kNoon, kNoon + std::chrono::hours(2)).value().size(), 2U);
}

TEST_F(HomeAssistantAnswers, LeaveOutHoursThatAreNone) {
  home_.instead = [](const Json& request) {
    if (request["type"] == "auth") return std::vector<std::string>{};
    return std::vector<std::string>{R"({"id": 1, "type": "result", "success": true, "result":
      {"fithome:ab_1_import": [7, {}, {"start": -1e300, "state": 1, "sum": 1},
       {"start": 1e300, "state": 1, "sum": 1}, {"start": 1795694400000, "state": null, "sum": 1},
       {"start": 1795694400000, "state": 1, "sum": 2}]}})"};
  };
  auto client = log_in().value();
  const auto found = client.hours(kImport, kNoon, kNoon + std::chrono::hours(1)).value();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].sum, 2);
}

TEST_F(HomeAssistantAnswers, WhichSensorsItKeepsItself) {
  const std::vector<Statistic> ours{{.id = "fithome:ab_1_import", .sensor = "fithome_ab_1_import"},
                                    {.id = "fithome:ab_1_export", .sensor = "fithome_ab_1_export"},
                                    {.id = "fithome:ab_2_import", .sensor = "fithome_ab_2_import"}};
  auto client = log_in().value();
  EXPECT_TRUE(client.sensors(ours)->empty());

  const auto entity = [&](const char* id, const char* unique, const char* platform) {
    home_.registry.push_back({{"entity_id", id}, {"unique_id", unique}, {"platform", platform}});
  };
  entity("sensor.mine", "fithome_ab_1_import", "mqtt");
  entity("sensor.in_wh", "fithome_ab_1_export", "mqtt");
  entity("sensor.of_another", "fithome_ab_2_import", "knx");
  home_.registry.push_back(7);
  home_.metadata["sensor.mine"] = {{"source", "recorder"}, {"unit_of_measurement", "kWh"}};
  home_.metadata["sensor.in_wh"] = {{"source", "recorder"}, {"unit_of_measurement", "Wh"}};
  const auto found = client.sensors(ours).value();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].id, "sensor.mine");
  EXPECT_TRUE(found[0].of_sensor);
}

TEST_F(HomeAssistantAnswers, WhatIsImportedIsDescribedAsItsVersionWants) {
  const std::vector<Hour> one{{kNoon, 2, 1}};
  ASSERT_TRUE(log_in()->import(kImport, one));
  EXPECT_EQ(home_.metadata[kImport.id]["unit_class"], "energy");
  EXPECT_EQ(home_.metadata[kImport.id]["mean_type"], 0);
  EXPECT_FALSE(home_.metadata[kImport.id].contains("has_mean"));

  home_.version = "2025.10.4";
  ASSERT_TRUE(log_in()->import(kImport, one));
  EXPECT_FALSE(home_.metadata[kImport.id].contains("unit_class"));
  EXPECT_EQ(home_.metadata[kImport.id]["has_mean"], false);
}

TEST(HomeAssistantUrl, IsAnAddressWithoutEncryption) {
  for (const char* good : {"http://127.0.0.1:8123", "http://homeassistant.local:8123/",
                           "http://[::1]:8123", "http://ha"}) {
    EXPECT_TRUE(check_url(good)) << good;
  }
  for (const char* bad :
       {"", "ha:8123", "https://ha:8123", "http://", "http://:8123", "http://ha:port",
        "http://ha:8123/lovelace", "http://me:secret@ha:8123", "http://h a:1", "ws://ha:8123"}) {
    EXPECT_FALSE(check_url(bad)) << bad;
  }
}

}  // namespace
}  // namespace fithome::homeassistant
