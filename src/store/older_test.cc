// SPDX-License-Identifier: MIT
//
// A store that an earlier fithome wrote is brought along, and nothing in it is lost.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "store/schema.h"
#include "store/sqlite.h"
#include "store/test_support.h"

namespace fithome::store {
namespace {

class OlderStore : public testing::Test {
 protected:
  explicit OlderStore(int format = 1) {
    std::ifstream in(FITHOME_CHECKOUT "/tests/data/store_format_" + std::to_string(format) +
                     ".sql");
    const std::string sql{std::istreambuf_iterator<char>(in), {}};
    EXPECT_FALSE(sql.empty());
    execute(sql);
  }
  void execute(const std::string& sql) const {
    const Database db = Database::open(file_, Access::write).value();
    const auto done = db.execute(sql);
    EXPECT_TRUE(done) << done.error().what;
  }
  std::int64_t format() const {
    return Database::open(file_, Access::read).value().integer("PRAGMA user_version").value();
  }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "readings.db";
};

TEST_F(OlderStore, IsBroughtAlongWithAllItHeld) {
  {
    Store store = open_store(directory_.path());
    EXPECT_EQ(store.site(), "4d04cb1a-1cc8-41b0-9c63-1b33739b6d9b");
    EXPECT_EQ(*store.append({.readings = readings_of(13, 13)}), 13U) << "numbers go on";
  }

  EXPECT_EQ(format(), kFormat);
  const Reader reader = open_reader(directory_.path());
  const auto kept = read_all(reader);
  ASSERT_EQ(kept.size(), 13U);
  EXPECT_EQ(kept[1].reading.steps[0], 100);
  EXPECT_EQ(kept[12], (Kept{13, reading_of(13)}));
  EXPECT_EQ(reader.ledger().value().lines[0].active.imported.nwh, 1'000'000'001);
  EXPECT_EQ(reader.cursors().value().at(0).taken, 3U);
  const auto events = reader.events(UtcTime::min(), UtcTime::max()).value();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].kind, "gap");
  EXPECT_EQ(events[0].cause, "lasts");
  EXPECT_FALSE(events[0].end);
  EXPECT_FALSE(events[0].channel);
  EXPECT_EQ(reader.open_events().value().size(), 1U);
  EXPECT_FALSE(reader.era().value()) << "it knew of none";
  EXPECT_EQ(reader.ledger().value().net.corrected, reading::Flow{});
  EXPECT_TRUE(reader.calibrations().value().empty());
}

TEST_F(OlderStore, TakesWhatCameWithFormat2) {
  {
    Store store = open_store(directory_.path());
    reading::Ledger ledger = open_reader(directory_.path()).ledger().value();
    set_total(ledger.net, {5'000}, {7});
    const Calibration made{.kind = "voltage", .before = "{}", .after = "{}", .configured = "{}"};
    ASSERT_TRUE(store.append({.ledger = &ledger, .calibrations = {&made, 1}}));
  }
  const Reader reader = open_reader(directory_.path());
  EXPECT_EQ(reader.ledger().value().net.active.imported.nwh, 5'000);
  EXPECT_NE(reader.ledger().value().net.corrected, reading::Flow{});
  EXPECT_EQ(reader.calibrations().value().at(0).first_sequence, 13U);
}

TEST_F(OlderStore, IsNotReadHalfByAProgramThatExpectsMore) {
  const auto reader = Reader::open(directory_.path());
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Code::unsupported);
  EXPECT_NE(reader.error().what.find("start the daemon once"), std::string::npos)
      << reader.error().what;
  EXPECT_EQ(format(), 1);
}

TEST_F(OlderStore, PacksItsRowsIntoBlocks) {
  execute(
      "WITH RECURSIVE n(i) AS (SELECT 13 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)"
      " INSERT INTO reading(sequence, meter, time_ms, flags, p, pf)"
      " SELECT i, 1, 1795334400000 + i * 1000, i % 3, i * 7, NULL FROM n");
  {
    open_store(directory_.path());
  }
  const auto kept = read_all(open_reader(directory_.path()));
  ASSERT_EQ(kept.size(), 8000U);
  for (Sequence n = 13; n <= 8000; ++n) {
    const reading::Reading& reading = kept[n - 1].reading;
    ASSERT_EQ(kept[n - 1].sequence, n);
    ASSERT_EQ(reading.time.time_since_epoch().count(),
              1795334400000 + static_cast<int>(n) * 1000LL);
    ASSERT_EQ(reading.flags, n % 3);
    ASSERT_EQ(reading.steps[0], static_cast<int>(n) * 7);
    ASSERT_FALSE(reading.steps[3]);
  }
  const Database db = Database::open(file_, Access::read).value();
  EXPECT_EQ(db.integer("SELECT count(*) FROM block"), 3);
  EXPECT_EQ(db.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'reading'"), 0);
}

class StoreOfFormat2 : public OlderStore {
 protected:
  StoreOfFormat2() : OlderStore(2) {}
};

TEST_F(StoreOfFormat2, IsBroughtAlongWithAllItHeld) {
  {
    Store store = open_store(directory_.path());
    EXPECT_EQ(*store.append({.readings = readings_of(13, 13)}), 13U) << "numbers go on";
  }

  EXPECT_EQ(format(), kFormat);
  const Reader reader = open_reader(directory_.path());
  const auto kept = read_all(reader);
  ASSERT_EQ(kept.size(), 13U);
  EXPECT_EQ(kept[0].reading.time, at("2026-06-01T12:00:00Z"));
  EXPECT_EQ(kept[0].reading.flags, bit(reading::Flag::simulated));
  EXPECT_EQ(kept[0].reading.steps[0], 13249);
  EXPECT_EQ(kept[0].reading.steps[1], -5299);
  EXPECT_EQ(reader.ledger().value().net.active.imported.nwh, 440'625'000);
  const auto events = reader.events(UtcTime::min(), UtcTime::max()).value();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].kind, "start");
  EXPECT_TRUE(reader.era().value());
}

class StoreOfFormat3 : public OlderStore {
 protected:
  StoreOfFormat3() : OlderStore(3) {}
};

TEST_F(StoreOfFormat3, GetsRollUpsOfAllItHeld) {
  {
    open_store(directory_.path());
  }
  EXPECT_EQ(format(), kFormat);
  const Reader reader = open_reader(directory_.path());
  EXPECT_EQ(read_all(reader).size(), 3700U);
  EXPECT_TRUE(reader.check([](double) { return true; }).value().good());
  const auto hours = reader.rollup({.channels = {0}}, std::chrono::hours(1)).value();
  ASSERT_EQ(hours.size(), 2U);
  EXPECT_EQ(hours[0].readings, 3600U);
  EXPECT_EQ(hours[0].values[0].min, 1000);
  EXPECT_EQ(hours[0].values[0].max, 1005.9);
  EXPECT_NEAR(hours[0].values[0].mean, 1002.95, 1e-9);
  EXPECT_EQ(hours[1].readings, 100U);
}

TEST_F(StoreOfFormat3, IsBroughtAlongThoughABlockIsDamaged) {
  execute("UPDATE block SET data = zeroblob(length(data)) WHERE id = 1");
  {
    open_store(directory_.path());
  }
  const auto hours =
      open_reader(directory_.path()).rollup({.channels = {0}}, std::chrono::hours(1)).value();
  ASSERT_EQ(hours.size(), 1U);
  EXPECT_EQ(hours[0].readings, 100U);
}

class StoreOfFormat4 : public OlderStore {
 protected:
  StoreOfFormat4() : OlderStore(4) {
    std::filesystem::copy(FITHOME_CHECKOUT "/tests/data/store_format_4.journal", journal_);
  }
  void expect_whole() const {
    const Reader reader = open_reader(directory_.path());
    EXPECT_EQ(reader.last_sequence(), 30U);
    const auto kept = read_all(reader);
    ASSERT_EQ(kept.size(), 30U);
    for (Sequence n = 1; n <= 30; ++n) {
      EXPECT_EQ(kept[n - 1].sequence, n);
      EXPECT_EQ(kept[n - 1].reading.steps[0], 99'990 + static_cast<std::int32_t>(n) * 10);
      EXPECT_EQ(kept[n - 1].reading.time, at("2026-06-01T12:00:00Z") + (n - 1) * kOne);
    }
    EXPECT_EQ(reader.ledger().value().net.reactive.exported.nwh, 1'000'000'004);
    EXPECT_TRUE(reader.check([](double) { return true; }).value().good());
  }

  std::filesystem::path journal_ = directory_.path() / "journal";
};

TEST_F(StoreOfFormat4, HasItsJournalSealedAndTheNextWithAHeader) {
  {
    const Store store = open_store(directory_.path());
    expect_whole();
  }
  EXPECT_EQ(format(), kFormat);
  expect_whole();
  EXPECT_EQ(Database::open(file_, Access::read).value().integer("SELECT count(*) FROM block"), 1);
  {
    Store store = open_store(directory_.path());
    EXPECT_EQ(*store.append({.readings = readings_of(31, 31)}), 31U) << "numbers go on";
  }
  std::ifstream in(journal_, std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}).substr(0, 4), "FHJ2");
  EXPECT_EQ(read_all(open_reader(directory_.path())).at(30), (Kept{31, reading_of(31)}));
}

// Where power went between the database's step and the journal's.
TEST_F(StoreOfFormat4, IsReadAsItStandsHalfway) {
  execute("PRAGMA user_version = " + std::to_string(kFormat));
  expect_whole();
  open_store(directory_.path());
  expect_whole();
}

}  // namespace
}  // namespace fithome::store
