// SPDX-License-Identifier: MIT
#include "base/time.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace fithome {
namespace {

const UtcTime kNow = *parse_time("2026-11-22T22:40:00Z", UtcTime{});

class LocalTime : public testing::Test {
 protected:
  void SetUp() override { use_zone("Europe/Rome"); }
  void TearDown() override { use_zone("UTC"); }
  static void use_zone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
};

TEST(Time, ReadsWhatItWrites) {
  for (const char* text : {"2026-11-22T22:40:00.000Z", "1970-01-01T00:00:00.000Z",
                           "2024-02-29T23:59:59.999Z", "2036-12-31T00:00:00.001Z"}) {
    const auto time = parse_time(text, kNow);
    ASSERT_TRUE(time) << time.error().what;
    EXPECT_EQ(to_iso(*time), text);
  }
}

TEST(Time, AcceptsTheFormsPeopleType) {
  const auto expect = [](std::string_view text, std::string_view iso) {
    const auto time = parse_time(text, kNow);
    ASSERT_TRUE(time) << time.error().what;
    EXPECT_EQ(to_iso(*time), iso) << text;
  };
  expect("now", "2026-11-22T22:40:00.000Z");
  expect("-7d", "2026-11-15T22:40:00.000Z");
  expect("1763850000", "2025-11-22T22:20:00.000Z");
  expect("1763850000123", "2025-11-22T22:20:00.123Z");
  expect("2026-11-22T23:40+01:00", "2026-11-22T22:40:00.000Z");
  expect("2026-11-22T17:10:00-0530", "2026-11-22T22:40:00.000Z");
}

TEST(Time, RefusesWhatIsNoTimeAndShowsAnExample) {
  for (const char* text : {"", "tomorrow", "2026-13-01", "2026-02-30", "2026-11-22T25:00Z",
                           "2026-11-22T22:40:00Zx", "-", "-5", "-5y", "12:00", "999999999999999"}) {
    const auto time = parse_time(text, kNow);
    ASSERT_FALSE(time) << text;
    EXPECT_EQ(time.error().code, Code::invalid);
    EXPECT_NE(time.error().what.find("2026-11-22T22:40:00Z"), std::string::npos);
  }
}

TEST(Time, ReadsDurations) {
  using namespace std::chrono_literals;
  EXPECT_EQ(*parse_duration("500ms"), 500ms);
  EXPECT_EQ(*parse_duration("0.25s"), 250ms);
  EXPECT_EQ(*parse_duration("1h30m"), 90min);
  EXPECT_EQ(*parse_duration("7d"), 168h);
  for (const char* text :
       {"", "5", "s", "-5s", "1e3s", "5 s", "1x", "99999999999999999d", "nans"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST_F(LocalTime, ADayBeginsAtLocalMidnight) {
  EXPECT_EQ(to_iso(local_midnight(*parse_time("2026-07-01T10:00Z", kNow))),
            "2026-06-30T22:00:00.000Z");
  EXPECT_EQ(to_iso(*parse_time("2026-01-15", kNow)), "2026-01-14T23:00:00.000Z");
  EXPECT_EQ(to_local_text(*parse_time("2026-01-15T12:00Z", kNow)), "2026-01-15 13:00:00");
}

TEST_F(LocalTime, TheDayClocksGoBackHasTwentyFiveHours) {
  const UtcTime autumn = *parse_time("2026-10-25", kNow);
  const UtcTime next = *parse_time("2026-10-26", kNow);

  EXPECT_EQ(next - autumn, std::chrono::hours(25));
  EXPECT_EQ(local_midnight(next - std::chrono::milliseconds(1)), autumn);
  EXPECT_EQ(*parse_time("yesterday", next + std::chrono::hours(3)), autumn);
}

}  // namespace
}  // namespace fithome
