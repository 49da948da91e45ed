// SPDX-License-Identifier: MIT
//
// Where the bytes of an export go: a file as it is, gzip, or a member of a zip.
//
// Errors:  transient - the disk is full; the message names the file
// Threads: one
#pragma once

#include <zlib.h>

#include <bit>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace fithome::exports {

/// Numbers as they stand in memory: little-endian on all that this runs on.
template <class T>
std::string_view bytes_of(const std::vector<T>& numbers) {
  static_assert(std::endian::native == std::endian::little);
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T)};
}

class Output {
 public:
  virtual ~Output() = default;
  virtual Result<void> write(std::string_view bytes) = 0;
};

/// An ordinary file, made anew.
class FileOutput final : public Output {
 public:
  static Result<FileOutput> open(const std::filesystem::path& path);
  Result<void> write(std::string_view bytes) override;
  /// Nothing may be written after it.
  Result<void> close();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  FileOutput(std::FILE* file, std::string name) : file_(file), name_(std::move(name)) {}

  std::unique_ptr<std::FILE, Close> file_;
  std::string name_;
};

/// Compressed on the way to another output.
class GzipOutput final : public Output {
 public:
  explicit GzipOutput(Output& to);
  GzipOutput(GzipOutput&&) = delete;
  ~GzipOutput() override;
  Result<void> write(std::string_view bytes) override;
  Result<void> finish();

 private:
  Result<void> press(std::string_view bytes, int flush);

  Output& to_;
  z_stream stream_{};
  std::string buffer_;
};

/// A zip, member by member, of any size. Where it is not `compressed`, members stand in it as they
/// are.
class ZipOutput final : public Output {
 public:
  static Result<ZipOutput> open(const std::filesystem::path& path, bool compressed);
  ZipOutput(ZipOutput&& other) noexcept;
  ZipOutput& operator=(ZipOutput&&) = delete;
  ~ZipOutput() override;

  /// Ends the member before it.
  Result<void> begin_member(const std::string& name);
  Result<void> write(std::string_view bytes) override;
  Result<void> close();

 private:
  ZipOutput(void* zip, std::string name, bool compressed)
      : zip_(zip), name_(std::move(name)), compressed_(compressed) {}
  Result<void> done(int code);
  Result<void> end_member();

  void* zip_;
  std::string name_;
  bool compressed_;
  bool in_member_ = false;
};

}  // namespace fithome::exports
