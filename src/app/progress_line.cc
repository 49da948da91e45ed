// SPDX-License-Identifier: MIT
#include "app/progress_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include "app/print_text.h"

namespace fithome::app {

ProgressLine::ProgressLine(std::FILE* to) : to_(to), shown_(::isatty(::fileno(to)) == 1) {}

ProgressLine::~ProgressLine() {
  if (drawn_) fmt::print(to_, "\r\033[K");
}

double ProgressLine::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
}

void ProgressLine::show(double done, std::string_view text) {
  const auto now = std::chrono::steady_clock::now();
  constexpr std::chrono::milliseconds kRefresh{200};
  if (!shown_ || now - last_ < kRefresh) return;
  last_ = now;
  drawn_ = true;
  const double left = done > 0 ? seconds() / done - seconds() : 0;
  fmt::print(to_, "\r\033[K{:3.0f} %  {}  {} left", done * 100, text, duration_text(left));
  std::fflush(to_);
}

}  // namespace fithome::app
