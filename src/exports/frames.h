// SPDX-License-Identifier: MIT
//
// The rows of an export, an hour at a time: what every format writes.
//
// Flow:    store::Scan -> Frames -> a format
// Shape:   columns of one length, in order of time; absent is NaN. A value is steps / 10^decimals,
//          divided once: the double nearest to the decimal number that the store holds
// Errors:  as store::Reader
// Threads: one; the reader must outlive it
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "exports/request.h"
#include "exports/steps.h"

namespace fithome::exports {

struct Column {
  std::string name;
  int decimals;  // of its text
  reading::ChannelId channel;
  enum class Kind { value, min, max, energy } kind = Kind::value;
};

struct Frame {
  std::vector<UtcTime> time;
  std::vector<reading::Flags> flags;
  std::vector<std::vector<double>> values;  // one a column
  std::size_t rows() const { return time.size(); }
};

/// How far an export has come: `done` of 1, and the rows so far.
struct Progress {
  double done = 0;
  std::uint64_t rows = 0;
};

/// What the frames of `request` have, in its order: one a channel, or more where it has steps.
std::vector<Column> columns_of(const Request& request);

class Frames {
 public:
  /// Of a request that is within_store.
  static Result<Frames> open(const store::Reader& reader, const Request& request);

  const std::vector<Column>& columns() const { return columns_; }
  /// Valid until the next call; without rows at the end.
  Result<const Frame*> next();
  /// Part of the time that was gone through, 0 to 1.
  double done() const;

 private:
  Frames(store::Scan scan, const Request& request);

  store::Scan scan_;
  std::vector<Column> columns_;
  std::optional<StepMaker> steps_;
  UtcTime from_, to_, at_;
  bool ended_ = false;
  Frame frame_;
};

/// The time that `request` asks for, cut to what there is: later readings make no difference.
/// Errors: not_found - there is none, with when there are some
Result<Request> within_store(const store::Reader& reader, Request request);

}  // namespace fithome::exports
