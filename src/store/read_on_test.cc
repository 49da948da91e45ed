// SPDX-License-Identifier: MIT
//
// Those who hand readings on find each of them by its number, wherever it stands.
#include <gtest/gtest.h>

#include "store/test_support.h"

namespace fithome::store {
namespace {

/// All of them, by batches of `most`.
std::vector<Numbered> read_on(const Reader& reader, std::size_t most) {
  std::vector<Numbered> all;
  while (true) {
    const auto next = reader.read_after(all.empty() ? 0 : all.back().sequence, most);
    if (!next) throw std::runtime_error(next.error().what);
    if (next->empty()) return all;
    EXPECT_LE(next->size(), most);
    all.insert(all.end(), next->begin(), next->end());
  }
}

TEST(ReadOn, FindsEachReadingOnceInBlocksAndJournalWhateverTheBatch) {
  TemporaryDirectory directory;
  Store store = open_store(directory.path());
  constexpr Sequence kLast = 2 * kChunkReadings + 100;
  for (Sequence n = 1; n <= kLast; n += 50) {
    const auto readings = readings_of(n, n + 49);
    ASSERT_TRUE(store.append({.readings = readings}));
  }

  const Reader reader = open_reader(directory.path());
  for (const std::size_t most : {1000U, 3600U, 100'000U}) {
    const auto all = read_on(reader, most);
    ASSERT_EQ(all.size(), kLast) << most;
    for (Sequence n = 1; n <= kLast; ++n) {
      ASSERT_EQ(all[n - 1], (Numbered{n, kFirstMeter, reading_of(n)})) << most;
    }
  }
  EXPECT_EQ(reader.last_sequence().value(), kLast);
}

TEST(ReadOn, FindsTheReadingsOfAllMetersInTheOrderInWhichTheyCame) {
  TemporaryDirectory directory;
  Store store = open_store(directory.path());
  for (Sequence n = 1; n <= 2 * kChunkReadings + 10; ++n) {
    const std::vector one{reading_of(n)};
    ASSERT_TRUE(store.append({.meter = n % 3 == 0 ? 2 : 1, .readings = one}));
  }

  const auto all = read_on(open_reader(directory.path()), 700);

  ASSERT_EQ(all.size(), 2 * kChunkReadings + 10);
  for (Sequence n = 1; n <= all.size(); ++n) {
    ASSERT_EQ(all[n - 1], (Numbered{n, n % 3 == 0 ? 2 : 1, reading_of(n)}));
  }
}

TEST(ReadOn, GoesBackToWhereATimeBegins) {
  TemporaryDirectory directory;
  Store store = open_store(directory.path());
  const auto readings = readings_of(1, kChunkReadings);  // a block
  ASSERT_TRUE(store.append({.readings = readings}));
  const auto more = readings_of(kChunkReadings + 1, kChunkReadings + 10);
  ASSERT_TRUE(store.append({.readings = more}));

  const Reader reader = open_reader(directory.path());
  EXPECT_EQ(reader.sequence_before(kStart).value(), 0U);
  EXPECT_EQ(reader.sequence_before(reading_of(100).time).value(), 0U) << "up to a block earlier";
  EXPECT_EQ(reader.sequence_before(more[4].time).value(), kChunkReadings + 4);
  EXPECT_EQ(reader.sequence_before(more[9].time + kOne).value(), kChunkReadings + 10);
}

TEST(ReadOn, TheNewestReadingIsTheLastThatWasMeasuredHere) {
  TemporaryDirectory directory;
  Store store = open_store(directory.path());
  const auto measured = readings_of(1, 5);
  ASSERT_TRUE(store.append({.readings = measured}));
  auto imported = readings_of(1, kChunkReadings + 3);
  for (reading::Reading& reading : imported) {
    reading.time -= std::chrono::days(400);
    reading.flags = bit(reading::Flag::imported);
  }
  ASSERT_TRUE(store.append({.readings = imported}));

  EXPECT_EQ(open_reader(directory.path()).newest().value(), measured[4]);
}

}  // namespace
}  // namespace fithome::store
