// SPDX-License-Identifier: MIT
//
// A file, or a directory of files, that is written beside its place and put there whole: nobody
// ever reads half of it, and what stood there before stays until then.
//
// Shape:   DIRECTORY/.NAME.part-PID; gone when it is not committed
// Errors:  invalid - the directory is not there or cannot be written; transient - the disk is full
// Threads: one
#pragma once

#include <filesystem>

#include "base/result.h"

namespace fithome::exports {

class PartFile {
 public:
  /// For the file, or with `directory` for a directory of files, at `place`. A directory that
  /// stands there is refused, unless it is empty or an older dataset of ours for NILMTK.
  static Result<PartFile> make(const std::filesystem::path& place, bool directory = false);
  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&&) = delete;
  ~PartFile();

  /// Where to write.
  const std::filesystem::path& path() const { return part_; }
  /// On the disk, and in its place, at one blow; what stood there is gone.
  Result<void> commit();

 private:
  PartFile(std::filesystem::path place, std::filesystem::path part)
      : place_(std::move(place)), part_(std::move(part)) {}

  std::filesystem::path place_, part_;
};

}  // namespace fithome::exports
