// SPDX-License-Identifier: MIT
#include "mqtt/messages.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/fake_live.h"

namespace fithome::mqtt {
namespace {

using nlohmann::json;

constexpr UtcTime kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} +
                       std::chrono::hours(22)};

class Messages : public testing::Test {
 protected:
  Messages() {
    names.site = short_site(live.status().site);
    names.version = "1.2.3";
  }
  Device device() const { return devices_of(live.status(), "our house").at(0); }
  json state(UtcTime now = kNow) const {
    return json::parse(state_of(device(), live, live.status(), now));
  }
  void measure(double watts) {
    reading::Reading reading{.time = kNow};
    reading.set(*reading::find_channel("p"), watts);
    live.publish(reading);
  }

  api::FakeLive live;
  Names names;
};

TEST_F(Messages, KeepTheirTopicsAndIdsWhenNamesChange) {
  EXPECT_EQ(names.site, "0123456789ab");
  EXPECT_EQ(device().state_topic(names), "fithome/0123456789ab/1/state");
  const auto one = discovery_of(device(), names, Discovery::device);
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].topic, "homeassistant/device/fithome_0123456789ab_1/config");
  const json payload = json::parse(one[0].payload);
  EXPECT_EQ(payload["device"]["name"], "our house");
  EXPECT_EQ(payload["device"]["model"], "ATM90E32AS (simulated)");
  EXPECT_EQ(payload["components"]["p_a"]["unique_id"], "fithome_0123456789ab_1_p_a");
  EXPECT_EQ(payload["availability_topic"], "fithome/0123456789ab/status");
}

TEST_F(Messages, GiveEachValueOfAStateATopicOfItsOwn) {
  measure(1234.5);
  const std::string text = state_of(device(), live, live.status(), kNow);
  const auto values = values_of(device(), names, text);
  EXPECT_EQ(values.size(), json::parse(text).size());
  const auto of = [&](std::string_view key) {
    const std::string topic = "fithome/0123456789ab/1/" + std::string(key);
    const auto found = std::ranges::find(values, topic, &Message::topic);
    return found == values.end() ? "nothing" : found->payload;
  };
  EXPECT_EQ(of("p"), "1234.5");
  EXPECT_EQ(of("q"), "null") << "it is not known";
  EXPECT_EQ(of("problem"), "OFF");
  EXPECT_EQ(of("state"), "nothing") << "that is the object's";
}

TEST_F(Messages, AnnounceEachValueThatTheStateHasAndNoOther) {
  measure(1);
  const json payload = json::parse(discovery_of(device(), names, Discovery::device)[0].payload);
  json known = state();
  known.erase("time");
  for (const auto& [key, component] : payload["components"].items()) {
    if (component["platform"] == "event") continue;
    EXPECT_EQ(component["value_template"], "{{ value_json." + key + " }}");
    EXPECT_TRUE(known.contains(key)) << key;
    known.erase(key);
  }
  EXPECT_EQ(known, json::object());
}

TEST_F(Messages, AnnounceEventsWithTheTopicAndTypesThatTheyAreToldWith) {
  const json whole = json::parse(discovery_of(device(), names, Discovery::device)[0].payload);
  const json sag = whole["components"]["sag"];
  EXPECT_EQ(sag, (json{{"platform", "event"},
                       {"unique_id", "fithome_0123456789ab_1_sag"},
                       {"name", "Sag"},
                       {"state_topic", "fithome/0123456789ab/1/event/sag"},
                       {"event_types", {"began", "ended"}}}));
  EXPECT_EQ(whole["components"]["restart"]["event_types"], json{"restarted"});
  EXPECT_EQ(whole["components"]["restart"]["entity_category"], "diagnostic");
  for (const Message& message : discovery_of(device(), names, Discovery::single)) {
    const json one = json::parse(message.payload);
    const bool event = message.topic.starts_with("homeassistant/event/");
    EXPECT_EQ(one.contains("event_types"), event) << message.topic;
    EXPECT_EQ(one["state_topic"] == device().state_topic(names), !event) << message.topic;
    EXPECT_EQ(message.payload.find("state_topic"), message.payload.rfind("state_topic"));
  }
}

