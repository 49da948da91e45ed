// SPDX-License-Identifier: MIT
//
// What the kernel knows of this process.
//
// Source:  proc(5): /proc/self/stat, /proc/self/statm, /proc/stat
// Threads: any
#pragma once

#include <cstdint>
#include <optional>

namespace fithome::api {

struct Process {
  std::uint64_t resident_bytes = 0;
  double cpu_s = 0;         // user and system, since it began
  double start_unix_s = 0;  // the calendar's time when it began
};

/// Nothing where /proc is not mounted.
std::optional<Process> this_process();

}  // namespace fithome::api
