// SPDX-License-Identifier: MIT
#include "calibrate/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace fithome::calibrate {
namespace {

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

double Statistics::error() const {
  if (count == 0) return 0;
  return std::hypot(deviation / std::sqrt(static_cast<double>(count)), drift / 2);
}

double Statistics::relative_spread() const {
  return mean == 0 ? std::numeric_limits<double>::infinity() : spread / std::abs(mean);
}

Statistics statistics(std::span<const double> values) {
  Statistics of;
  of.count = values.size();
  if (values.empty()) return of;
  of.mean = mean_of(values);
  const auto [least, most] = std::ranges::minmax(values);
  of.spread = most - least;
  if (values.size() < 2) return of;
  double squares = 0;
  for (const double value : values) squares += (value - of.mean) * (value - of.mean);
  of.deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
  const std::size_t half = values.size() / 2;
  of.drift = mean_of(values.last(half)) - mean_of(values.first(half));
  return of;
}

Result<void> check_calm(const Statistics& of, const char* what) {
  if (of.count < kEnoughWindows) {
    return fail(Code::invalid, fmt::format("{} windows are too few to calibrate by; {} are needed",
                                           of.count, kEnoughWindows));
  }
  if (of.relative_spread() < kCalm) return {};
  return fail(Code::transient,
              fmt::format("the {} is not steady: it wandered by {:.2f} % while it was measured, "
                          "and less than {:.0f} % is needed; switch off what comes and goes, and "
                          "try again",
                          what, of.relative_spread() * 100, kCalm * 100));
}

bool Windows::add(const chip::Sample& sample, Nanoseconds at) {
  if (last_ && at - *last_ < kApart) return false;
  last_ = at;
  samples_.push_back(sample);
  return true;
}

void Windows::clear() {
  samples_.clear();
  last_.reset();
}

}  // namespace fithome::calibrate
