// SPDX-License-Identifier: MIT
#include "imports/influx.h"

#include "imports/influx_answer.h"
#include "imports/influx_line.h"
#include "imports/influx_tags.h"
#include "imports/spool.h"
#include "imports/test_support.h"

namespace fithome::imports {
namespace {

using store::at;

TEST(InfluxLine, IsReadWithAllItsEscapes) {
  const auto point = read_influx_line(
      R"(my\ house\,old,room=the\ cellar,a\=b=c power=12.5,n=7i,m=8u,on=true,text="a \"b\", c=d" 1795348800123456789)");
  ASSERT_TRUE(point) << point.error().what;
  EXPECT_EQ(point->measurement, "my house,old");
  EXPECT_EQ(point->tags_text(), "room=the cellar,a=b=c");
  ASSERT_EQ(point->fields.size(), 5U);
  EXPECT_EQ(point->fields[0].name, "power");
  EXPECT_EQ(point->fields[0].number, 12.5);
  EXPECT_EQ(point->fields[1].number, 7);
  EXPECT_EQ(point->fields[2].number, 8);
  EXPECT_EQ(point->fields[3].number, std::nullopt);
  EXPECT_EQ(point->fields[4].text, R"("a \"b\", c=d")");
  EXPECT_EQ(point->ns, 1795348800123456789);
}

TEST(InfluxLine, TellsTheUnitOfATimeByItsSize) {
  for (const char* time :
       {"1795348800", "1795348800000", "1795348800000000", "1795348800000000000"}) {
    EXPECT_EQ(read_influx_line(std::string("m f=1 ") + time)->ns, 1795348800000000000) << time;
  }
}

TEST(InfluxLine, ThatIsNoneIsRefused) {
  for (const char* line :
       {"", "m", "m f=1", "m f= 1795348800", "m,tag f=1 1795348800", "m f 1795348800", "m f=1 x",
        "m f=1 5", "m f=\"a 1795348800", ",t=1 f=1 1795348800"}) {
    EXPECT_FALSE(read_influx_line(line)) << line;
  }
  EXPECT_TRUE(influx_text_is_open("m f=\"a"));
  EXPECT_FALSE(influx_text_is_open("m f=\"a\" 1"));
}

TEST(InfluxTags, AreReadAsTheyAreShown) {
  const auto tags = parse_influx_tags("host=pi,room=the cellar\\, left");
  ASSERT_TRUE(tags);
  EXPECT_EQ((*tags)[0], std::pair(std::string("host"), std::string("pi")));
  EXPECT_EQ((*tags)[1], std::pair(std::string("room"), std::string("the cellar, left")));
  EXPECT_FALSE(parse_influx_tags("host"));
  EXPECT_FALSE(parse_influx_tags("host=pi,"));
}

TEST(InfluxAnswer, IsRowsOrTheServersOwnWords) {
  const auto rows = read_influx_rows(
      R"({"results":[{"statement_id":0,"series":[{"name":"m","tags":{"host":"a"},"columns":["time","c0","c1"],
          "values":[[1795348800000000001,1.5,null],[1795348800000000002,null,-2]]}]}]})",
      2);
  ASSERT_TRUE(rows) << rows.error().what;
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->at(0).tags, "host=a");
  EXPECT_EQ(rows->at(0).rows.at(1).ns, 1795348800000000002);
  EXPECT_EQ(rows->at(0).rows.at(0).values.at(1), std::nullopt);
  EXPECT_EQ(rows->at(0).rows.at(1).values.at(1), -2);

  EXPECT_TRUE(read_influx_rows(R"({"results":[{"statement_id":0}]})", 1)->empty());
  EXPECT_EQ(read_influx_rows(R"({"results":[{"error":"database not found: x"}]})", 1).error().what,
            "database not found: x");
  EXPECT_EQ(read_influx_names(R"({"error":"authorization failed"})").error().what,
            "authorization failed");
  EXPECT_NE(read_influx_rows("<html>", 1).error().what.find("no answer of InfluxDB"),
            std::string::npos);
  EXPECT_FALSE(read_influx_rows(R"({"results":[{"series":[{"values":[[1,"on"]]}]}]})", 1));
  EXPECT_FALSE(read_influx_rows(R"({"results":[{"series":[{"values":[[1.5,1]]}]}]})", 1));
}