TEST_F(Messages, TellOnceThatAnEventBeganAndOnceThatItEnded) {
  Events events;
  const auto told = [&](const store::Event& event) {
    return events.told(event, devices_of(live.status(), "our house"), names, live.status());
  };
  store::Event sag{.kind = "sag",
                   .begin = kNow,
                   .cause = "low",
                   .channel = reading::find_channel("u_a"),
                   .worst = 9812};
  const auto began = told(sag);
  ASSERT_EQ(began.size(), 1u);
  EXPECT_EQ(began[0].topic, "fithome/0123456789ab/1/event/sag");
  EXPECT_EQ(json::parse(began[0].payload), (json{{"event_type", "began"},
                                                 {"kind", "sag"},
                                                 {"begin", "2026-11-22T22:00:00.000Z"},
                                                 {"end", nullptr},
                                                 {"cause", "low"},
                                                 {"line", "a"},
                                                 {"worst", 98.12},
                                                 {"unit", "V"}}));
  sag.worst = 9700;
  EXPECT_TRUE(told(sag).empty()) << "it grew worse";
  store::Event other = sag;
  other.channel = reading::find_channel("u_c");
  EXPECT_EQ(told(other).size(), 1u) << "another line's is another";
  sag.end = kNow + std::chrono::seconds(4);
  const auto ended = told(sag);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(json::parse(ended[0].payload)["event_type"], "ended");
  EXPECT_EQ(json::parse(ended[0].payload)["worst"], 97);
  const auto both = told(sag);
  ASSERT_EQ(both.size(), 2u) << "over when it is first heard of";
  EXPECT_EQ(json::parse(both[0].payload)["event_type"], "began");
  EXPECT_EQ(json::parse(both[1].payload)["event_type"], "ended");
}

TEST_F(Messages, TellOfARestartAndOfNothingThatIsNoEntity) {
  Events events;
  const auto told = [&](const store::Event& event) {
    return events.told(event, devices_of(live.status(), "our house"), names, live.status());
  };
  const auto restart = told({.kind = "start", .begin = kNow, .end = kNow, .cause = "configured"});
  ASSERT_EQ(restart.size(), 1u);
  EXPECT_EQ(restart[0].topic, "fithome/0123456789ab/1/event/restart");
  EXPECT_EQ(json::parse(restart[0].payload)["event_type"], "restarted");
  EXPECT_TRUE(told({.kind = "gap", .begin = kNow}).empty());
  EXPECT_TRUE(told({.kind = "", .begin = kNow}).empty()) << "a sensor is of no kind";
  EXPECT_TRUE(told({.kind = "restart", .begin = kNow}).empty());
  EXPECT_TRUE(told({.meter = 7, .kind = "sag", .begin = kNow}).empty());
}

TEST_F(Messages, SingleFormAnnouncesTheSameEntities) {
  const auto single = discovery_of(device(), names, Discovery::single);
  const json whole = json::parse(discovery_of(device(), names, Discovery::device)[0].payload);
  EXPECT_EQ(single.size(), whole["components"].size());
  const json first = json::parse(single[0].payload);
  EXPECT_EQ(single[0].topic, "homeassistant/sensor/fithome_0123456789ab_1_p/config");
  EXPECT_EQ(first["unique_id"], whole["components"]["p"]["unique_id"]);
  EXPECT_EQ(first["device"], whole["device"]);
  EXPECT_TRUE(discovery_of(device(), names, Discovery::off).empty());
}

TEST_F(Messages, AreNullRatherThanDoubtful) {
  EXPECT_EQ(state()["p"], nullptr);
  EXPECT_EQ(state()["import"], nullptr);  // never 0 before it is known
  measure(-1234.5);
  EXPECT_EQ(state()["p"], -1234.5);
  EXPECT_EQ(state()["u_a"], nullptr);
  EXPECT_EQ(state(kNow + kStale + std::chrono::seconds(1))["p"], nullptr);
}

TEST_F(Messages, TotalsAreKilowattHoursAndCorrectionsAreNoConsumption) {
  reading::Ledger ledger;
  ledger.net.active.imported.nwh = 12'345'678'900'000;
  ledger.net.active.exported.nwh = 999'999'999;
  ledger.lines[2].active.imported.nwh = 5'000'000'000;
  ledger.lines[0].reactive.exported.nwh = 21'000'000'000;
  live.set_ledger(ledger);
  EXPECT_EQ(state()["import"], 12.345);
  EXPECT_EQ(state()["export"], 0);
  EXPECT_EQ(state()["import_c"], 0.005);
  EXPECT_EQ(state()["reactive_export_a"], 0.021);
  reading::set_total(ledger.net, {99'000'000'000'000}, {1'000'000'000'000});
  live.set_ledger(ledger);
  EXPECT_EQ(state()["import"], 12.345);
}

TEST_F(Messages, ProblemsAreToldByName) {
  EXPECT_EQ(state()["problem"], "OFF");
  EXPECT_EQ(state()["problems"], "none");
  live.change([](api::Status& status) {
    status.faults = {{"chip_absent", kNow, "no answer", "look"}, {"sag", kNow, "low", "wait"}};
  });
  EXPECT_EQ(state()["problem"], "ON");
  EXPECT_EQ(state()["problems"], "chip_absent; sag");
}

TEST_F(Messages, TellProblemsOfTheClockAndOfTheStoreByThemselves) {
  const auto told = [&](const char* fault) {
    live.change([&](api::Status& status) { status.faults = {{fault, kNow, "what", "do"}}; });
    const json now = state();
    return now["problem"].get<std::string>() + " " + now["clock"].get<std::string>() + " " +
           now["store"].get<std::string>();
  };
  EXPECT_EQ(told("clock_unset"), "ON ON OFF");
  EXPECT_EQ(told("store_failing"), "ON OFF ON");
  EXPECT_EQ(told("store_damaged"), "ON OFF ON");
  EXPECT_EQ(told("sag"), "ON OFF OFF");
}

