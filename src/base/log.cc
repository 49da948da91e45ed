// SPDX-License-Identifier: MIT
#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>

#include "base/time.h"

namespace fithome {
namespace {

std::atomic<Severity> least_urgent{Severity::info};

// The journal sets JOURNAL_STREAM for the services whose stderr it reads (systemd.exec(5)).
bool journal_reads_us() {
  static const bool reads = std::getenv("JOURNAL_STREAM") != nullptr;
  return reads;
}

}  // namespace

void log_line(Severity severity, std::string_view text) {
  if (severity > least_urgent.load()) return;
  std::string line;
  if (journal_reads_us()) {
    line = fmt::format("<{}>{}\n", static_cast<int>(severity), text);
  } else {
    const auto now =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const char* mark = severity == Severity::error     ? "error: "
                       : severity == Severity::warning ? "warning: "
                                                       : "";
    line = fmt::format("{} {}{}\n", to_local_text(now), mark, text);
  }
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;  // nowhere left to say it
}

void set_log_level(Severity least) { least_urgent = least; }

}  // namespace fithome
