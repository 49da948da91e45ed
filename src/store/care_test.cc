// SPDX-License-Identifier: MIT
//
// A store looked after: copies of it, a look at every byte, room given back.
#include <gtest/gtest.h>

#include "store/schema.h"
#include "store/sqlite.h"
#include "store/test_support.h"

namespace fithome::store {
namespace {

const Went kGoOn = [](double) { return true; };

class Care : public testing::Test {
 protected:
  Care() : store_(open_store(directory_.path())) {}

  void append(Sequence count) {
    const auto readings = readings_of(next_, next_ + count - 1);
    next_ += count;
    const auto ledger = ledger_of(next_ - 1);
    ASSERT_TRUE(store_.append({.readings = readings, .ledger = &ledger}));
  }
  BackedUp back_up() {
    const auto done = reader().back_up(copy(), kGoOn);
    if (!done) throw std::runtime_error(done.error().what);
    return *done;
  }
  Checked check(const std::filesystem::path& directory) const {
    const auto found = open_reader(directory).check(kGoOn);
    if (!found) throw std::runtime_error(found.error().what);
    return *found;
  }
  Reader reader() const { return open_reader(directory_.path()); }
  std::filesystem::path copy() const { return copies_.path() / "copy"; }
  void damage(const std::string& sql) const {
    const auto db = Database::open(directory_.path() / kFileName, Access::write);
    ASSERT_TRUE(db->execute(sql));
  }
  void expect_same() const {
    const Reader here = reader();
    const Reader there = open_reader(copy());
    EXPECT_EQ(read_all(there), read_all(here));
    EXPECT_EQ(*there.ledger(), *here.ledger());
    EXPECT_EQ(*there.ledger_at(kStart + std::chrono::hours(1)),
              *here.ledger_at(kStart + std::chrono::hours(1)));
    EXPECT_EQ(*there.events(UtcTime::min(), UtcTime::max()),
              *here.events(UtcTime::min(), UtcTime::max()));
    EXPECT_EQ(*there.calibrations(), *here.calibrations());
    EXPECT_EQ(there.info()->site, here.info()->site);
    EXPECT_TRUE(check(copy()).good());
  }

