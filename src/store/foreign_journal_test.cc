// SPDX-License-Identifier: MIT
//
// Database and journal say the same of each other. Where a card has changed what the database
// says, the hour in the journal is not lost; where both are of different stores, it is kept.
// Found by the fuzzer: a changed byte of `meta.site` made that hour vanish, and it was written
// over.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "store/journal.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/test_support.h"
#include "store/unsealed.h"

namespace fithome::store {
namespace {

constexpr Sequence kAll = kChunkReadings + 50;

class TheJournal : public testing::Test {
 protected:
  void SetUp() override { fill(directory_.path(), kAll); }
  static void fill(const std::filesystem::path& directory, Sequence last) {
    Store store = open_store(directory);
    for (Sequence n = 0; n < last; n += 50) {
      const auto readings = readings_of(n + 1, n + 50);
      const reading::Ledger ledger = ledger_of(n + 50);
      ASSERT_TRUE(store.append({.readings = readings, .ledger = &ledger}));
    }
  }
  void execute(const std::string& sql) const {
    const Database db = Database::open(directory_.path() / kFileName, Access::write).value();
    const auto done = db.execute(sql);
    ASSERT_TRUE(done) << done.error().what;
  }
  std::vector<std::string> wrong() const {
    return open_reader(directory_.path()).check([](double) { return true; }).value().wrong;
  }
  static std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void expect_whole(Sequence last) const {
    const Reader reader = open_reader(directory_.path());
    const auto kept = read_all(reader);
    ASSERT_EQ(kept.size(), last);
    for (Sequence n = 1; n <= last; ++n) ASSERT_EQ(kept[n - 1], (Kept{n, reading_of(n)}));
    EXPECT_EQ(reader.ledger().value(), ledger_of(last));
  }
  /// Goes on for more than an hour, so that all is sealed.
  void live_on() const {
    Store store = open_store(directory_.path());
    for (Sequence n = kAll; n < 2 * kAll; n += 50) {
      const auto readings = readings_of(n + 1, n + 50);
      const reading::Ledger ledger = ledger_of(n + 50);
      ASSERT_TRUE(store.append({.readings = readings, .ledger = &ledger}));
    }
  }

