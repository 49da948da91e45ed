// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "base/csv_columns.h"
#include "base/csv_time.h"

namespace fithome::csv {
namespace {

using namespace std::chrono_literals;

constexpr UtcTime kNoon = std::chrono::sys_days(std::chrono::November / 22 / 2026) + 12h;

TEST(CsvTime, KnowsWhetherAZoneWasTold) {
  EXPECT_EQ(read_time("2026-11-22 12:00")->ahead, std::nullopt);
  EXPECT_EQ(read_time("2026-11-22T12:00:00Z")->ahead, 0min);
  EXPECT_EQ(read_time("2026-11-22T12:00:00.000 -0430")->ahead, -270min);
  EXPECT_EQ(read_time("1795348800")->ahead, 0min);
  EXPECT_EQ(read_by_format("22.11.2026 12:00", "%d.%m.%Y %H:%M")->ahead, std::nullopt);
  EXPECT_EQ(read_by_format("22.11.2026 12:00 +0200", "%d.%m.%Y %H:%M %z")->ahead, 120min);

  EXPECT_EQ(find_time("2026-11-22 12:00"), kNoon) << "UTC, where none is";
  EXPECT_EQ(find_time("2026-11-22 14:00+02:00"), kNoon);
  EXPECT_EQ(find_time("1795348800"), kNoon);
  EXPECT_EQ(parse_by_format("22.11.2026 14:00 +0200", "%d.%m.%Y %H:%M %z"), kNoon);
}

TEST(CsvColumns, AreCalledWhatTheirReaderCallsThem) {
  const Heading feeds{{"1", "12"}, "feed", "folder"};
  const auto any = [](std::string_view) -> Result<void> { return {}; };

  EXPECT_EQ(find_columns("p_a=3", feeds, any).error().what,
            "no feed \"3\"; the folder has \"1\", \"12\"");
  EXPECT_EQ(find_columns("12", feeds, any).error().what, "\"12\" names no feed; write p_a=FEED");
  EXPECT_EQ(find_columns("Pa=1,Pr=12", feeds, any)->fed.size(), 2U);
  const auto found = find_columns("p=12*1000,q=1", feeds, any);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->fed.size(), 2U);
  EXPECT_EQ(found->fed[0].name, "p");
  EXPECT_EQ(found->fed[0].column.field, 1U);
  EXPECT_EQ(found->fed[0].column.factor, 1000);
}

}  // namespace
}  // namespace fithome::csv
