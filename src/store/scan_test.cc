// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "store/sqlite.h"
#include "store/test_support.h"

namespace fithome::store {
namespace {

class StoredScan : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(store_.append({.readings = readings_of(1, kReadings)})); }
  static constexpr Sequence kReadings = 2 * kChunkReadings + 100;
  TemporaryDirectory directory_;
  Store store_ = open_store(directory_.path());
};

TEST_F(StoredScan, ComesInChunksAndThenAnEmptyOne) {
  const Reader reader = open_reader(directory_.path());
  Scan scan = reader.scan({}).value();
  EXPECT_EQ(scan.next().value().size(), kChunkReadings);
  EXPECT_EQ(scan.next().value().size(), kChunkReadings);
  EXPECT_EQ(scan.next().value().size(), 100U);
  EXPECT_EQ(scan.next().value().size(), 0U);
  EXPECT_EQ(scan.next().value().size(), 0U);
}

TEST_F(StoredScan, GivesTheColumnsAskedForInThatOrder) {
  const auto u_a = *reading::find_channel("u_a");
  const auto p = *reading::find_channel("p");
  const Reader reader = open_reader(directory_.path());
  Scan scan = reader.scan({.channels = {u_a, p}}).value();
  const Chunk chunk = scan.next().value();
  ASSERT_EQ(chunk.columns.size(), 2U);
  EXPECT_EQ(chunk.columns[0].channel, u_a);
  EXPECT_EQ(chunk.columns[1].channel, p);
  for (std::size_t row = 0; row < chunk.size(); ++row) {
    const reading::Reading given = reading_of(row + 1);
    EXPECT_EQ(chunk.columns[0].present[row] != 0, given.steps[u_a].has_value());
    EXPECT_EQ(chunk.columns[0].steps[row], given.steps[u_a].value_or(0));
    EXPECT_EQ(chunk.columns[1].steps[row], given.steps[p].value_or(0));
  }
}

TEST_F(StoredScan, BeginsAtFromAndEndsBeforeTo) {
  const Reader reader = open_reader(directory_.path());
  const auto kept = read_all(reader, {.from = kStart + 10 * kOne, .to = kStart + 20 * kOne});
  ASSERT_EQ(kept.size(), 10U);
  EXPECT_EQ(kept.front(), (Kept{11, reading_of(11)}));
  EXPECT_EQ(kept.back(), (Kept{20, reading_of(20)}));
  EXPECT_TRUE(read_all(reader, {.from = kStart + kOne, .to = kStart}).empty());
}

TEST_F(StoredScan, LosesNoneOfManyReadingsWithTheSameStamp) {
  std::vector<reading::Reading> same(kChunkReadings + 5, reading::Reading{kStart, 0, {}});
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  ASSERT_TRUE(store.append({.readings = same}));
  const auto kept = read_all(open_reader(directory.path()));
  ASSERT_EQ(kept.size(), same.size());
  for (std::size_t n = 0; n < kept.size(); ++n) EXPECT_EQ(kept[n].sequence, n + 1);
}

TEST_F(StoredScan, GoesOnThroughReadingsThatCameMeanwhile) {
  const Reader reader = open_reader(directory_.path());
  Scan scan = reader.scan({.channels = {0}}).value();
  ASSERT_EQ(scan.next().value().size(), kChunkReadings);
  ASSERT_TRUE(store_.append({.readings = readings_of(kReadings + 1, kReadings + 50)}));
  EXPECT_EQ(scan.next().value().size(), kChunkReadings);
  EXPECT_EQ(scan.next().value().size(), 150U);
}

// Blocks overlap in time where the clock was set back by hours.
TEST_F(StoredScan, IsInOrderOfTimeThoughTheClockWasSetBackAcrossBlocks) {
  auto later = readings_of(kReadings + 1, 2 * kReadings);
  for (auto& reading : later) reading.time -= std::chrono::hours(1);
  ASSERT_TRUE(store_.append({.readings = later}));
  auto unsealed = readings_of(2 * kReadings + 1, 2 * kReadings + 500);
  for (auto& reading : unsealed) reading.time -= std::chrono::hours(4);
  ASSERT_TRUE(store_.append({.readings = unsealed}));

  const auto kept = read_all(open_reader(directory_.path()));
  ASSERT_EQ(kept.size(), 2 * kReadings + 500);
  std::vector<bool> seen(kept.size() + 1);
  for (std::size_t n = 0; n < kept.size(); ++n) {
    EXPECT_FALSE(seen[kept[n].sequence]);
    seen[kept[n].sequence] = true;
    if (n == 0) continue;
    const auto before = std::pair(kept[n - 1].reading.time, kept[n - 1].sequence);
    ASSERT_LT(before, std::pair(kept[n].reading.time, kept[n].sequence));
  }
}

