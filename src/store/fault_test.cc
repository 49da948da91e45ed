// SPDX-License-Identifier: MIT
//
// What survives: kill -9, a full disk, a directory or medium that cannot be written.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <exception>
#include <fstream>
#include <functional>
#include <random>

#include "base/unique_fd.h"
#include "store/faulty_disk.h"
#include "store/test_support.h"

namespace fithome::store {
namespace {

void say(int out, const std::string& text) {
  [[maybe_unused]] const auto written = ::write(out, text.data(), text.size());
}

/// Runs in a process of its own, so that what it does to itself (users, mounts, limits, death)
/// ends with it. What it writes to the descriptor comes back as text.
class Child {
 public:
  explicit Child(const std::function<void(int out)>& body) {
    std::array<int, 2> ends;
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      try {
        body(ends[1]);
      } catch (const std::exception& error) {  // must not become a second run of the tests
        say(ends[1], error.what());
      }
      ::_exit(0);
    }
    ::close(ends[1]);
    in_ = UniqueFd(ends[0]);
  }
  ~Child() { EXPECT_EQ(::waitpid(pid_, nullptr, 0), pid_); }

  void kill() const { EXPECT_EQ(::kill(pid_, SIGKILL), 0); }
  int in() const { return in_.get(); }
  std::string text() const {
    std::string all;
    std::array<char, 4096> some;
    for (ssize_t size; (size = ::read(in(), some.data(), some.size())) > 0;) {
      all.append(some.data(), static_cast<std::size_t>(size));
    }
    return all;
  }

 private:
  pid_t pid_ = -1;
  UniqueFd in_;
};

/// Appends for ever, and tells each number once the store has acknowledged it.
void append_for_ever(const std::filesystem::path& directory, int seed, int out) {
  auto store = Store::open(directory);
  if (!store) return;
  Sequence last = *store->append({});
  std::mt19937 dice(static_cast<std::mt19937::result_type>(seed));
  while (true) {
    // Now and then so many that they are sealed; half of them with something for the database.
    const Sequence count = dice() % 60 == 0 ? 1200 : 1 + dice() % 5;
    const auto readings = readings_of(last + 1, last + count);
    const reading::Ledger ledger = ledger_of(last + count);
    const std::vector<Cursor> cursors{{"self", last + count}};
    Batch batch{.readings = readings, .ledger = &ledger};
    if ((last + count) % 2 == 0) batch.cursors = cursors;
    const auto done = store->append(batch);
    if (!done) return;
    last = *done;
    if (::write(out, &last, sizeof last) != sizeof last) return;
  }
}

/// Kills a writer at some moment, and returns how many readings are there; all that it was told to
/// be safe among them, or the test fails.
Sequence kill_a_writer(const std::filesystem::path& directory, int round, std::mt19937& dice,
                       Sequence before) {
  Sequence acknowledged = 0;
  {
    const Child child([&](int out) { append_for_ever(directory, round, out); });
    const auto wanted = 1 + dice() % 30;
    for (unsigned n = 0; n < wanted; ++n) {
      EXPECT_EQ(::read(child.in(), &acknowledged, sizeof acknowledged), 8);
    }
    const timespec moment{0, static_cast<long>(dice() % 3'000'000)};  // anywhere in an append
    ::ppoll(nullptr, 0, &moment, nullptr);
    child.kill();
    Sequence more = 0;  // what was acknowledged until death
    while (::read(child.in(), &more, sizeof more) == 8) acknowledged = more;
  }

  const Reader reader = open_reader(directory);
  const auto kept = read_all(reader);
  EXPECT_GE(kept.size(), acknowledged);
  EXPECT_GT(acknowledged, before);
  for (std::size_t n = 0; n < kept.size(); ++n) {
    if (kept[n] != Kept{n + 1, reading_of(n + 1)}) ADD_FAILURE() << "reading " << n + 1;
  }
  EXPECT_EQ(reader.ledger().value(), ledger_of(kept.size())) << "of the last reading, always";
  EXPECT_TRUE(reader.check([](double) { return true; }).value().good()) << "a kill is no damage";
  const auto cursors = reader.cursors().value();
  if (kept.size() % 2 == 0) {
    EXPECT_EQ(cursors.at(0).taken, kept.size()) << "no half of a batch";
  }
  for (const Cursor& cursor : cursors) EXPECT_LE(cursor.taken, kept.size());
  return kept.size();
}

TEST(StoreFault, KeepsEveryAcknowledgedReadingThroughTwoHundredKills) {
  const WithoutSyncs quicker;
  std::mt19937 dice(20261122);
  int kills = 0;
  for (int life = 0; life < 10; ++life) {
    const TemporaryDirectory directory;
    Sequence kept = 0;
    for (int round = 0; round < 20; ++round, ++kills) {
      SCOPED_TRACE(kills);
      kept = kill_a_writer(directory.path(), kills, dice, kept);
      ASSERT_FALSE(testing::Test::HasFailure());
    }
    for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
      EXPECT_FALSE(entry.path().filename().string().starts_with("journal-aside"));
    }
  }
  EXPECT_EQ(kills, 200);
}

