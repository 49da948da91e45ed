// SPDX-License-Identifier: MIT
#include "sinks/mongodb/document.h"

#include <gtest/gtest.h>

#include <set>

namespace fithome::sinks {
namespace {

using namespace std::chrono_literals;

const UtcTime kTime = *parse_time("2026-11-22T08:00:00.750Z", UtcTime{});

store::Numbered reading_with(std::initializer_list<std::pair<const char*, std::int32_t>> steps) {
  store::Numbered one{7, store::kFirstMeter, {.time = kTime, .flags = 0, .steps = {}}};
  for (const auto& [name, value] : steps) one.reading.steps[*reading::find_channel(name)] = value;
  return one;
}

std::string hex(const bson_oid_t& id) {
  char text[25];
  bson_oid_to_string(&id, text);
  return text;
}

std::string json_of(const store::Numbered& one, bool all) {
  bson_t document = BSON_INITIALIZER;
  append_document(document, one, {"site", "mains", all});
  char* text = bson_as_relaxed_extended_json(&document, nullptr);
  std::string json = text;
  bson_free(text);
  bson_destroy(&document);
  return json;
}

TEST(Document, IsWhatTheOriginalWroteAndMore) {
  const auto one = reading_with({{"p", 123'456}, {"q", -1}, {"u_a", 12'013}});
  const std::string id = hex(object_id("site", one));

  EXPECT_EQ(json_of(one, false),
            R"({ "_id" : { "$oid" : ")" + id +
                R"(" }, "Pa" : 1234.5599999999999454, "Pr" : -0.010000000000000000208, )"
                R"("ts" : { "$date" : "2026-11-22T08:00:00.750Z" }, "meter" : "mains", )"
                R"("quality" : "good" })");
  EXPECT_NE(json_of(one, true).find(R"("u_a_V" : 120.1)"), std::string::npos);
}

TEST(Document, LeavesOutWhatWasNotMeasuredAndSaysWhatIsDoubtful) {
  auto one = reading_with({{"p", 100}});
  one.reading.flags = bit(reading::Flag::late) | bit(reading::Flag::retried);
  const std::string json = json_of(one, true);

  EXPECT_EQ(json.find("Pr"), std::string::npos);
  EXPECT_NE(json.find(R"("quality" : "late retried")"), std::string::npos);
}

TEST(Document, HasItsSecondInFrontAndAnIdThatIsTheSameEachTimeAndNoOtherS) {
  std::set<std::string> ids;
  for (const char* site : {"one", "two"}) {
    for (const store::MeterId meter : {1, 2}) {
      for (const store::Sequence sequence : {1ULL, 2ULL, 1ULL << 39}) {
        const store::Numbered one{sequence, meter, {.time = kTime, .flags = 0, .steps = {}}};
        const bson_oid_t id = object_id(site, one);
        EXPECT_EQ(hex(id), hex(object_id(site, one)));
        EXPECT_EQ(UtcTime(std::chrono::seconds(bson_oid_get_time_t(&id))), kTime - 750ms);
        EXPECT_NE(hex(id).substr(8), "0000000000000000");
        EXPECT_TRUE(ids.insert(hex(id)).second);
      }
    }
  }
}

TEST(Document, OfTheOriginalIsReadBack) {
  bson_t document = BSON_INITIALIZER;
  bson_oid_t id;
  bson_oid_init_from_string(&id, "5f3c5e100000000000000001");
  bson_append_oid(&document, "_id", -1, &id);
  bson_append_double(&document, "Pa", -1, 421.5);
  bson_append_int32(&document, "Pr", -1, 12);
  const auto found = read_document(document);
  bson_destroy(&document);

  ASSERT_TRUE(found);
  EXPECT_EQ(found->time, UtcTime(std::chrono::seconds(0x5f3c5e10)));
  EXPECT_EQ(found->p, 421.5);
  EXPECT_EQ(found->q, 12);
}

TEST(Document, ThatIsNoReadingIsNone) {
  bson_t document = BSON_INITIALIZER;
  bson_append_utf8(&document, "_id", -1, "a note", -1);
  bson_append_double(&document, "Pa", -1, 1);
  EXPECT_FALSE(read_document(document));
  bson_destroy(&document);
}

}  // namespace
}  // namespace fithome::sinks
