// SPDX-License-Identifier: MIT
#include "homeassistant/statistics.h"

#include <gtest/gtest.h>

#include <regex>

namespace fithome::homeassistant {
namespace {

using std::chrono::hours;

UtcTime time_of(const char* text) { return parse_time(text, {}).value(); }

api::Status house_of(std::vector<bool> lines) {
  api::Status status;
  api::MeterStatus& meter = status.meters.emplace_back();
  meter.lines = std::move(lines);
  meter.line_names = {"", "", "solar"};
  return status;
}

std::vector<Statistic> of(const api::Status& status) {
  return statistics_of(mqtt::devices_of(status, "Our house"), "0123456789ab");
}

TEST(HourStatistics, AreImportAndExportOfTheHouseAndOfEachLineInUse) {
  std::vector<std::string> found;
  for (const Statistic& one : of(house_of({true, false, true}))) {
    found.push_back(one.id + " = " + one.name);
  }

  EXPECT_EQ(found, (std::vector<std::string>{
                       "fithome:0123456789ab_1_import = Our house Energy import",
                       "fithome:0123456789ab_1_export = Our house Energy export",
                       "fithome:0123456789ab_1_import_a = Our house Energy import line a",
                       "fithome:0123456789ab_1_export_a = Our house Energy export line a",
                       "fithome:0123456789ab_1_import_c = Our house Energy import solar",
                       "fithome:0123456789ab_1_export_c = Our house Energy export solar",
                   }));
}

TEST(HourStatistics, HaveIdsThatHomeAssistantTakes) {
  const std::regex valid("^(?!.+__)(?!_)[0-9a-z_]+:(?!_)[0-9a-z_]+$");
  api::Status status = house_of({true, true, true});
  status.sum = {reading::HouseTerm{}};
  const auto all = of(status);

  EXPECT_EQ(all.size(), 10U);
  EXPECT_EQ(all.back().meter, store::kHouse);
  for (const Statistic& one : all) EXPECT_TRUE(std::regex_match(one.id, valid)) << one.id;
}

TEST(HourStatistics, SayThatAHouseIsSimulated) {
  api::Status status = house_of({true, false, false});
  status.simulated = true;
  EXPECT_EQ(of(status).front().name, "Our house Energy import (simulated)");
}

TEST(HourStatistics, LeaveOutWhatWasSetByHand) {
  reading::Ledger ledger;
  ledger.net.active = {{500}, {70}};
  ledger.lines[2].active = {{300}, {40}};
  const auto all = of(house_of({true, false, true}));
  const auto counted = [&](std::size_t n) { return counted_of(all[n], ledger).nwh; };
  ASSERT_EQ(counted(0), 500);
  ASSERT_EQ(counted(5), 40);

  reading::set_total(ledger.net, {900'000}, {70});
  reading::set_total(ledger.lines[2], {300}, {0});

  EXPECT_EQ(counted(0), 500);
  EXPECT_EQ(counted(1), 70);
  EXPECT_EQ(counted(4), 300);
  EXPECT_EQ(counted(5), 40);
}

TEST(HourStatistics, AreExactToTheNanowattHour) {
  const std::vector<reading::Energy> totals{
      {9'123'456'003'125'000}, {9'123'456'006'250'000}, {9'123'456'006'250'000}};

  const auto found = hours_of(time_of("2026-03-29T00:00:00Z"), totals, totals[0]);

  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].start, time_of("2026-03-29T00:00:00Z"));
  EXPECT_EQ(found[0].state, 9123.45600625);
  EXPECT_EQ(found[0].sum, 0.000003125);
  EXPECT_EQ(found[1].start, time_of("2026-03-29T01:00:00Z"));
  EXPECT_EQ(found[1].sum, 0.000003125) << "an hour in which nothing flowed";
}

TEST(HourStatistics, AreNoneBetweenFewerThanTwoTotals) {
  EXPECT_TRUE(hours_of({}, {}, {}).empty());
  const std::vector<reading::Energy> one{{1}};
  EXPECT_TRUE(hours_of({}, one, {}).empty());
}

TEST(HourStatistics, DifferWhereOneIsMissingOrNotRight) {
  const UtcTime noon = time_of("2026-11-26T12:00:00Z");
  std::vector<Hour> ours;
  for (int n = 0; n < 5; ++n) ours.push_back({noon + hours(n), 10.0 + n, 1.0 + n});
  std::vector<Hour> theirs = ours;
  theirs[1].sum += 0.5;
  theirs[3].sum += 1e-9;
  theirs.erase(theirs.begin() + 2);
  theirs.insert(theirs.begin(), {noon - hours(1), 9, 0});

  const auto found = differences(ours, theirs, noon, noon + hours(5));

  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].ours.start, noon + hours(1));
  EXPECT_EQ(found[0].theirs->sum, 2.5);
  EXPECT_EQ(found[1].ours.start, noon + hours(2));
  EXPECT_FALSE(found[1].theirs);
  EXPECT_EQ(differences(ours, theirs, noon + hours(2), noon + hours(3)).size(), 1U);
  EXPECT_TRUE(differences(ours, theirs, noon + hours(3), noon + hours(5)).empty());
}

}  // namespace
}  // namespace fithome::homeassistant
