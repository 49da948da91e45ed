// SPDX-License-Identifier: MIT
//
// How far a long work is, on one line of a terminal that is drawn over; nothing elsewhere.
//
// Threads: one
#pragma once

#include <chrono>
#include <cstdio>
#include <string_view>

namespace fithome::app {

class ProgressLine {
 public:
  explicit ProgressLine(std::FILE* to);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// " 43 %  TEXT  12 s left"; a few times a second at most.
  void show(double done, std::string_view text);
  double seconds() const;

 private:
  std::FILE* to_;
  bool shown_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_ = begun_;
};

}  // namespace fithome::app
