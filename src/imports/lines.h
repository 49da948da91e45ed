// SPDX-License-Identifier: MIT
//
// A text file line by line, as it is or pressed by gzip.
//
// Errors:  not_found - no such file; invalid - it cannot be read, or a line has no end
//          corrupt   - what gzip pressed is damaged or cut off
// Threads: one
#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace fithome::imports {

class Lines {
 public:
  static Result<Lines> open(const std::filesystem::path& file);

  /// The next line, without its end; false behind the last.
  Result<bool> next(std::string& line);
  /// How far into the file: 0 to 1.
  double done() const;
  /// "FILE:12: WHAT", of the line that was read last.
  Failure here(std::string_view what) const;
  const std::string& name() const { return name_; }

 private:
  struct Close {
    void operator()(gzFile file) const { gzclose_r(file); }
  };
  Lines(gzFile file, std::string name, double size);
  Result<bool> read_on();

  std::unique_ptr<gzFile_s, Close> file_;
  std::string name_;
  double size_;  // bytes on the disk
  std::vector<char> buffer_;
  std::string_view rest_;  // of buffer_
  std::uint64_t number_ = 0;
};

}  // namespace fithome::imports
