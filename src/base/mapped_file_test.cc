// SPDX-License-Identifier: MIT
#include "base/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

namespace fithome {
namespace {

std::filesystem::path fresh_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "fithome-XXXXXX").string();
  return ::mkdtemp(pattern.data());
}

TEST(MappedFile, WhatAKilledProcessWroteIsThereForTheNext) {
  const auto folder = fresh_folder();
  const pid_t child = ::fork();
  if (child == 0) {
    auto file = MappedFile::open(folder / "pad", 64);
    if (!file) ::_exit(1);
    file->bytes()[7] = std::byte{42};
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));

  const auto file = MappedFile::open(folder / "pad", 64);

  ASSERT_TRUE(file) << file.error().what;
  EXPECT_EQ(file->bytes()[7], std::byte{42});
  EXPECT_EQ(file->bytes()[8], std::byte{0});
  std::filesystem::remove_all(folder);
}

TEST(MappedFile, AFileOfAnotherSizeBeginsAnew) {
  const auto folder = fresh_folder();
  MappedFile::open(folder / "pad", 32)->bytes()[0] = std::byte{1};

  const auto file = MappedFile::open(folder / "pad", 64);

  ASSERT_TRUE(file);
  EXPECT_EQ(file->bytes()[0], std::byte{0});
  std::filesystem::remove_all(folder);
}

TEST(MappedFile, SaysWhereItCouldNotBeMade) {
  const auto file = MappedFile::open("/nowhere/at/all/pad", 64);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, Code::invalid);
  EXPECT_NE(file.error().what.find("/nowhere/at/all/pad"), std::string::npos);
}

}  // namespace
}  // namespace fithome
