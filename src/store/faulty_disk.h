// SPDX-License-Identifier: MIT
//
// A disk below the C library that knows what is on it and what only seems to be. What a power cut
// leaves: of a file, its bytes when it was last synced; of a directory, its names then. What was
// not synced may be there too, any sector and any name of it.
//
// Linked into a test, its pwrite, fsync and fdatasync stand in front of the C library's, SQLite's
// calls included. While there is such a disk no sync reaches the machine's: that would only cost
// time.
// Threads: one
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace fithome::store {

class FaultyDisk {
 public:
  /// Called before each write and each sync below the directory.
  std::function<void()> before_access;
  bool forgets_syncs = false;  // says it is done, and is not
  bool forgets_names = false;  // the same where a directory is synced
  int refuses = 0;             // each write and sync, with this number of an error

  /// What is in the directory now is on the disk.
  explicit FaultyDisk(const std::filesystem::path& directory);
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  /// What stands on the disk after a cut now, put into an empty directory. `torn`: of what was not
  /// synced, any part too. That a file is under its new name, and no longer under the old one, is
  /// one step, as it is to every file system with a log.
  void cut(const std::filesystem::path& into, bool torn, std::mt19937& dice) const;

  static FaultyDisk* now();
  bool holds(int file) const;
  void synced(int file);

 private:
  using Bytes = std::vector<char>;
  using Names = std::map<std::string, ino_t>;
  using Tree = std::map<ino_t, Names>;  // by directory

  ino_t hold(const std::filesystem::path& path) const;
  bool is_directory(ino_t inode) const;
  Names names_in(ino_t directory) const;
  Bytes bytes_in(ino_t file) const;
  Tree all_names() const;
  Tree torn_names(std::mt19937& dice) const;
  void put(const Tree& tree, ino_t directory, const std::filesystem::path& into, bool torn,
           std::mt19937& dice) const;
  void sync_all(ino_t directory);

  /// Kept open, so that no other file gets the number.
  mutable std::map<ino_t, UniqueFd> held_;
  std::filesystem::path directory_;
  ino_t root_;
  Tree names_;                    // on the disk
  std::map<ino_t, Bytes> bytes_;  // on the disk
};

/// While there is one no sync is done. A kill takes nothing that was written, synced or not.
class WithoutSyncs {
 public:
  WithoutSyncs();
  ~WithoutSyncs();
  WithoutSyncs(const WithoutSyncs&) = delete;
  WithoutSyncs& operator=(const WithoutSyncs&) = delete;
};

}  // namespace fithome::store
