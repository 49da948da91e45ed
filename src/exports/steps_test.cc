// SPDX-License-Identifier: MIT
#include "exports/steps.h"

#include <gtest/gtest.h>

#include <cmath>

#include "exports/frames.h"
#include "store/test_support.h"

namespace fithome::exports {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class Steps : public testing::Test {
 protected:
  static constexpr auto kWeek = Every::Calendar::week, kMonth = Every::Calendar::month,
                        kYear = Every::Calendar::year;
  void SetUp() override { use_zone("Europe/Berlin"); }
  void TearDown() override { use_zone("UTC"); }
  static void use_zone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  static std::string begin(const char* time, milliseconds step) {
    return to_iso(step_begin(store::at(time), {step}));
  }
  static std::string begin(const char* time, Every::Calendar calendar) {
    return to_iso(step_begin(store::at(time), {.calendar = calendar}));
  }
};

TEST_F(Steps, OfDaysBeginAtLocalMidnight) {
  EXPECT_EQ(begin("2026-11-22T22:59:59Z", hours(24)), "2026-11-21T23:00:00.000Z");
  EXPECT_EQ(begin("2026-11-22T23:00:00Z", hours(24)), "2026-11-22T23:00:00.000Z");
}

TEST_F(Steps, ADayMayHave25Hours) {
  EXPECT_EQ(begin("2026-10-24T21:59:59Z", hours(24)), "2026-10-23T22:00:00.000Z");
  EXPECT_EQ(begin("2026-10-24T22:00:00Z", hours(24)), "2026-10-24T22:00:00.000Z");
  EXPECT_EQ(begin("2026-10-25T22:59:59Z", hours(24)), "2026-10-24T22:00:00.000Z");
  EXPECT_EQ(begin("2026-10-25T23:00:00Z", hours(24)), "2026-10-25T23:00:00.000Z");
}

TEST_F(Steps, ADayMayHave23Hours) {
  EXPECT_EQ(begin("2026-03-29T21:59:59Z", hours(24)), "2026-03-28T23:00:00.000Z");
  EXPECT_EQ(begin("2026-03-29T22:00:00Z", hours(24)), "2026-03-29T22:00:00.000Z");
}

TEST_F(Steps, OfHoursTellTheHourThatIsThereTwiceApart) {
  EXPECT_EQ(begin("2026-10-25T00:30:00Z", hours(1)), "2026-10-25T00:00:00.000Z");
  EXPECT_EQ(begin("2026-10-25T01:30:00Z", hours(1)), "2026-10-25T01:00:00.000Z");
}

TEST_F(Steps, OfSeveralHoursBeginWhereTheClockShowsAMultiple) {
  EXPECT_EQ(begin("2026-11-22T12:00:00Z", hours(6)), "2026-11-22T11:00:00.000Z");
}

TEST_F(Steps, FollowAZoneOfThreeQuarters) {
  use_zone("Asia/Kathmandu");  // 5:45 ahead
  EXPECT_EQ(begin("2026-11-22T12:14:59Z", hours(1)), "2026-11-22T11:15:00.000Z");
  EXPECT_EQ(begin("2026-11-22T12:15:00Z", hours(1)), "2026-11-22T12:15:00.000Z");
}

TEST_F(Steps, OfWeeksBeginWithTheirMondayInLocalTime) {
  EXPECT_EQ(begin("2026-11-22T22:59:59Z", kWeek), "2026-11-15T23:00:00.000Z") << "a Sunday night";
  EXPECT_EQ(begin("2026-11-22T23:00:00Z", kWeek), "2026-11-22T23:00:00.000Z");
  EXPECT_EQ(begin("2026-10-25T22:59:59Z", kWeek), "2026-10-18T22:00:00.000Z") << "of 169 hours";
  EXPECT_EQ(begin("2026-10-25T23:00:00Z", kWeek), "2026-10-25T23:00:00.000Z");
  EXPECT_EQ(begin("2027-01-01T12:00:00Z", kWeek), "2026-12-27T23:00:00.000Z") << "of two years";
  for (const char* zone : {"Pacific/Kiritimati", "Etc/GMT+12"}) {  // 14 h ahead, 12 h behind
    use_zone(zone);
    const UtcTime monday = from_local(2026, 11, 23, 0, 0, 0);
    EXPECT_EQ(step_begin(monday, {.calendar = kWeek}), monday) << zone;
    EXPECT_EQ(step_begin(monday - milliseconds(1), {.calendar = kWeek}), monday - hours(168));
  }
}

TEST_F(Steps, OfMonthsAndYearsBeginWithTheirFirstInLocalTime) {
  EXPECT_EQ(begin("2026-10-31T22:59:59Z", kMonth), "2026-09-30T22:00:00.000Z") << "of 745 hours";
  EXPECT_EQ(begin("2026-10-31T23:00:00Z", kMonth), "2026-10-31T23:00:00.000Z");
  EXPECT_EQ(begin("2028-02-29T12:00:00Z", kMonth), "2028-01-31T23:00:00.000Z");
  EXPECT_EQ(begin("2026-12-31T22:59:59Z", kMonth), "2026-11-30T23:00:00.000Z");
  EXPECT_EQ(begin("2026-12-31T22:59:59Z", kYear), "2025-12-31T23:00:00.000Z");
  EXPECT_EQ(begin("2026-12-31T23:00:00Z", kYear), "2026-12-31T23:00:00.000Z");
}

// A house of steady power, in hundredths of a watt.
class Energy : public Steps {
 protected:
  static constexpr reading::ChannelId kPower = 0;

