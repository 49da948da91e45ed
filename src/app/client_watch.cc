// SPDX-License-Identifier: MIT
#include "app/client_watch.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <limits>
#include <thread>

#include "app/print_now.h"
#include "base/unique_fd.h"

namespace fithome::app {
namespace {

// What a terminal does (ECMA-48).
constexpr std::string_view kClear = "\x1b[2J";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kHideCursor = "\x1b[?25l";
constexpr std::string_view kShowCursor = "\x1b[?25h";
constexpr std::string_view kEraseToLineEnd = "\x1b[K";
constexpr std::string_view kEraseBelow = "\x1b[J";

// Over what stands there, without the flicker of clearing first.
std::string drawn_over(std::string_view text) {
  std::string out(kHome);
  for (const char c : text) {
    if (c == '\n') out += kEraseToLineEnd;
    out += c;
  }
  return out += kEraseBelow;
}

// What the live stream says of one of several.
Result<NowReport> only(NowReport report, const std::string& meter) {
  std::vector<Now> all = std::move(report.meters);
  if (all.empty()) all.push_back(std::move(report.first));
  std::string known;
  for (Now& each : all) {
    if (each.meter == meter) return NowReport{.first = std::move(each), .house = {}, .meters = {}};
    known += (known.empty() ? "" : ", ") + each.meter;
  }
  return fail(Code::invalid, fmt::format("no meter \"{}\"; there {} {}", meter,
                                         all.size() == 1 ? "is" : "are", known));
}

}  // namespace

Result<void> watch_readings(Source& source, const Screen& screen, const std::string& meter,
                            std::stop_token stop, std::function<void(std::string_view)> write) {
  if (screen.whole) write(std::string(kHideCursor) + std::string(kClear));
  Result<void> odd;
  auto done = source.watch(
      [&](std::string_view body) {
        auto now = parse_now(body);
        if (now && !meter.empty()) now = only(*std::move(now), meter);
        if (!now) {
          odd = Failure(now.error());
          return false;
        }
        write(screen.whole ? drawn_over(now_table(*now, screen.style)) : now_line(*now));
        return true;
      },
      stop);
  if (screen.whole) write(kShowCursor);
  return done ? odd : done;
}

Result<void> until_told(std::optional<std::chrono::milliseconds> duration,
                        std::function<Result<void>(std::stop_token)> body) {
  sigset_t signals;
  sigset_t before;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  // Before any thread begins, so that all of them leave these signals to the descriptor.
  pthread_sigmask(SIG_BLOCK, &signals, &before);
  const UniqueFd signalled(::signalfd(-1, &signals, SFD_CLOEXEC));
  const UniqueFd finished(::eventfd(0, EFD_CLOEXEC));

  std::stop_source stop;
  constexpr std::int64_t kLongest = std::numeric_limits<int>::max();
  const int timeout =
      duration ? static_cast<int>(std::min<std::int64_t>(duration->count(), kLongest)) : -1;
  std::jthread waiter([&] {
    pollfd either[] = {{signalled.get(), POLLIN, 0}, {finished.get(), POLLIN, 0}};
    while (::poll(either, 2, timeout) < 0 && errno == EINTR) {
    }
    stop.request_stop();
  });
  auto done = body(stop.get_token());
  ::eventfd_write(finished.get(), 1);
  waiter.join();
  signalfd_siginfo taken{};  // else it would end us now, before the exit status is told
  pollfd one{signalled.get(), POLLIN, 0};
  if (::poll(&one, 1, 0) > 0 && ::read(signalled.get(), &taken, sizeof taken) < 0) return done;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return done;
}

}  // namespace fithome::app