  TemporaryDirectory directory_;
  std::filesystem::path journal_ = directory_.path() / kJournalName;
  std::filesystem::path aside_ = directory_.path() / "journal-aside-1";
};

TEST_F(TheJournal, IsReadThoughTheDatabaseIsWrongInOneOfWhatBothSay) {
  const std::string site = open_store(directory_.path()).site();
  for (const char* damage :
       {"UPDATE meta SET value = '0' || substr(value, 2) WHERE key = 'site'",
        "UPDATE meta SET value = 'g' || substr(value, 2) WHERE key = 'site'",
        "UPDATE journal SET generation = generation + 1",
        "UPDATE journal SET generation = generation + 256",
        "UPDATE journal SET generation = generation - 1", "UPDATE journal SET sequence = 7",
        "UPDATE journal SET sequence = sequence + 65536"}) {
    SCOPED_TRACE(damage);
    const Database before = Database::open(directory_.path() / kFileName, Access::read).value();
    execute(damage);
    if (before.text("SELECT value FROM meta WHERE key = 'site'").value() != site ||
        std::string_view(damage).find("journal") != std::string_view::npos) {
      ASSERT_EQ(wrong().size(), 1U);
      EXPECT_NE(wrong()[0].find("journal: 50 readings that are not sealed go with site " + site),
                std::string::npos)
          << wrong()[0];
      EXPECT_NE(wrong()[0].find("the daemon puts the database right"), std::string::npos);
    }
    expect_whole(kAll);
    EXPECT_EQ(open_store(directory_.path()).site(), site);
    EXPECT_TRUE(wrong().empty());
    expect_whole(kAll);
  }
  live_on();
  expect_whole(2 * kAll);
  EXPECT_TRUE(wrong().empty());
  EXPECT_FALSE(std::filesystem::exists(aside_));
}

TEST_F(TheJournal, OfAnotherStoreIsPutAsideAndNeverWrittenOver) {
  const TemporaryDirectory elsewhere;
  fill(elsewhere.path(), 100);
  std::filesystem::copy(elsewhere.path() / kJournalName, journal_,
                        std::filesystem::copy_options::overwrite_existing);
  const std::string theirs = bytes_of(journal_);
  ASSERT_EQ(wrong().size(), 1U);
  EXPECT_NE(wrong()[0].find("journal: 100 readings that are not sealed"), std::string::npos);
  EXPECT_NE(wrong()[0].find("the daemon puts the file aside"), std::string::npos) << wrong()[0];
  EXPECT_EQ(read_all(open_reader(directory_.path())).size(), kChunkReadings) << "ours alone";

  open_store(directory_.path());

  EXPECT_EQ(bytes_of(aside_), theirs);
  EXPECT_TRUE(wrong().empty());
  std::filesystem::copy(elsewhere.path() / kJournalName, journal_,
                        std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(open_store(directory_.path()).append({}).value(), kChunkReadings);
  EXPECT_EQ(bytes_of(aside_), theirs) << "nor that one by the next";
  EXPECT_EQ(bytes_of(directory_.path() / "journal-aside-2"), theirs);
}

// "Move it away and start again" is said of a damaged database: the journal stays behind.
TEST_F(TheJournal, OfADatabaseThatWasMovedAwayIsPutAside) {
  const std::string old = bytes_of(journal_);
  std::filesystem::remove(directory_.path() / kFileName);
  open_store(directory_.path());
  EXPECT_EQ(bytes_of(aside_), old);
}

TEST_F(TheJournal, OfAHouseThatHasNoBlockYetIsNotTakenForTheNextHouses) {
  const TemporaryDirectory fresh;
  fill(fresh.path(), 50);
  std::filesystem::remove(fresh.path() / kFileName);
  const Store store = open_store(fresh.path());
  EXPECT_TRUE(read_all(open_reader(fresh.path())).empty());
  EXPECT_TRUE(std::filesystem::exists(fresh.path() / "journal-aside-1"));
}

TEST_F(TheJournal, WithADamagedHeaderIsReadAllTheSame) {
  std::fstream(journal_, std::ios::in | std::ios::out | std::ios::binary).seekp(30) << "XX";
  ASSERT_EQ(wrong().size(), 1U);
  EXPECT_NE(wrong()[0].find("journal: its header is damaged"), std::string::npos) << wrong()[0];
  expect_whole(kAll);
  live_on();
  expect_whole(2 * kAll);
  EXPECT_TRUE(wrong().empty());
}

TEST_F(TheJournal, WithADamagedPageIsPutAside) {
  std::fstream(journal_, std::ios::in | std::ios::out | std::ios::binary).seekp(8)
      << std::string(500, '\xA5');
  const std::string damaged = bytes_of(journal_);
  EXPECT_EQ(wrong().size(), 1U);
  open_store(directory_.path());
  EXPECT_EQ(bytes_of(aside_), damaged);
  EXPECT_TRUE(wrong().empty());
}

// What a power cut and a kill leave is no damage: the last life's records, whose readings are
// sealed; a header whose first record is torn; nothing.
TEST_F(TheJournal, OfAnEarlierLifeOrWithATornFirstRecordIsAnEmptyOne) {
  const std::string earlier = bytes_of(journal_);
  {
    Store store = open_store(directory_.path());
    ASSERT_TRUE(store.append({.readings = readings_of(kAll + 1, kAll + kChunkReadings)}));
  }
  ASSERT_EQ(read_all(open_reader(directory_.path())).size(), kAll + kChunkReadings);
  EXPECT_TRUE(wrong().empty()) << "sealed, and nothing came since";
  {
    Store store = open_store(directory_.path());
    const Sequence last = kAll + kChunkReadings;
    ASSERT_TRUE(store.append({.readings = readings_of(last + 1, last + 50)}));
  }
  const std::string whole = bytes_of(journal_);
  for (std::size_t sector = 512; sector < 3072; sector += 512) {
    SCOPED_TRACE(sector);
    for (const auto& [front, back] : {std::pair(whole, earlier), std::pair(earlier, whole)}) {
      std::ofstream(journal_, std::ios::binary) << front.substr(0, sector) + back.substr(sector);
      EXPECT_TRUE(wrong().empty()) << wrong()[0];
      EXPECT_EQ(read_all(open_reader(directory_.path())).size(), kAll + kChunkReadings);
      open_store(directory_.path());
    }
  }
  for (const std::string& left : {std::string(), std::string(4096, '\0')}) {
    std::ofstream(journal_, std::ios::binary) << left;
    EXPECT_TRUE(wrong().empty());
    open_store(directory_.path());
  }
  EXPECT_FALSE(std::filesystem::exists(aside_));
}

// Whoever looks on at a journal that grows comes to what one who looks at it afresh does.
TEST_F(TheJournal, IsSeenToBeginAnewByWhoLookedAtItsEarlierLife) {
  const Database db = Database::open(directory_.path() / kFileName, Access::read).value();
  JournalReader reader = JournalReader::open(journal_).value();
  const std::string earlier = bytes_of(journal_);
  {
    Store store = open_store(directory_.path());
    ASSERT_TRUE(store.append({.readings = readings_of(kAll + 1, kAll + kChunkReadings)}));
  }
  ASSERT_EQ(bytes_of(journal_).substr(0, 64), earlier.substr(0, 64)) << "sealed, not written anew";
  Unsealed kept = read_unsealed(db, reader).value();
  ASSERT_EQ(kept.tail.records(), 0);
  ASSERT_TRUE(catch_up(db, reader, kept));
  ASSERT_EQ(kept.tail.records(), 0);

  const Sequence last = kAll + kChunkReadings;
  ASSERT_TRUE(open_store(directory_.path()).append({.readings = readings_of(last + 1, last + 50)}));
  ASSERT_TRUE(catch_up(db, reader, kept));
  EXPECT_EQ(kept.tail.last(), last + 50);
  EXPECT_EQ(kept.fit, Fit::good);
}

TEST_F(TheJournal, OfAnotherGenerationIsDoubtedOnceItHasARecord) {
  const std::string whole = bytes_of(journal_);
  std::ofstream(journal_, std::ios::binary) << whole.substr(0, 64);
  execute("UPDATE journal SET generation = generation + 1");
  const Database db = Database::open(directory_.path() / kFileName, Access::read).value();
  JournalReader reader = JournalReader::open(journal_).value();
  Unsealed kept = read_unsealed(db, reader).value();
  ASSERT_EQ(kept.fit, Fit::good) << "a power cut leaves a header alone";

  std::ofstream(journal_, std::ios::binary) << whole;
  ASSERT_TRUE(catch_up(db, reader, kept));
  EXPECT_EQ(kept.fit, Fit::mended);
  EXPECT_EQ(kept.tail.last(), kAll);
}

}  // namespace
}  // namespace fithome::store
