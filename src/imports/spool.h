// SPDX-License-Identifier: MIT
//
// Values in any order, out again in order of time: on the disk meanwhile, in a file that no folder
// names any more, so that it is gone with the process.
//
// Shape:   a day (UTC) is in memory at a time, and some 4 MB more
// Errors:  transient - no room where temporary files go ($TMPDIR, else /var/tmp); says where
// Threads: one
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
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
    std::int64_t at;  // byte of the file
    std::size_t count;
  };
  struct Day {
    std::vector<Piece> written;
    std::vector<SpooledValue> waiting;
  };
  explicit Spool(UniqueFd file) : file_(std::move(file)) {}
  Result<void> write_all();
  Result<void> read_piece(const Piece& piece, std::vector<SpooledValue>& values) const;

  UniqueFd file_;
  std::int64_t end_ = 0;  // of the file
  std::map<std::int64_t, Day> days_;
  std::size_t waiting_ = 0;
  std::size_t handed_out_ = 0;
};

}  // namespace fithome::imports