  TemporaryDirectory directory_, copies_;
  Store store_;
  Sequence next_ = 1;
};

TEST_F(Care, ACopyHoldsAllThatTheStoreHoldsSealedOrNot) {
  append(8'000);
  const Event event{.kind = "sag", .begin = kStart, .cause = "the grid"};
  const Calibration calibration{
      .time = kStart, .kind = "voltage", .before = "{}", .after = "{}", .configured = "{}"};
  ASSERT_TRUE(store_.append({.events = {&event, 1}, .calibrations = {&calibration, 1}}));
  append(5);
  const BackedUp done = back_up();
  EXPECT_EQ(done.readings, 8'005u);
  EXPECT_EQ(done.kept, 0u);
  expect_same();
}

TEST_F(Care, TheNextCopyTakesOnlyWhatIsNew) {
  append(8'000);
  EXPECT_EQ(back_up().copied, 3u);  // the whole batch was sealed
  append(3'599);
  EXPECT_EQ(back_up().copied, 0u);
  expect_same();
  append(2);
  const BackedUp done = back_up();
  EXPECT_EQ(done.copied, 2u);
  EXPECT_EQ(done.kept, 3u);
  expect_same();
  EXPECT_EQ(back_up().copied, 0u);
}

TEST_F(Care, WhatIsChangedLaterIsChangedInTheNextCopy) {
  Era unset{.boot = "b", .offset = {}, .first = kStart, .before = {}, .trust = Trust::unset};
  ASSERT_TRUE(store_.append({.era = &unset}));
  append(4'000);
  (void)back_up();
  Era set = unset;
  set.trust = Trust::vouched;
  ASSERT_TRUE(store_.restamp({.from = unset,
                              .to = set,
                              .last = reading_of(4'000).time,
                              .by = {},
                              .set = bit(reading::Flag::suspect)}));
  EXPECT_GT(back_up().copied, 0u);
  expect_same();
}

TEST_F(Care, ACopyIsAStoreThatGoesOn) {
  append(10);
  (void)back_up();
  Store restored = open_store(copy());
  const auto more = readings_of(11, 12);
  EXPECT_EQ(*restored.append({.readings = more}), 12u);
  EXPECT_EQ(read_all(open_reader(copy())).size(), 12u);
}

TEST_F(Care, ACopyIsMadeOnlyWhereNothingIsLost) {
  append(10);
  const auto why_not = [&](const std::filesystem::path& to) {
    const auto done = reader().back_up(to, kGoOn);
    return done ? "it was made" : done.error().what;
  };
  EXPECT_NE(why_not(directory_.path()).find("is the store itself"), std::string::npos);
  const TemporaryDirectory other;
  {
    (void)open_store(other.path());
  }
  EXPECT_NE(why_not(other.path()).find("a daemon has written here"), std::string::npos);
  std::filesystem::remove(other.path() / "journal");
  EXPECT_NE(why_not(other.path()).find("another house"), std::string::npos);
}

TEST_F(Care, ACopyThatIsStoppedIsAsItWas) {
  append(4'000);
  (void)back_up();
  append(4'000);
  const auto stopped = reader().back_up(copy(), [](double) { return false; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Code::transient);
  EXPECT_EQ(read_all(open_reader(copy())).size(), 4'000u);
  EXPECT_TRUE(check(copy()).good());
}

TEST_F(Care, AGoodStoreIsFoundGood) {
  append(9'000);
  append(3);
  const Checked found = check(directory_.path());
  EXPECT_TRUE(found.good());
  EXPECT_EQ(found.blocks, 3u);
  EXPECT_EQ(found.readings, 9'003u);
  EXPECT_EQ(found.unsealed, 3u);
}

TEST_F(Care, ABadBlockIsNamedByItsHourAndTheRestIsGood) {
  append(10'800);
  damage(
      "UPDATE block SET data = CAST(substr(data, 1, length(data) - 1) || x'00' AS BLOB) WHERE id = "
      "2");
  const Checked found = check(directory_.path());
  ASSERT_EQ(found.bad.size(), 1u);
  EXPECT_EQ(found.bad[0].first, reading_of(3'601).time);
  EXPECT_EQ(found.bad[0].last, reading_of(7'200).time);
  EXPECT_EQ(found.bad[0].readings, 3'600u);
  EXPECT_TRUE(found.wrong.empty());
}

TEST_F(Care, WhatIsMissingOrInThePlaceOfAnotherIsFound) {
  append(10'800);
  damage("UPDATE block SET first_sequence = 3000 WHERE id = 2");
  EXPECT_FALSE(check(directory_.path()).bad.empty());
  damage("UPDATE block SET first_sequence = 3601 WHERE id = 2");
  EXPECT_TRUE(check(directory_.path()).good());
  damage("DELETE FROM block WHERE id = 2");
  const Checked found = check(directory_.path());
  ASSERT_EQ(found.wrong.size(), 1u);
  EXPECT_EQ(found.wrong[0], "7200 readings are there, of 10800 that were counted since the first");
}

TEST_F(Care, AnHourOrADayThatACardHasChangedIsNamed) {
  append(10'800);
  const std::vector<std::pair<const char*, const char*>> damages{
      {"UPDATE rollup_hour SET readings = readings + 1 WHERE start_ms = 1795341600000",
       "the hour from 2026-11-22T10:00:00.000Z: not what its minutes come to"},
      {"UPDATE rollup_hour_value SET sum = sum + 64 WHERE start_ms = 1795341600000"
       " AND channel = 'p_a'",
       "the hour from 2026-11-22T10:00:00.000Z: not what its minutes come to"},
      {"DELETE FROM rollup_hour WHERE start_ms = 1795341600000;"
       "DELETE FROM rollup_hour_value WHERE start_ms = 1795341600000",
       "the hour from 2026-11-22T10:00:00.000Z: missing"},
      {"UPDATE rollup_day_value SET max = max + 256 WHERE channel = 'u_b'",
       "the day from 2026-11-22T00:00:00.000Z: not what its minutes come to"},
      {"INSERT INTO rollup_day VALUES(1, 1795910400000, 7, 0)",
       "the day from 2026-11-29T00:00:00.000Z: there are no minutes of it"}};
  for (const auto& [sql, named] : damages) {
    SCOPED_TRACE(sql);
    ASSERT_TRUE(check(directory_.path()).good());
    damage("BEGIN;" + std::string(sql) + "; COMMIT");
    const Checked found = check(directory_.path());
    ASSERT_EQ(found.wrong.size(), 1u);
    EXPECT_NE(found.wrong[0].find(named), std::string::npos) << found.wrong[0];
    {
      const Store gone = std::move(store_);
    }
    ASSERT_TRUE(rebuild(directory_.path(), kGoOn));
    store_ = open_store(directory_.path());
  }
}

TEST_F(Care, OfManyWrongHoursTwentyAreNamed) {
  append(30 * kChunkReadings);
  damage("UPDATE rollup_hour SET flags = flags | 32768");
  const Checked found = check(directory_.path());
  ASSERT_EQ(found.wrong.size(), 21u);
  EXPECT_NE(found.wrong.back().find("10 more hours"), std::string::npos) << found.wrong.back();
}

TEST_F(Care, CompactingGivesRoomBackOnceTheDaemonIsGone) {
  append(36'000);
  const auto refused = compact(directory_.path());
  ASSERT_FALSE(refused);
  damage(
      "CREATE TABLE ballast(x); INSERT INTO ballast VALUES(randomblob(3000000)); DROP TABLE "
      "ballast");
  {
    const Store gone = std::move(store_);
  }
  const auto before = std::filesystem::file_size(directory_.path() / kFileName);
  const auto kept = read_all(reader());
  ASSERT_TRUE(compact(directory_.path()));
  EXPECT_LT(std::filesystem::file_size(directory_.path() / kFileName) + 2'500'000, before);
  EXPECT_EQ(read_all(reader()), kept);
}

}  // namespace
}  // namespace fithome::store