TEST(Spool, HandsOutInOrderOfTimeWhatCameInAnyOrder) {
  auto spool = Spool::make();
  ASSERT_TRUE(spool) << spool.error().what;
  constexpr std::int64_t kSecond = 1'000'000'000;
  constexpr std::int64_t kCount = 600'000;  // more than waits in memory
  for (std::int64_t n = 0; n < kCount; ++n) {
    const std::int64_t second = n * 7919 % kCount;
    ASSERT_TRUE(spool->add({second * kSecond, static_cast<std::int32_t>(second), 0}));
  }
  std::int64_t next = 0;
  while (true) {
    const auto day = spool->next_day();
    ASSERT_TRUE(day) << day.error().what;
    if (day->empty()) break;
    for (const SpooledValue& value : *day) ASSERT_EQ(value.ns, next++ * kSecond);
  }
  EXPECT_EQ(next, kCount);
}

class InfluxFile : public testing::Test {
 protected:
  std::vector<reading::Reading> readings(std::string_view text, InfluxOptions options,
                                         std::string* error = nullptr) {
    options.file = write_file(folder_.path() / "t.lp", text);
    options.measurement = "house";
    const auto source = influx_file_source(options, [](double) {});
    if (source) return all_of(**source, error);
    if (error == nullptr) ADD_FAILURE() << source.error().what;
    if (error != nullptr) *error = source.error().what;
    return {};
  }
  std::string refusal(std::string_view text, const InfluxOptions& options) {
    std::string error = "accepted";
    readings(text, options, &error);
    const auto name = error.find("t.lp");
    return name == std::string::npos ? error : error.substr(name);
  }

  store::TemporaryDirectory folder_;
};

TEST_F(InfluxFile, HasAFieldAfterTheOtherAndBecomesReadings) {
  const auto found = readings(
      "# INFLUXDB EXPORT: 1677-09-21T00:12:43Z - 2262-04-11T23:47:16Z\n"
      "# DDL\nCREATE DATABASE d WITH NAME autogen\n# DML\n# CONTEXT-DATABASE:d\n"
      "house,host=pi power=1.5 1795348801000000000\n"
      "house,host=pi power=1 1795348800000000000\n"
      "weather note=\"two\nlines=\" 1795348800000000000\n"
      "house,host=pi text=\"one\nhouse power=99 1795348800000000000\n\" 1795348800000000000\n"
      "house,host=pi u=230.1 1795348800000000000\n"
      "house,host=pi u=230.2 1795348800000000000\n"
      "house,host=other power=77 1795348800000000000\n",
      {.fields = "p=power*1000,p_a=power*1000,u_a=u", .tags = "host=pi"});

  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].time, at("2026-11-22T12:00:00Z"));
  EXPECT_EQ(found[0].value(id("p")), 1000);
  EXPECT_EQ(found[0].value(id("p_a")), 1000);
  EXPECT_EQ(found[0].steps[id("u_a")], 23020) << "as it was written last";
  EXPECT_EQ(found[1].time, at("2026-11-22T12:00:01Z"));
  EXPECT_EQ(found[1].value(id("p")), 1500);
  EXPECT_EQ(found[1].steps[id("u_a")], std::nullopt);
}

TEST_F(InfluxFile, SaysWhatIsWrongWithIt) {
  const std::string good = "house,host=a power=1 1795348800\n";
  EXPECT_EQ(refusal(good + "house,host=b power=1 1795348800\n", {.fields = "p=power"}),
            "t.lp:2: power has several series, host=a and host=b; pick one, as in --tags 'host=a'");
  EXPECT_EQ(refusal(good, {.fields = "p=energy"}),
            "t.lp: no field \"energy\"; the measurement has \"power\"");
  EXPECT_TRUE(
      refusal(good, {.fields = "watts=power"}).starts_with("no channel \"watts\"; there are p"));
  EXPECT_EQ(refusal("barn power=1 1795348800\n", {.fields = "p=power"}),
            "t.lp: no point of measurement \"house\"; the file has barn");
  EXPECT_EQ(refusal("house power=true 1795348800\n", {.fields = "p=power"}),
            "t.lp:1: power is true, which is no number; name another field");
  EXPECT_EQ(
      refusal(good + "house power=1 179\n", {.fields = "p=power"}),
      "t.lp:2: no time of 1973 to 2100 at \"179\"; a point is MEASUREMENT,TAG=x FIELD=1.5 TIME");
  EXPECT_EQ(refusal(good + "house text=\"a", {.fields = "p=power"}),
            "t.lp:2: the file ends in the middle of a text; copy it again");
}

}  // namespace
}  // namespace fithome::imports
