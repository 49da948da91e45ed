// SPDX-License-Identifier: MIT
#include "store/lock.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "store/test_support.h"

namespace fithome::store {
namespace {

TEST(DataDirectory, IsMadeForItsOwnerAndGroupOnly) {
  const TemporaryDirectory directory;
  const auto inner = directory.path() / "var" / "fithome";
  ASSERT_TRUE(make_directory(inner));
  struct stat status{};
  ASSERT_EQ(::stat(inner.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07027, 0U) << "nothing for others, no writing by the group";
  EXPECT_TRUE(make_directory(inner)) << "the second time it is there";
}

TEST(DataDirectory, IsNoFile) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "file";
  std::ofstream(file) << "text";
  const auto made = make_directory(file);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::invalid);
  EXPECT_NE(made.error().what.find(file.string()), std::string::npos) << made.error().what;
  EXPECT_FALSE(make_directory(file / "below"));
}

TEST(Lock, IsGivenToOneAndNamesItToTheNext) {
  const TemporaryDirectory directory;
  {
    const auto first = Lock::take(directory.path());
    ASSERT_TRUE(first) << first.error().what;
    const auto second = Lock::take(directory.path());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::invalid);
    EXPECT_EQ(second.error().what, "another fithome (pid " + std::to_string(::getpid()) +
                                       ") already writes to " + directory.path().string() +
                                       "; stop it or use another --data");
  }
  EXPECT_TRUE(Lock::take(directory.path())) << "given back";
}

TEST(Lock, IsTakenFromADeadProcessWhoseNumberIsStillThere) {
  const TemporaryDirectory directory;
  std::ofstream(directory.path() / "lock") << "1\nsome longer text than a number";
  const auto lock = Lock::take(directory.path());
  ASSERT_TRUE(lock) << lock.error().what;
  std::string pid;
  std::getline(std::ifstream(directory.path() / "lock") >> std::ws, pid);
  EXPECT_EQ(pid, std::to_string(::getpid()));
}

}  // namespace
}  // namespace fithome::store
