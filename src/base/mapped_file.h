// SPDX-License-Identifier: MIT
//
// A small file mapped into memory and shared: what is written there outlives the process, though
// not the power.
//
// Errors:  invalid - the file cannot be made or mapped (says where and why)
// Threads: one owner
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "base/result.h"

namespace fithome {

class MappedFile {
 public:
  /// Makes the file with zeros where there is none, or where it has another size.
  static Result<MappedFile> open(const std::filesystem::path& path, std::size_t size);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<std::byte> bytes() const { return bytes_; }
  /// On disk when it returns, as far as the disk allows; for what must outlive the power too.
  void sync() const;

 private:
  explicit MappedFile(std::span<std::byte> bytes) : bytes_(bytes) {}
  std::span<std::byte> bytes_;
};

}  // namespace fithome