/// A full disk: the first append that fails leaves nothing, and later ones work again.
void fill_and_empty(Store& store, const std::filesystem::path& directory,
                    const std::function<void()>& make_room) {
  Sequence last = 0;
  Result<Sequence> refused = fail(Code::not_found, "never full");
  for (int n = 0; n < 1000; ++n) {
    const auto readings = readings_of(last + 1, last + 100);
    const reading::Ledger ledger = ledger_of(last + 100);
    refused = store.append({.readings = readings, .ledger = &ledger});
    if (!refused) break;
    last = *refused;
  }
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::transient) << refused.error().what;
  ASSERT_GT(last, 0U);
  EXPECT_FALSE(store.append({.readings = readings_of(last + 1, last + 100)})) << "still full";
  {
    const Reader reader = open_reader(directory);
    EXPECT_EQ(read_all(reader).size(), last);
    EXPECT_EQ(reader.ledger().value(), ledger_of(last));
  }

  make_room();

  for (int n = 0; n < 50; ++n) {
    const auto done = store.append({.readings = readings_of(last + 1, last + 100)});
    ASSERT_TRUE(done) << done.error().what;
    ASSERT_EQ(*done, last + 100);
    last = *done;
  }
  const auto kept = read_all(open_reader(directory));
  ASSERT_EQ(kept.size(), last);
  for (Sequence n = 1; n <= last; ++n) ASSERT_EQ(kept[n - 1], (Kept{n, reading_of(n)}));
}

TEST(StoreFault, AppendsAgainOnceAFileMayGrowAgain) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 300'000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  fill_and_empty(store, directory.path(), [&] { ::setrlimit(RLIMIT_FSIZE, &before); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
}

/// Mounts for this process alone; false where the system does not let us.
bool private_mounts() {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  if (::unshare(user == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) != 0) return false;
  if (user != 0) {
    // Root of its own small world.
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
    std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
  }
  return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

/// What a child found, as the test's own.
void expect_passed(const Child& child) {
  const std::string text = child.text();
  if (text == "no mounts") GTEST_SKIP() << "this system lets no test mount a file system";
  EXPECT_EQ(text, "passed");
}

void say_outcome(int out) {
  say(out, testing::Test::HasFailure() ? "failed; see above" : "passed");
}

TEST(StoreFault, AppendsAgainOnceAFullDiskHasRoom) {
  const TemporaryDirectory directory;
  expect_passed(Child([&](int out) {
    const char* disk = directory.path().c_str();
    if (!private_mounts() || ::mount("none", disk, "tmpfs", 0, "size=1m") != 0) {
      return say(out, "no mounts");
    }
    {
      Store store = open_store(disk);
      fill_and_empty(store, disk,
                     [&] { EXPECT_EQ(::mount("none", disk, "tmpfs", MS_REMOUNT, "size=50m"), 0); });
    }
    say_outcome(out);
  }));
}

TEST(StoreFault, IsReadFromAMediumThatCannotBeWritten) {
  const TemporaryDirectory directory;
  expect_passed(Child([&](int out) {
    const char* disk = directory.path().c_str();
    if (!private_mounts() || ::mount("none", disk, "tmpfs", 0, "size=20m") != 0) {
      return say(out, "no mounts");
    }
    {
      EXPECT_TRUE(open_store(disk).append({.readings = readings_of(1, 100)}));
    }
    EXPECT_EQ(::mount("none", disk, "tmpfs", MS_REMOUNT | MS_RDONLY, ""), 0);
    EXPECT_EQ(read_all(open_reader(disk)).size(), 100U);
    const auto store = Store::open(disk);
    EXPECT_FALSE(store);
    EXPECT_EQ(store ? "" : store.error().what.substr(0, directory.path().string().size()), disk);
    say_outcome(out);
  }));
}

constexpr uid_t kNobody = 65534;

/// Some user other than root: root may write everywhere.
void become_nobody() {
  if (::geteuid() != 0) return;
  EXPECT_EQ(::setgid(kNobody), 0);
  EXPECT_EQ(::setuid(kNobody), 0);
}

TEST(StoreFault, SaysWhoMayNotWriteWhereAndWhatToDo) {
  const TemporaryDirectory directory;
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0555));
  for (const auto& place : {directory.path(), directory.path() / "data"}) {
    const std::string text = Child([&](int out) {
                               become_nobody();
                               const auto store = Store::open(place);
                               say(out, store ? "opened" : store.error().what);
                             }).text();
    EXPECT_NE(text.find(place.string()), std::string::npos) << text;
    EXPECT_NE(text.find("Permission denied"), std::string::npos) << text;
    EXPECT_NE(text.find("run \"sudo "), std::string::npos) << text;
    EXPECT_NE(text.find("--data"), std::string::npos) << text;
    if (::geteuid() == 0) {
      EXPECT_NE(text.find("nobody"), std::string::npos) << text;
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(StoreFault, SaysWhoseFileItIsThatMayNotBeWritten) {
  const TemporaryDirectory directory;
  {
    open_store(directory.path());
  }
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0777));
  std::filesystem::permissions(directory.path() / "lock", std::filesystem::perms(0666));
  std::filesystem::permissions(directory.path() / "readings.db", std::filesystem::perms(0444));
  const std::string text = Child([&](int out) {
                             become_nobody();
                             const auto store = Store::open(directory.path());
                             say(out, store ? "opened" : store.error().what);
                           }).text();
  EXPECT_EQ(text.find((directory.path() / "readings.db").string()), 0U) << text;
  EXPECT_NE(text.find("belongs to"), std::string::npos) << text;
}

}  // namespace
}  // namespace fithome::store
