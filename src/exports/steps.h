// SPDX-License-Identifier: MIT
//
// Readings added up in steps of time: quarters of an hour, local days, months.
//
// Shape:   per channel mean, least, greatest; of active and reactive power the energy too
// Units:   energy in Wh or varh: each reading stands for the time since the one before it, and for
//          none behind a gap of more than kLongestTick. Added up in whole numbers, exactly up to
//          25 GWh a step
// Threads: one
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "exports/request.h"
#include "store/store.h"

namespace fithome::exports {

struct Frame;
struct Column;

/// The longest interval there may be between two readings, and a tenth.
constexpr std::chrono::milliseconds kLongestTick{11'000};

/// The step that `time` is in. Steps of whole days begin at local midnight, weeks with their
/// Monday, shorter ones where the local clock shows a multiple; a night of 23 or 25 hours makes a
/// shorter or longer day.
UtcTime step_begin(UtcTime time, const Every& step);

class StepMaker {
 public:
  StepMaker(const Every& step, const std::vector<Wanted>& wanted);

  /// mean, min, max, and energy of powers: of each channel, in this order.
  static std::vector<Column> columns(const std::vector<Wanted>& wanted);

  /// Steps that `chunk` completes are added to `out`.
  void add(const store::Chunk& chunk, Frame& out);
  /// The last one.
  void finish(Frame& out);

 private:
  struct Sum {
    std::uint32_t count = 0;
    std::int32_t least = 0, greatest = 0;
    std::int64_t sum = 0;
    std::int64_t energy = 0;  // steps times milliseconds
  };
  void begin_at(UtcTime time, Frame& out);

  Every step_;
  std::vector<Column> columns_;
  std::vector<Sum> sums_;
  reading::Flags flags_ = 0;
  std::uint32_t readings_ = 0;
  UtcTime begin_{};
  UtcTime looked_until_{};  // no boundary before it
  std::optional<UtcTime> before_;
};

}  // namespace fithome::exports
