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
  void SetUp() override { use_zone("Europe/Berlin"); }
  void TearDown() override { use_zone("UTC"); }
  static void use_zone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  static std::string begin(const char* time, milliseconds step) {
    return to_iso(step_begin(store::at(time), step));
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

  StepMaker maker{hours(1), {{kPower, "Pa"}}};
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

TEST_F(Energy, LeavesAStepWithoutReadingsOut) {
  measure("2026-11-22T08:00:00Z", minutes(1), 100);
  measure("2026-11-22T11:00:00Z", minutes(1), 300);
  ASSERT_EQ(column(0).size(), 2U);
  EXPECT_EQ(out.time[1], store::at("2026-11-22T11:00:00Z"));
  EXPECT_EQ(out.values[0], (std::vector<double>{1, 3}));
}

}  // namespace
}  // namespace fithome::exports
