// SPDX-License-Identifier: MIT
//
// A power cut takes what was not synced, and of that any part, sector by sector. Simulated below
// SQLite and, for the journal, below the C library: what a file was when it was last synced is its
// image on the disk.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <random>

#include "store/test_support.h"

namespace fithome::store {
namespace {

constexpr std::size_t kSector = 512;

using Bytes = std::vector<char>;

Bytes bytes_of(const std::filesystem::path& file) {
  Bytes bytes(std::filesystem::file_size(file));
  std::ifstream(file, std::ios::binary)
      .read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

/// A disk under SQLite that knows what is on it and what only seems to be.
class FaultyDisk {
 public:
  /// Called before each write and sync below the directory.
  std::function<void()> before_access;
  bool forgets_syncs = false;  // says it is done, and is not

  explicit FaultyDisk(const std::filesystem::path& directory) : directory_(directory) {
    the_disk = this;
    real_ = sqlite3_vfs_find(nullptr);
    vfs_ = *real_;
    vfs_.zName = "faulty-disk";
    vfs_.xOpen = open;
    vfs_.xDelete = forget;
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~FaultyDisk() {
    sqlite3_vfs_register(real_, 1);
    sqlite3_vfs_unregister(&vfs_);
    the_disk = nullptr;
  }
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  /// The disk there is, if any.
  static FaultyDisk* now() { return the_disk; }
  /// A file that is written without SQLite.
  bool holds_journal(int file) const {
    std::error_code error;
    const auto path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file), error);
    return !error && path == directory_ / "journal";
  }
  int sync_journal(int file, long call) {
    if (before_access) before_access();
    const auto code = static_cast<int>(::syscall(call, file));
    const std::string name = directory_ / "journal";
    if (code == 0 && !forgets_syncs) synced_[name] = bytes_of(name);
    return code;
  }

  /// What stands on the disk after a cut now; `torn`: of what was not synced, any sectors too.
  void cut(const std::filesystem::path& into, bool torn, std::mt19937& dice) const {
    for (const auto& [path, image] : synced_) {
      Bytes left = image;
      if (torn) tear(left, bytes_of(path), dice);
      std::ofstream(into / std::filesystem::path(path).filename(), std::ios::binary)
          .write(left.data(), static_cast<std::streamsize>(left.size()));
    }
  }

 private:
  static void tear(Bytes& disk, const Bytes& memory, std::mt19937& dice) {
    if (memory.size() > disk.size() && dice() % 2 == 0) disk.resize(memory.size());
    for (std::size_t at = 0; at < std::min(disk.size(), memory.size()); at += kSector) {
      const std::size_t size = std::min({kSector, disk.size() - at, memory.size() - at});
      if (dice() % 2 == 0) std::memcpy(&disk[at], &memory[at], size);
    }
  }

  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
    FaultyDisk& disk = *the_disk;
    const int code = disk.real_->xOpen(disk.real_, name, file, flags, out);
    if (code != SQLITE_OK || name == nullptr || !std::string_view(name).starts_with(disk.prefix()))
      return code;
    Open& opened = disk.open_[file];
    opened = {name, *file->pMethods, *file->pMethods};
    opened.ours.xWrite = write;
    opened.ours.xSync = sync;
    file->pMethods = &opened.ours;
    return code;
  }
  static int forget(sqlite3_vfs*, const char* name, int sync_directory) {
    the_disk->synced_.erase(name);
    return the_disk->real_->xDelete(the_disk->real_, name, sync_directory);
  }
  static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    if (the_disk->before_access) the_disk->before_access();
    return the_disk->open_[file].real.xWrite(file, data, size, offset);
  }
  static int sync(sqlite3_file* file, int flags) {
    FaultyDisk& disk = *the_disk;
    if (disk.before_access) disk.before_access();
    const Open& opened = disk.open_[file];
    const int code = opened.real.xSync(file, flags);
    if (code == SQLITE_OK && !disk.forgets_syncs) {
      disk.synced_[opened.name] = bytes_of(opened.name);
    }
    return code;
  }
  std::string prefix() const { return directory_.string() + "/"; }

  static inline FaultyDisk* the_disk = nullptr;  // SQLite's calls bring no pointer of ours
  std::filesystem::path directory_;
  sqlite3_vfs* real_ = nullptr;
  sqlite3_vfs vfs_{};
  struct Open {
    std::string name;
    sqlite3_io_methods real, ours;
  };
  std::map<sqlite3_file*, Open> open_;
  std::map<std::string, Bytes> synced_;
};

}  // namespace
}  // namespace fithome::store

