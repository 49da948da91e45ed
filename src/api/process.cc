// SPDX-License-Identifier: MIT
#include "api/process.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace fithome::api {
namespace {

// Seconds since 1970 at which the machine started: the line "btime N" of /proc/stat.
std::optional<double> boot_time() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word) {
    double value = 0;
    if (word == "btime" && file >> value) return value;
    std::getline(file, word);
  }
  return {};
}

}  // namespace

std::optional<Process> this_process() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  // The second field, the name, may hold anything, spaces and brackets too.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  double value[25]{};
  fields >> skipped;  // field 3, the state, is a letter
  for (int field = 4; field <= 24; ++field) fields >> value[field];
  const auto boot = boot_time();
  if (!fields || !boot) return {};
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  return Process{.resident_bytes = static_cast<std::uint64_t>(value[24] * page),
                 .cpu_s = (value[14] + value[15]) / ticks,
                 .start_unix_s = *boot + value[22] / ticks};
}

}  // namespace fithome::api
