// SPDX-License-Identifier: MIT
//
// Values in any order, out again in order of time: on the disk meanwhile, in a file that no folder
// names, so that it is gone with the process.
//
// Shape:   a day (UTC) is in memory at a time, and some 4 MB more
// Errors:  transient - no room where temporary files go ($TMPDIR, else /var/tmp); says where
// Threads: one
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <vector>

#include "base/result.h"
#include "reading/channels.h"

namespace fithome::imports {

struct SpooledValue {
  std::int64_t ns = 0;  // since 1970
  std::int32_t steps = 0;
  reading::ChannelId channel = 0;
};

class Spool {
 public:
  static Result<Spool> make();

  Result<void> add(const SpooledValue& value);
  /// The next day's, in order of time and channel, else as they were added; none at the end.
  /// Nothing may be added any more.
  Result<std::vector<SpooledValue>> next_day();
  /// Of the days: 0 to 1.
  double done() const;

 private:
  struct Piece {
    long at;  // in the file
    std::size_t count;
  };
  struct Day {
    std::vector<Piece> written;
    std::vector<SpooledValue> waiting;
  };
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  explicit Spool(std::FILE* file) : file_(file) {}
  Result<void> write_all();

  std::unique_ptr<std::FILE, Close> file_;
  std::map<std::int64_t, Day> days_;
  std::size_t waiting_ = 0;
  std::size_t handed_out_ = 0;
};

}  // namespace fithome::imports