TEST_F(Messages, TellWhatTheSinksDoWhereThereAreAny) {
  EXPECT_FALSE(state().contains("sinks"));
  live.change([](api::Status& status) {
    status.sinks = {{.name = "mongodb", .doing = sinks::Doing::paused},
                    {.name = "mqtt", .doing = sinks::Doing::up_to_date}};
  });
  EXPECT_EQ(state()["sinks"], "mongodb: paused; mqtt: up_to_date");
  EXPECT_EQ(device().entities.back().key, "sinks");
}

TEST_F(Messages, AnnounceAButtonWithTheTopicThatIsListenedTo) {
  Device with = device();
  with.entities = buttons_of(true);
  const json whole = json::parse(discovery_of(with, names, Discovery::device)[0].payload);
  EXPECT_EQ(whole["components"]["mark_event"],
            (json{{"platform", "button"},
                  {"unique_id", "fithome_0123456789ab_1_mark_event"},
                  {"name", "Mark an event"},
                  {"command_topic", "fithome/0123456789ab/command/mark_event"}}));
  for (const Message& one : discovery_of(with, names, Discovery::single)) {
    EXPECT_TRUE(one.topic.starts_with("homeassistant/button/")) << one.topic;
    EXPECT_FALSE(json::parse(one.payload).contains("state_topic"));
  }
}

TEST_F(Messages, RemoveWhatAnEarlierConfigurationAnnounced) {
  const auto wanted = discovery_of(device(), names, Discovery::device);
  live.change([](api::Status& status) { status.lines = {true, true, true}; });
  const auto before = discovery_of(device(), names, Discovery::device);
  const auto gone = removals(before[0], wanted, names);
  ASSERT_EQ(gone.size(), 1u);
  const json payload = json::parse(gone[0].payload);
  EXPECT_EQ(payload["components"]["p_b"], (json{{"platform", "sensor"}}));
  EXPECT_EQ(payload["components"]["p_a"]["platform"], "sensor");
  EXPECT_TRUE(payload["components"]["p_a"].contains("unique_id"));
  EXPECT_TRUE(removals(wanted[0], wanted, names).empty());

  const Message single{"homeassistant/sensor/fithome_0123456789ab_1_p/config", "{}"};
  const auto old_form = removals(single, wanted, names);
  ASSERT_EQ(old_form.size(), 1u);
  EXPECT_EQ(old_form[0].topic, single.topic);
  EXPECT_EQ(old_form[0].payload, "");
}

TEST_F(Messages, TakeBackWhatSomebodyLeftWhereNothingIsRetained) {
  const std::string state = device().state_topic(names);
  const auto gone = removals({state, R"({"import": 99999})"}, {}, names);
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_EQ(gone[0].topic, state);
  EXPECT_EQ(gone[0].payload, "");
  EXPECT_TRUE(removals({state, ""}, {}, names).empty());
  EXPECT_TRUE(removals({names.availability(), "offline"}, {}, names).empty());
  EXPECT_TRUE(removals({"fithome/ffffffffffff/1/state", "{}"}, {}, names).empty());
}

TEST_F(Messages, LeaveOthersAndRubbishAlone) {
  const auto wanted = discovery_of(device(), names, Discovery::device);
  for (const Message& message :
       std::vector<Message>{{"homeassistant/sensor/zigbee_p/config", "{}"},
                            {"homeassistant/device/fithome_ffffffffffff_1/config", "{}"},
                            {"homeassistant/fithome_0123456789ab_1/config", "{}"},
                            {"elsewhere/device/fithome_0123456789ab_9/config", "{}"},
                            {wanted[0].topic, "rubbish"},
                            {wanted[0].topic, R"({"components": 7})"},
                            {wanted[0].topic, R"({"components": {"p": {"platform": 7}}})"},
                            {wanted[0].topic, std::string(100'000, '[')},
                            {wanted[0].topic, std::string("\xff\x00{", 3)}}) {
    EXPECT_TRUE(removals(message, wanted, names).empty())
        << message.topic << " " << message.payload;
  }
  const Message odd{wanted[0].topic, R"({"components": {"x": {"platform": [1]}, "y": null}})"};
  const auto gone = removals(odd, wanted, names);
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_EQ(json::parse(gone[0].payload)["components"]["x"], (json{{"platform", "sensor"}}));
  const Message event{wanted[0].topic, R"({"components": {"x": {"platform": "event"}}})"};
  EXPECT_EQ(json::parse(removals(event, wanted, names).at(0).payload)["components"]["x"],
            (json{{"platform", "event"}}));
}

}  // namespace
}  // namespace fithome::mqtt
