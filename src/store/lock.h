// SPDX-License-Identifier: MIT
//
// The data directory: made, found writable, and locked by the one daemon that writes in it.
//
// Shape:   `lock` in the directory holds the process id as text; the lock itself is flock(2), so a
//          killed daemon leaves none behind
// Errors:  invalid - not writable, or locked by another: names directory, owner, user and remedy
// Threads: any
#pragma once

#include <filesystem>

#include "base/result.h"
#include "base/unique_fd.h"

namespace fithome::store {

/// Makes the directory (0750) where there is none, durably, and sees that it can be written.
Result<void> make_directory(const std::filesystem::path& directory);

/// Makes the names of the files in a directory durable.
Result<void> sync_directory(const std::filesystem::path& directory);

/// Says who may not write there, whose it is, and what to do.
Failure not_writable(const std::filesystem::path& path, int os);

class Lock {
 public:
  static Result<Lock> take(const std::filesystem::path& directory);

 private:
  explicit Lock(UniqueFd file) : file_(std::move(file)) {}
  UniqueFd file_;
};

}  // namespace fithome::store
