// SPDX-License-Identifier: MIT
//
// What the parts of bench/store share: what it was asked for, and its table.
//
// Errors:  end the program
// Threads: one
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/readings.h"
#include "bench/store_peers.h"
#include "bench/store_rows.h"

namespace fithome::bench {

constexpr std::int64_t kDay = 86'400;

[[noreturn]] inline void die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}
template <class T>
T must(Result<T> result) {
  if (!result) die(result.error().what);
  return *std::move(result);
}
inline void must(const Result<void>& result) {
  if (!result) die(result.error().what);
}

struct Asked {
  std::int64_t days = 30;
  std::filesystem::path folder = "build/bench-store";
  std::string only{};      // "ours", "rows"
  std::int64_t sync = 10;  // readings
  std::int64_t count = 0;  // readings to count the instructions of; 0: a table
  bool ask = false;        // only, of what an earlier run kept
  Readings house = noisy_readings();
};

Asked asked(const std::vector<std::string>& words);

inline double seconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// The least of as many times as a second holds, two at least: a busy machine spoils most of them.
/// Of the processor for what this process does by itself, by the clock where it waits for another.
template <class Work>
double least_ms(Work work, clockid_t clock = CLOCK_PROCESS_CPUTIME_ID) {
  double least = 1e18, spent = 0;
  for (int round = 0; round < 2 || (round < 200 && spent < 1000); ++round) {
    const double begin = seconds(clock);
    work();
    const double took = 1e3 * (seconds(clock) - begin);
    least = std::min(least, took);
    spent += took;
  }
  return least;
}

using Peers = std::vector<std::unique_ptr<Peer>>;
/// What others came to, in the order of their columns.
using Others = std::vector<std::optional<double>>;

void print_head(const Peers& peers);
void print_line(const char* what, double ours, const Others& others, const char* unit,
                const char* goal);
/// All questions that are asked of what was kept; `rows` may be none.
void print_answers(const Asked& asked, std::chrono::seconds step, Rows* rows, const Peers& peers);

}  // namespace fithome::bench