// These stand in front of the C library's.
extern "C" ssize_t pwrite(int file, const void* data, std::size_t size, off_t at) {
  auto* disk = fithome::store::FaultyDisk::now();
  if (disk != nullptr && disk->before_access && disk->holds_journal(file)) disk->before_access();
  return ::syscall(SYS_pwrite64, file, data, size, at);
}
extern "C" int fdatasync(int file) {
  auto* disk = fithome::store::FaultyDisk::now();
  if (disk != nullptr && disk->holds_journal(file)) return disk->sync_journal(file, SYS_fdatasync);
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}
extern "C" int fsync(int file) {
  auto* disk = fithome::store::FaultyDisk::now();
  if (disk != nullptr && disk->holds_journal(file)) return disk->sync_journal(file, SYS_fsync);
  return static_cast<int>(::syscall(SYS_fsync, file));
}

namespace fithome::store {
namespace {

/// How a store lives: what it is given, and how often it is synced.
struct Life {
  Sequence readings;        // in all
  Sequence batch;           // readings each
  Sequence cursor_every;    // batches
  Sequence sync_every;      // batches
  unsigned accesses = 150;  // of the disk between two cuts, at most
};
/// Batches of one reading with all that there is.
constexpr Life kSmallBatches{.readings = 600, .batch = 1, .cursor_every = 1, .sync_every = 10};
/// Long enough to be sealed into blocks, again and again.
constexpr Life kSealing{
    .readings = 8'000, .batch = 200, .cursor_every = 7, .sync_every = 3, .accesses = 30};

/// How many readings a cut left; all that it left is whole and in order, or the test fails.
Sequence left_by_cut(const std::filesystem::path& directory, const Life& life) {
  const auto store = Store::open(directory);
  if (!store) {
    ADD_FAILURE() << store.error().what;
    return 0;
  }
  const Reader reader = open_reader(directory);
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

/// Cuts the power again and again.
Outcome live_with_cuts(const Life& life, bool torn, bool forgets_syncs, unsigned seed) {
  const TemporaryDirectory directory;
  FaultyDisk disk(directory.path());
  Store store = open_store(directory.path());
  EXPECT_TRUE(store.sync());
  disk.forgets_syncs = forgets_syncs;

  std::mt19937 dice(seed);
  Sequence promised = 0;
  Outcome outcome;
  unsigned until_cut = 1;
  disk.before_access = [&] {
    if (--until_cut > 0) return;
    until_cut = 1 + static_cast<unsigned>(dice() % life.accesses);
    const TemporaryDirectory elsewhere;
    disk.cut(elsewhere.path(), torn, dice);
    const auto left = left_by_cut(elsewhere.path(), life);
    ++outcome.cuts;
    if (left < promised) ++outcome.lost_acknowledged;
  };
  for (Sequence n = 1; n <= life.readings / life.batch; ++n) {
    const auto readings = readings_of((n - 1) * life.batch + 1, n * life.batch);
    const reading::Ledger ledger = ledger_of(n * life.batch);
    const std::vector<Cursor> cursors{{"self", n * life.batch}};
    Batch batch{.readings = readings, .ledger = &ledger};
    if (n % life.cursor_every == 0) batch.cursors = cursors;
    EXPECT_TRUE(store.append(batch));
    if (n % life.sync_every != 0) continue;
    EXPECT_TRUE(store.sync());
    promised = n * life.batch;
  }
  disk.before_access = {};
  return outcome;
}

TEST(PowerCut, LeavesAllThatWasSynced) {
  const Outcome outcome = live_with_cuts(kSmallBatches, false, false, 20261125);
  EXPECT_GE(outcome.cuts, 40);
  EXPECT_EQ(outcome.lost_acknowledged, 0);
}

TEST(PowerCut, LeavesAllThatWasSyncedThoughWritesAreTorn) {
  const Outcome outcome = live_with_cuts(kSmallBatches, true, false, 20261126);
  EXPECT_GE(outcome.cuts, 40);
  EXPECT_EQ(outcome.lost_acknowledged, 0);
}

TEST(PowerCut, LeavesWhatIsSealedAndWhatIsNotEachOnce) {
  for (const bool torn : {false, true}) {
    const Outcome outcome = live_with_cuts(kSealing, torn, false, 20261128);
    EXPECT_GE(outcome.cuts, 20);
    EXPECT_EQ(outcome.lost_acknowledged, 0);
  }
}

/// The negative control: the simulated cut does take what is not on the disk.
TEST(PowerCut, TakesWhatADiskOnlySaidToHaveSynced) {
  for (const Life& life : {kSmallBatches, kSealing}) {
    const Outcome outcome = live_with_cuts(life, false, true, 20261127);
    EXPECT_GE(outcome.cuts, 20);
    EXPECT_GT(outcome.lost_acknowledged, 0);
  }
}

}  // namespace
}  // namespace fithome::store
