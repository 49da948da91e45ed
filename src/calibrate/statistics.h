// SPDX-License-Identifier: MIT
//
// What a run of distinct measuring windows comes to, and whether it is calm enough to calibrate by.
//
// Flow:    chip::Samples -> Windows -> Statistics -> formulas
// Shape:   a window lasts 16 line cycles (267 ms at 60 Hz, 320 ms at 50 Hz); a chip that is asked
//          sooner tells the last one again, so windows count only when they are 350 ms apart
// Errors:  invalid - too few; transient - they differ too much. The text says what to do
// Threads: plain values
// Source:  application note 46103 4.2.6; datasheet 3.4
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "chip/chip.h"

namespace fithome::calibrate {

constexpr Nanoseconds kApart = std::chrono::milliseconds(350);
constexpr std::size_t kEnoughWindows = 10;
constexpr double kCalm = 0.01;  // greatest less least, of the mean

struct Statistics {
  std::size_t count = 0;
  double mean = 0;
  double spread = 0;     // greatest less least
  double deviation = 0;  // standard deviation of one window
  double drift = 0;      // mean of the later half less that of the earlier
  /// Of the mean, one standard deviation, chance and drift together.
  double error() const;
  /// The spread as a share of the mean; infinite for a mean of 0.
  double relative_spread() const;
};

Statistics statistics(std::span<const double> values);

/// Refuses what is no ground to calibrate on: fewer than kEnoughWindows, or a spread of kCalm.
Result<void> check_calm(const Statistics& of, const char* what);

/// Samples of distinct windows, in the order they came.
class Windows {
 public:
  /// False, and not kept, where it may show the same window as the last one.
  bool add(const chip::Sample& sample, Nanoseconds at);
  std::size_t size() const { return samples_.size(); }
  std::span<const chip::Sample> samples() const { return samples_; }
  void clear();

 private:
  std::vector<chip::Sample> samples_;
  std::optional<Nanoseconds> last_;
};

}  // namespace fithome::calibrate
