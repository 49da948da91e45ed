// SPDX-License-Identifier: MIT
#include "app/carry_over.h"

#include <gtest/gtest.h>

#include "store/test_support.h"

namespace fithome::app {
namespace {

using store::kStart;
using store::ledger_of;

constexpr store::MeterId kSolar = 2;

class CarryOver : public testing::Test {
  const store::TemporaryDirectory directory_;

 protected:
  const std::filesystem::path old_ = directory_.path() / "old", copy_ = directory_.path() / "copy";

  // One reading a minute: its ledger is that of as many seconds.
  static void count(store::Store& store, store::MeterId meter, int from_minute, int to_minute) {
    for (int minute = from_minute; minute <= to_minute; ++minute) {
      const reading::Reading reading = store::reading_of(1, kStart + std::chrono::minutes(minute));
      reading::Ledger ledger = ledger_of(static_cast<store::Sequence>(60 * minute + 1));
      ledger.lines[1].corrected.imported.nwh = 5;
      ASSERT_TRUE(store.append({.meter = meter, .readings = {&reading, 1}, .ledger = &ledger}));
    }
  }
  static reading::Ledger ledger(const std::filesystem::path& of, store::MeterId meter = 1) {
    return store::Reader::open(of).value().ledger(meter).value_or(reading::Ledger{});
  }
  void back_up() {
    ASSERT_TRUE(store::Reader::open(old_).value().back_up(copy_, [](double) { return true; }));
  }
  std::vector<Carried> carried() {
    const auto all = carry_over(old_, copy_);
    EXPECT_TRUE(all) << all.error().what;
    return all.value_or(std::vector<Carried>{});
  }
};

TEST_F(CarryOver, WhatFlowedSinceTheCopyIsKeptToTheQuarterOfAnHour) {
  {
    auto store = store::Store::open(old_).value();
    count(store, 1, 0, 40);
    back_up();
    count(store, 1, 41, 200);
  }
  const auto all = carried();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_FALSE(all[0].lower);
  EXPECT_EQ(ledger(copy_), ledger(old_));
  const auto was = store::Reader::open(old_).value(), is = store::Reader::open(copy_).value();
  for (int quarter = 0; quarter < 14; ++quarter) {
    const UtcTime time = kStart + std::chrono::minutes(15 * quarter);
    EXPECT_EQ(*is.ledger_at(time), *was.ledger_at(time)) << quarter;
  }
  EXPECT_EQ(is.newest()->value().time, kStart + std::chrono::minutes(40));
  const auto events = is.events(kStart, kStart + std::chrono::hours(9)).value();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "ledger_set");
  EXPECT_EQ(events[0].reason, "carried_over");
  EXPECT_EQ(events[0].begin, ledger(old_).time);
  EXPECT_TRUE(carried().empty()) << "done again it does nothing";
}

TEST_F(CarryOver, OfAMeterThatTheCopyDoesNotKnowAllIsKept) {
  {
    auto store = store::Store::open(old_).value();
    ASSERT_TRUE(store.name_meter(1, "mains"));
    count(store, 1, 0, 2);
    back_up();
    ASSERT_TRUE(store.name_meter(kSolar, "solar"));
    ASSERT_TRUE(store.name_meter(store::kHouse, "a + b"));
    count(store, kSolar, 3, 50);
    const auto house = ledger_of(99);
    ASSERT_TRUE(store.append({.meter = store::kHouse, .ledger = &house}));
  }
  EXPECT_EQ(carried().size(), 2u);
  EXPECT_EQ(ledger(copy_, kSolar), ledger(old_, kSolar));
  EXPECT_EQ(ledger(copy_, store::kHouse), ledger_of(99));
  const auto reader = store::Reader::open(copy_).value();
  EXPECT_EQ(reader.meters()->at(1), (store::Meter{kSolar, "solar"}));
  EXPECT_EQ(reader.house().value(), "a + b");
  EXPECT_EQ(
      *reader.ledger_at(kStart + std::chrono::minutes(15), kSolar),
      *store::Reader::open(old_).value().ledger_at(kStart + std::chrono::minutes(15), kSolar));
}

TEST_F(CarryOver, ATotalThatWasSetByHandIsOneOfThem) {
  reading::Ledger set = ledger_of(100);
  {
    auto store = store::Store::open(old_).value();
    count(store, 1, 0, 1);
    back_up();
    reading::set_total(set.net, {1}, {0});
    set.lines[1].corrected.imported.nwh = 5;
    ASSERT_TRUE(store.append({.ledger = &set}));
  }
  EXPECT_EQ(carried().size(), 1u);
  EXPECT_EQ(ledger(copy_), set) << "lower than it was, and no less was counted";
}

TEST_F(CarryOver, NoTotalFallsNorComesFromAnotherHouse) {
  {
    auto store = store::Store::open(old_).value();
    count(store, 1, 0, 40);
    back_up();
    reading::Ledger less = ledger_of(60 * 41);
    less.lines[2].active.exported.nwh = 0;
    ASSERT_TRUE(store.append({.ledger = &less}));
  }
  const auto before = ledger(copy_);
  const auto all = carried();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_TRUE(all[0].lower);
  EXPECT_EQ(ledger(copy_), before);

  const store::TemporaryDirectory other;
  {
    auto store = store::Store::open(other.path()).value();
    count(store, 1, 50, 60);
  }
  EXPECT_TRUE(carry_over(other.path(), copy_)->empty());
  EXPECT_EQ(ledger(copy_), before);
  EXPECT_FALSE(carry_over(other.path() / "nothing", copy_));
}

}  // namespace
}  // namespace fithome::app
