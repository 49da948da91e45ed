// SPDX-License-Identifier: MIT
//
// One line to stderr, as the journal wants it: "<6>text" under systemd, plain text with a time in a
// terminal. No log files, nothing to rotate.
//
// Use:     log_info("store: {} readings", n). A fault is logged when it begins and when it ends.
// Threads: any; a line is one write()
#pragma once

#include <fmt/format.h>

#include <string_view>

namespace fithome {

enum class Severity { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

void log_line(Severity severity, std::string_view text);
/// Lines less urgent than this are not written; info unless told.
void set_log_level(Severity least);

template <class... Args>
void log_error(fmt::format_string<Args...> text, Args&&... args) {
  log_line(Severity::error, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(fmt::format_string<Args...> text, Args&&... args) {
  log_line(Severity::warning, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> text, Args&&... args) {
  log_line(Severity::info, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_debug(fmt::format_string<Args...> text, Args&&... args) {
  log_line(Severity::debug, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace fithome
