// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "store/test_support.h"

namespace fithome::store {
namespace {

constexpr auto kMinute = std::chrono::minutes(1);
const UtcTime kMidnight = at("2026-11-23T00:00:00Z");

class StoredLedger : public testing::Test {
 protected:
  /// A ledger that can be told by its import, as a reading at `time` brings it.
  static reading::Ledger ledger(UtcTime time, std::int64_t nwh) {
    reading::Ledger ledger;
    ledger.time = time;
    ledger.net.active.imported.nwh = nwh;
    return ledger;
  }
  void append(UtcTime time, std::int64_t nwh) {
    const reading::Reading reading{time, 0, {}};
    const reading::Ledger total = ledger(time, nwh);
    ASSERT_TRUE(store_->append({.readings = {&reading, 1}, .ledger = &total}));
  }
  std::int64_t import_at(UtcTime time) {
    return open_reader(directory_.path()).ledger_at(time).value().net.active.imported.nwh;
  }

  TemporaryDirectory directory_;
  std::optional<Store> store_ = open_store(directory_.path());
};

TEST_F(StoredLedger, ComesBackWithEveryTotal) {
  const reading::Ledger given = ledger_of(12'345);
  ASSERT_TRUE(store_->append({.ledger = &given}));
  EXPECT_EQ(open_reader(directory_.path()).ledger().value(), given);
}

TEST_F(StoredLedger, KeepsCountsBeyondWhat63BitsHold) {
  reading::Ledger given = ledger_of(1);
  given.booked[3] = std::numeric_limits<std::uint64_t>::max();
  ASSERT_TRUE(store_->append({.ledger = &given}));
  EXPECT_EQ(open_reader(directory_.path()).ledger().value(), given);
}

TEST_F(StoredLedger, IsNotFoundBeforeTheFirstReading) {
  const Reader reader = open_reader(directory_.path());
  EXPECT_EQ(reader.ledger().error().code, Code::not_found);
  EXPECT_EQ(reader.ledger_at(kMidnight).error().code, Code::not_found);
}

TEST_F(StoredLedger, AtMidnightIsThatOfTheLastReadingBeforeIt) {
  append(kMidnight - 20 * kMinute, 100);
  append(kMidnight - std::chrono::milliseconds(1), 200);
  append(kMidnight + std::chrono::milliseconds(999), 300);
  append(kMidnight + 40 * kMinute, 400);
  EXPECT_EQ(import_at(kMidnight), 200);
}

TEST_F(StoredLedger, AtMidnightIsThatOfTheReadingTakenThen) {
  append(kMidnight - std::chrono::seconds(1), 200);
  append(kMidnight, 300);
  append(kMidnight + std::chrono::seconds(1), 400);
  append(kMidnight + 40 * kMinute, 500);
  EXPECT_EQ(import_at(kMidnight), 300);
}

TEST_F(StoredLedger, AtATimeInAGapIsThatOfTheLastReadingBeforeTheGap) {
  append(kMidnight - 200 * kMinute, 100);
  append(kMidnight - 199 * kMinute, 200);
  append(kMidnight + 200 * kMinute, 300);
  EXPECT_EQ(import_at(kMidnight), 200);
}

TEST_F(StoredLedger, BeforeTheFirstReadingIsTheFirstThereIs) {
  append(kMidnight, 50);
  EXPECT_EQ(import_at(kMidnight - 100 * kMinute), 50);
  append(kMidnight + 2 * kMinute, 100);
  EXPECT_EQ(import_at(kMidnight - 100 * kMinute), 50);
}

TEST_F(StoredLedger, AfterTheLastReadingIsTheOneThatStands) {
  append(kMidnight, 50);
  append(kMidnight + kMinute, 60);
  EXPECT_EQ(import_at(kMidnight + kMinute), 60);
  EXPECT_EQ(import_at(UtcTime::max()), 60);
}

TEST_F(StoredLedger, MarksEveryQuarterOfAnHourOfADayAcrossARestart) {
  const UtcTime day = kMidnight;
  for (int n = 0; n <= 1440; ++n) {
    if (n == 722) {  // in the middle of a quarter
      store_.reset();
      store_ = open_store(directory_.path());
    }
    append(day + n * kMinute, n);
  }
  append(day + 1441 * kMinute, 1441);
  for (int quarter = 0; quarter <= 96; ++quarter) {
    EXPECT_EQ(import_at(day + quarter * 15 * kMinute), quarter * 15);
  }
  EXPECT_EQ(import_at(day + 29 * kMinute), 15) << "to the quarter of an hour";
}

TEST_F(StoredLedger, StandsAtTheLatestBookingThoughTheClockWasSetBack) {
  append(kMidnight + 20 * kMinute, 100);
  append(kMidnight - 20 * kMinute, 200);
  append(kMidnight + kMinute, 300);
  append(kMidnight + 25 * kMinute, 400);
  const Reader reader = open_reader(directory_.path());
  EXPECT_EQ(reader.ledger().value(), ledger(kMidnight + 25 * kMinute, 400));
  EXPECT_EQ(import_at(kMidnight), 200);
  EXPECT_EQ(import_at(kMidnight + 15 * kMinute), 300);
}

// Whatever the order in which they are asked for.
TEST_F(StoredLedger, AtManyTimesIsThatOfEach) {
  for (int n = 0; n <= 120; ++n) append(kMidnight + n * kMinute, 100 + n);
  const Reader reader = open_reader(directory_.path());
  std::vector<UtcTime> times{UtcTime::max(), UtcTime::min()};
  for (int n = 140; n > -20; n -= 7) times.push_back(kMidnight + n * kMinute);
  const auto ledgers = reader.ledgers_at(times).value();
  ASSERT_EQ(ledgers.size(), times.size());
  for (std::size_t n = 0; n < times.size(); ++n) {
    EXPECT_EQ(ledgers[n], reader.ledger_at(times[n]).value()) << to_iso(times[n]);
  }
  EXPECT_TRUE(reader.ledgers_at({}).value().empty());
  EXPECT_EQ(reader.ledgers_at(times, 7).error().code, Code::not_found);
}

}  // namespace
}  // namespace fithome::store