TEST_F(StoredScan, GivesEachReadingOnceThoughTheyAreSealedMeanwhile) {
  const Reader reader = open_reader(directory_.path());
  Scan scan = reader.scan({.channels = {0}}).value();
  Sequence seen = 0;
  Sequence last = kReadings;
  while (true) {
    const Chunk chunk = scan.next().value();
    if (chunk.size() == 0) break;
    for (const Sequence sequence : chunk.sequence) ASSERT_EQ(sequence, ++seen);
    if (last > 9 * kReadings) continue;
    ASSERT_TRUE(store_.append({.readings = readings_of(last + 1, last + 2000)}));
    last += 2000;
  }
  EXPECT_GE(seen, kReadings + 2000);
}

TEST_F(StoredScan, RefusesAChannelThereIsNot) {
  const Reader reader = open_reader(directory_.path());
  const auto scan = reader.scan({.channels = {reading::kChannelCount}});
  ASSERT_FALSE(scan);
  EXPECT_EQ(scan.error().code, Code::invalid);
}

TEST(DamagedBlock, IsLeftOutAndNamedAndTheRestIsServed) {
  const TemporaryDirectory directory;
  {
    Store store = open_store(directory.path());
    ASSERT_TRUE(store.append({.readings = readings_of(1, 10'000)}));
  }
  {
    const Database db = Database::open(directory.path() / "readings.db", Access::write).value();
    ASSERT_TRUE(db.execute("UPDATE block SET data = zeroblob(length(data)) WHERE id = 2"));
  }
  const Reader reader = open_reader(directory.path());
  const auto kept = read_all(reader);
  ASSERT_EQ(kept.size(), 6'400U);
  EXPECT_EQ(kept[3'599], (Kept{3'600, reading_of(3'600)}));
  EXPECT_EQ(kept[3'600], (Kept{7'201, reading_of(7'201)}));
  ASSERT_EQ(reader.left_out().size(), 1U);
  EXPECT_EQ(reader.left_out()[0].first, reading_of(3'601).time);
  EXPECT_EQ(reader.left_out()[0].readings, 3'600U);
  EXPECT_NE(reader.left_out()[0].what.find("2026-11-22T09:00:00"), std::string::npos);

  const auto after = reader.read_after(3'590, 100).value();
  ASSERT_EQ(after.size(), 10U);
  EXPECT_EQ(after.back().sequence, 3'600U);
  EXPECT_EQ(reader.read_after(3'600, 100).value().at(0).sequence, 7'201U) << "it is no end";
  EXPECT_EQ(reader.rollup({}, std::chrono::hours(1)).value().at(1).readings, 3'600U)
      << "its minutes stand elsewhere";
  EXPECT_EQ(reader.left_out().size(), 1U) << "named once";
  EXPECT_EQ(reader.newest().value()->time, reading_of(10'000).time);
}

TEST(DamagedBlock, IsOneThatHoldsAnotherHourThanItsRowSaysOrAnotherMeters) {
  for (const char* damage :
       {"UPDATE block SET data = (SELECT data FROM block WHERE id = 1) WHERE id = 2",
        "UPDATE block SET count = 3599 WHERE id = 2",
        "UPDATE block SET last_ms = last_ms + 1 WHERE id = 2"}) {
    const TemporaryDirectory directory;
    {
      Store store = open_store(directory.path());
      ASSERT_TRUE(store.append({.readings = readings_of(1, 7'300)}));
    }
    ASSERT_TRUE(Database::open(directory.path() / "readings.db", Access::write)->execute(damage));
    const Reader reader = open_reader(directory.path());
    EXPECT_EQ(read_all(reader).size(), 3'700U) << damage;
    EXPECT_EQ(reader.left_out().size(), 1U) << damage;
  }
  const TemporaryDirectory directory;
  {
    Store store = open_store(directory.path());
    ASSERT_TRUE(store.name_meter(2, "garage"));
    ASSERT_TRUE(store.append({.meter = 2, .readings = readings_of(1, 3'600)}));
  }
  ASSERT_TRUE(Database::open(directory.path() / "readings.db", Access::write)
                  ->execute("UPDATE block SET meter = 1"));
  const Reader reader = open_reader(directory.path());
  EXPECT_TRUE(read_all(reader, {.meter = 1}).empty());
  EXPECT_EQ(reader.left_out().size(), 1U);
}

}  // namespace
}  // namespace fithome::store