  void measure(const char* from, seconds length, std::int32_t steps,
               seconds interval = seconds(1)) {
    const UtcTime first = store::at(from);
    store::Chunk chunk;
    chunk.columns.push_back({.channel = kPower, .steps = {}, .present = {}});
    for (seconds since{0}; since < length; since += interval) {
      chunk.time.push_back(first + since);
      chunk.flags.push_back(0);
      chunk.columns[0].steps.push_back(steps);
      chunk.columns[0].present.push_back(1);
    }
    maker.add(chunk, out);
  }
  const std::vector<double>& column(std::size_t n) {
    maker.finish(out);
    return out.values[n];
  }

  StepMaker maker{{hours(1)}, {{kPower, "Pa"}}};
  Frame out{.time = {}, .flags = {}, .values = std::vector<std::vector<double>>(4)};
};

TEST_F(Energy, HasColumnsOfMeanLeastGreatestAndEnergy) {
  ASSERT_EQ(reading::kChannels[kPower].name, "p");
  std::vector<std::string> names;
  for (const Column& each : StepMaker::columns({{kPower, "Pa"}})) names.push_back(each.name);
  EXPECT_EQ(names, (std::vector<std::string>{"Pa", "Pa_min", "Pa_max", "Pa_wh"}));
}

TEST_F(Energy, OfAnHourOfOneKilowattIsOneKilowattHour) {
  measure("2026-11-22T07:59:59Z", seconds(1), 100'000);
  measure("2026-11-22T08:00:00Z", hours(1), 100'000);
  const auto& energy = column(3);
  ASSERT_EQ(energy.size(), 2U);
  EXPECT_DOUBLE_EQ(energy[0], 0);  // the first reading stands for no time
  EXPECT_DOUBLE_EQ(energy[1], 1000);
}

TEST_F(Energy, IsNotMadeUpForAGap) {
  measure("2026-11-22T08:00:00Z", minutes(10), 100'000);
  measure("2026-11-22T08:40:00Z", minutes(10), 100'000);
  const auto& energy = column(3);
  ASSERT_EQ(energy.size(), 1U);
  EXPECT_DOUBLE_EQ(energy[0], 1000.0 * 2 * 599 / 3600);
  EXPECT_DOUBLE_EQ(out.values[0][0], 1000);
}

TEST_F(Energy, OfTheLongestIntervalIsCounted) {
  measure("2026-11-22T08:00:00Z", minutes(10), 100'000, seconds(10));
  EXPECT_DOUBLE_EQ(column(3)[0], 1000.0 * 590 / 3600);
}

TEST_F(Energy, OutOfTheHouseIsNegative) {
  measure("2026-11-22T08:00:00Z", minutes(10), -100'000);
  EXPECT_DOUBLE_EQ(column(3)[0], -1000.0 * 599 / 3600);
}

// Two weeks of four around the night of 25 hours, a reading each ten seconds.
TEST_F(Energy, OfMonthsIsThatOfTheirDaysToTheLastDigit) {
  StepMaker months{{.calendar = kMonth}, {{kPower, "Pa"}}};
  StepMaker days{{hours(24)}, {{kPower, "Pa"}}};
  Frame by_month{.time = {}, .flags = {}, .values = std::vector<std::vector<double>>(4)};
  Frame by_day = by_month;
  for (UtcTime at = store::at("2026-10-24T22:00:00Z"); at < store::at("2026-11-14T23:00:00Z");
       at += hours(1)) {
    store::Chunk chunk;
    chunk.columns.push_back({.channel = kPower, .steps = {}, .present = {}});
    for (int n = 0; n < 360; ++n) {
      chunk.time.push_back(at + seconds(10 * n));
      chunk.flags.push_back(0);
      chunk.columns[0].steps.push_back(123'457 + n);
      chunk.columns[0].present.push_back(1);
    }
    months.add(chunk, by_month);
    days.add(chunk, by_day);
  }
  months.finish(by_month);
  days.finish(by_day);
  ASSERT_EQ(by_month.time,
            (std::vector{store::at("2026-09-30T22:00:00Z"), store::at("2026-10-31T23:00:00Z")}));
  ASSERT_EQ(by_day.time.size(), 21U);
  const double hour = (123'457 * 3600.0 + 10 * 359 * 360 / 2) / 3600 / 100;
  const double first = 123'457 * 10.0 / 3600 / 100;  // stands for no time
  EXPECT_DOUBLE_EQ(by_month.values[3][0], hour * (25 + 6 * 24) - first);
  EXPECT_DOUBLE_EQ(by_month.values[3][1], hour * 14 * 24);
  EXPECT_DOUBLE_EQ(by_day.values[3][1], hour * 24);
}

// As doubles the sums would lose their last digits beyond 25 MWh: 2^53 steps times milliseconds.
TEST_F(Energy, OfAYearIsAddedUpInWholeNumbers) {
  StepMaker year{{.calendar = kYear}, {{kPower, "Pa"}}};
  store::Chunk chunk;
  chunk.columns.push_back({.channel = kPower, .steps = {}, .present = {}});
  const UtcTime from = store::at("2026-01-01T00:00:00Z");
  for (int n = 0; n < 100'000; ++n) {
    chunk.time.push_back(from + milliseconds(10'007) * n);
    chunk.flags.push_back(0);
    chunk.columns[0].steps.push_back(2'000'000'001);
    chunk.columns[0].present.push_back(1);
  }
  year.add(chunk, out);
  year.finish(out);
  EXPECT_EQ(column(3)[0],
            static_cast<double>(std::int64_t{2'000'000'001} * 10'007 * 99'999) / 3'600'000 / 100);
}

TEST_F(Energy, LeavesAStepWithoutReadingsOut) {
  measure("2026-11-22T08:00:00Z", minutes(1), 100);
  measure("2026-11-22T11:00:00Z", minutes(1), 300);
  ASSERT_EQ(column(0).size(), 2U);
  EXPECT_EQ(out.time[1], store::at("2026-11-22T11:00:00Z"));
  EXPECT_EQ(out.values[0], (std::vector<double>{1, 3}));
}

}  // namespace
}  // namespace fithome::exports
