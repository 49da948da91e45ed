// SPDX-License-Identifier: MIT
//
// A file system that found an error lets nothing be written any more, from one call to the next.
#include <gtest/gtest.h>

#include <cerrno>

#include "store/faulty_disk.h"
#include "store/test_support.h"

namespace fithome::store {
namespace {

constexpr Sequence kSome = kChunkReadings - 10;

Result<Sequence> append(Store& store, Sequence first, Sequence last) {
  const auto readings = readings_of(first, last);
  const reading::Ledger ledger = ledger_of(last);
  const std::vector<Cursor> cursors{{"self", last}};  // so that the database has its part in it
  return store.append({.readings = readings, .ledger = &ledger, .cursors = cursors});
}

/// Refuses from the `n`th write on, then no more; the same is tried again, as the writer does it.
/// How many writes there were.
int refuse_after(int n) {
  const TemporaryDirectory directory;
  int accesses = 0;
  {
    Store store = open_store(directory.path());
    EXPECT_TRUE(append(store, 1, kSome));
    FaultyDisk disk(directory.path());
    disk.before_access = [&] { disk.refuses = accesses++ >= n ? EROFS : 0; };
    const auto refused = append(store, kSome + 1, kSome + 20);  // an hour is full, and sealed
    const auto synced = store.sync();
    if (!refused) {
      EXPECT_EQ(refused.error().code, Code::transient) << refused.error().what;
    }
    if (accesses > n) {
      EXPECT_FALSE(refused && synced && !store.seal_error()) << "a refusal is told";
    }
    EXPECT_EQ(read_all(open_reader(directory.path())).size(), refused ? kSome + 20 : kSome);

    disk.before_access = {};
    disk.refuses = 0;
    if (!refused) {
      EXPECT_TRUE(append(store, kSome + 1, kSome + 20));
    }
    EXPECT_TRUE(store.sync());
    EXPECT_FALSE(store.seal_error());
    EXPECT_TRUE(append(store, kSome + 21, kSome + 40));
  }
  const Reader reader = open_reader(directory.path());
  const auto kept = read_all(reader);
  EXPECT_EQ(kept.size(), kSome + 40);
  for (std::size_t at = 0; at < kept.size(); ++at) {
    if (kept[at] != Kept{at + 1, reading_of(at + 1)}) ADD_FAILURE() << "reading " << at + 1;
  }
  EXPECT_EQ(reader.ledger().value(), ledger_of(kSome + 40));
  EXPECT_TRUE(reader.check([](double) { return true; }).value().good());
  return accesses;
}

TEST(StoreFault, LosesNothingWhereverTheDiskBecomesReadOnlyForAWhile) {
  const int writes = refuse_after(1000);
  EXPECT_GT(writes, 5);
  for (int n = 0; n < writes; ++n) {
    SCOPED_TRACE(n);
    refuse_after(n);
  }
}

}  // namespace
}  // namespace fithome::store
