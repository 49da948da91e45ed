// SPDX-License-Identifier: MIT
//
// A power cut takes what was not synced, and of that any part: sector by sector, name by name. A
// store lives on a FaultyDisk; now and then what a cut would have left there is opened elsewhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <random>
#include <set>

#include "store/faulty_disk.h"
#include "store/journal.h"
#include "store/schema.h"
#include "store/test_support.h"

namespace fithome::store {
namespace {

using Path = std::filesystem::path;

/// Cuts the power before one of each `accesses` accesses, and hands what is left to `look`.
void cut_now_and_then(FaultyDisk& disk, bool torn, std::mt19937& dice, unsigned accesses,
                      std::function<void(const Path& left)> look) {
  disk.before_access = [&disk, torn, &dice, accesses, look = std::move(look),
                        until = 1U]() mutable {
    if (--until > 0) return;
    until = 1 + static_cast<unsigned>(dice() % accesses);
    const TemporaryDirectory elsewhere;
    disk.cut(elsewhere.path(), torn, dice);
    look(elsewhere.path());
  };
}

bool was_put_aside(const Path& directory) {
  return std::ranges::any_of(std::filesystem::directory_iterator(directory), [](const auto& entry) {
    return entry.path().filename().string().starts_with("journal-aside");
  });
}

/// How a store lives: what it is given, and how often it is synced.
struct Life {
  Sequence readings;        // in all
  Sequence batch;           // readings each
  Sequence cursor_every;    // batches
  Sequence sync_every;      // batches
  Sequence close_every;     // batches; then it is opened again
  unsigned accesses = 100;  // of the disk between two cuts, at most
};
/// Batches of one reading with all that there is.
constexpr Life kSmallBatches{
    .readings = 600, .batch = 1, .cursor_every = 1, .sync_every = 10, .close_every = 90};
/// Long enough to be sealed into blocks, again and again.
constexpr Life kSealing{.readings = 8'000,
                        .batch = 200,
                        .cursor_every = 7,
                        .sync_every = 3,
                        .close_every = 11,
                        .accesses = 12};

/// How many readings a cut left; all that it left is whole and in order, or the test fails.
Sequence left_by_cut(const std::filesystem::path& directory, const Life& life) {
  const auto store = Store::open(directory);
  if (!store) {
    ADD_FAILURE() << store.error().what;
    return 0;
  }
  EXPECT_FALSE(was_put_aside(directory)) << "a cut is no damage";
  const Reader reader = open_reader(directory);
  EXPECT_TRUE(reader.check([](double) { return true; }).value().good());
  const auto kept = read_all(reader);
  for (std::size_t n = 0; n < kept.size(); ++n) {
    EXPECT_EQ(kept[n], (Kept{n + 1, reading_of(n + 1)}));
  }
  EXPECT_EQ(kept.size() % life.batch, 0U) << "no half of a batch";
  if (kept.empty()) return 0;
  EXPECT_EQ(reader.ledger().value(), ledger_of(kept.size())) << "of the last reading, always";
  const Sequence batches = kept.size() / life.batch;
  const auto cursors = reader.cursors().value();
  const Sequence taken = cursors.empty() ? 0 : cursors[0].taken;
  EXPECT_EQ(taken, batches / life.cursor_every * life.cursor_every * life.batch)
      << "nor of its cursor";
  return kept.size();
}

struct Outcome {
  int cuts = 0;
  int lost_acknowledged = 0;  // cuts that took what a sync had promised
};

/// A store's whole life, from an empty directory on, with cuts.
Outcome live_with_cuts(const Life& life, bool torn, FaultyDisk& disk, const Path& directory,
                       unsigned seed) {
  std::mt19937 dice(seed);
  Sequence promised = 0;
  Outcome outcome;
  cut_now_and_then(disk, torn, dice, life.accesses, [&](const Path& left) {
    ++outcome.cuts;
    if (left_by_cut(left, life) < promised) ++outcome.lost_acknowledged;
  });
  std::optional<Store> store = open_store(directory);
  for (Sequence n = 1; n <= life.readings / life.batch; ++n) {
    const auto readings = readings_of((n - 1) * life.batch + 1, n * life.batch);
    const reading::Ledger ledger = ledger_of(n * life.batch);
    const std::vector<Cursor> cursors{{"self", n * life.batch}};
    Batch batch{.readings = readings, .ledger = &ledger};
    if (n % life.cursor_every == 0) batch.cursors = cursors;
    EXPECT_TRUE(store->append(batch));
    if (n % life.sync_every == 0) {
      EXPECT_TRUE(store->sync());
      promised = n * life.batch;
    }
    if (n % life.close_every != 0) continue;
    store.reset();
    store = open_store(directory);
  }
  disk.before_access = {};
  return outcome;
}

Outcome live_with_cuts(const Life& life, bool torn, unsigned seed) {
  const TemporaryDirectory directory;
  FaultyDisk disk(directory.path());
  return live_with_cuts(life, torn, disk, directory.path(), seed);
}

TEST(PowerCut, LeavesAllThatWasSynced) {
  const Outcome outcome = live_with_cuts(kSmallBatches, false, 20261125);
  EXPECT_GE(outcome.cuts, 60);
  EXPECT_EQ(outcome.lost_acknowledged, 0);
}

TEST(PowerCut, LeavesAllThatWasSyncedThoughWritesAreTorn) {
  const Outcome outcome = live_with_cuts(kSmallBatches, true, 20261126);
  EXPECT_GE(outcome.cuts, 60);
  EXPECT_EQ(outcome.lost_acknowledged, 0);
}

TEST(PowerCut, LeavesWhatIsSealedAndWhatIsNotEachOnce) {
  for (const bool torn : {false, true}) {
    const Outcome outcome = live_with_cuts(kSealing, torn, 20261128);
    EXPECT_GE(outcome.cuts, 50);
    EXPECT_EQ(outcome.lost_acknowledged, 0);
  }
}

/// The negative control: the simulated cut does take what is not on the disk.
TEST(PowerCut, TakesWhatADiskOnlySaidToHaveSynced) {
  for (const Life& life : {kSmallBatches, kSealing}) {
    const TemporaryDirectory directory;
    open_store(directory.path());
    FaultyDisk disk(directory.path());
    disk.forgets_syncs = true;
    const Outcome outcome = live_with_cuts(life, false, disk, directory.path(), 20261127);
    EXPECT_GE(outcome.cuts, 20);
    EXPECT_GT(outcome.lost_acknowledged, 0);
  }
}

/// And what no directory has the name of.
TEST(PowerCut, TakesFilesWhoseNamesWereNotSynced) {
  const TemporaryDirectory directory;
  FaultyDisk disk(directory.path());
  disk.forgets_names = true;
  const Outcome outcome = live_with_cuts(kSealing, false, disk, directory.path(), 20261127);
  EXPECT_GE(outcome.cuts, 20);
  EXPECT_GT(outcome.lost_acknowledged, 0);
}

std::string text_of(const Path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A store with `count` readings, whatever was there.
void make_store(const Path& directory, Sequence count) {
  Store store = open_store(directory);
  const reading::Ledger ledger = ledger_of(count);
  EXPECT_TRUE(store.append({.readings = readings_of(1, count), .ledger = &ledger}));
  EXPECT_TRUE(store.sync());
}

TEST(PowerCut, LeavesAJournalThatIsPutAsideUnderOneNameOrTheOther) {
  const TemporaryDirectory elsewhere;
  make_store(elsewhere.path(), 100);
  const std::string theirs = text_of(elsewhere.path() / kJournalName);
  int cuts = 0;
  for (unsigned seed = 0; seed < 12; ++seed) {
    const TemporaryDirectory directory;
    make_store(directory.path(), kChunkReadings);
    std::ofstream(directory.path() / kJournalName, std::ios::binary) << theirs;
    FaultyDisk disk(directory.path());
    std::mt19937 dice(seed);
    Sequence promised = kChunkReadings;
    cut_now_and_then(disk, seed % 2 == 0, dice, 2, [&](const Path& left) {
      ++cuts;
      EXPECT_GE(open_store(left).append({}).value(), promised);
      EXPECT_EQ(text_of(left / "journal-aside-1"), theirs);
    });
    Store store = open_store(directory.path());
    EXPECT_TRUE(store.append({.readings = readings_of(kChunkReadings + 1, kChunkReadings + 9)}));
    EXPECT_TRUE(store.sync());
    promised = kChunkReadings + 9;
    EXPECT_TRUE(store.append({.readings = readings_of(kChunkReadings + 10, kChunkReadings + 10)}));
    disk.before_access = {};
  }
  EXPECT_GE(cuts, 50);
}

/// How many readings a copy holds: nothing where there is none yet.
Sequence copied(const Path& directory) {
  const auto reader = Reader::open(directory);
  if (!reader) {
    EXPECT_EQ(reader.error().code, Code::not_found) << reader.error().what;
    return 0;
  }
  EXPECT_TRUE(reader->check([](double) { return true; }).value().good());
  return read_all(*reader).size();
}

TEST(PowerCut, LeavesACopyAsItWasOrWhole) {
  const TemporaryDirectory house;
  int cuts = 0;
  for (const bool torn : {false, true}) {
    const TemporaryDirectory copies;
    FaultyDisk disk(copies.path());
    std::mt19937 dice(20261129);
    Sequence promised = 0;
    cut_now_and_then(disk, torn, dice, 6, [&](const Path& left) {
      ++cuts;
      const Sequence kept = copied(left / "copy");
      EXPECT_GE(kept, promised);
      EXPECT_TRUE(kept == 0 || kept % kChunkReadings == 100) << kept;
    });
    for (int n = 1; n <= 3; ++n) {
      const Sequence last = static_cast<Sequence>(n) * kChunkReadings + 100;
      {
        Store store = open_store(house.path());
        const Sequence before = *store.append({});
        if (before < last) EXPECT_TRUE(store.append({.readings = readings_of(before + 1, last)}));
      }
      const Reader reader = open_reader(house.path());
      EXPECT_TRUE(reader.back_up(copies.path() / "copy", [](double) { return true; }));
      promised = *reader.last_sequence();
    }
    disk.before_access = {};
  }
  EXPECT_GE(cuts, 20);
}

TEST(PowerCut, LeavesAStoreThatIsMovedAsideWholeInOneOfTwoPlaces) {
  int cuts = 0;
  for (unsigned seed = 0; seed < 12; ++seed) {
    const TemporaryDirectory directory;
    make_store(directory.path(), kChunkReadings + 50);
    FaultyDisk disk(directory.path());
    std::mt19937 dice(seed);
    cut_now_and_then(disk, seed % 2 == 0, dice, 1, [&](const Path& left) {
      ++cuts;
      std::set<std::string> found;
      for (const auto& entry : std::filesystem::recursive_directory_iterator(left)) {
        if (entry.is_regular_file() && entry.file_size() > 0) {
          found.insert(entry.path().filename());
        }
      }
      EXPECT_TRUE(found.contains("readings.db") && found.contains("journal"));
    });
    EXPECT_TRUE(move_aside(directory.path(), directory.path() / "before"));
    disk.before_access = {};
    const TemporaryDirectory left;
    disk.cut(left.path(), false, dice);
    EXPECT_EQ(read_all(open_reader(left.path() / "before")).size(), kChunkReadings + 50);
    EXPECT_FALSE(std::filesystem::exists(left.path() / "readings.db"));
  }
  EXPECT_GE(cuts, 24);
}

}  // namespace
}  // namespace fithome::store
