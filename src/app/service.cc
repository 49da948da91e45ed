// SPDX-License-Identifier: MIT
#include "app/service.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "base/log.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kBetweenLines = 10s;  // how often a line that only counts on is sent

// Whether it is known what became of the first tick.
bool under_way(const api::Status& status) {
  if (status.readings > 0 || status.store_errors > 0) return true;
  return status.missed > 0 && !status.faults.empty();
}

}  // namespace

std::string service_line(const api::Status& status) {
  std::string line = status.simulated ? "SIMULATED: " : "";
  if (!status.faults.empty()) {
    const api::Fault& first = status.faults.front();
    line += fmt::format("{}: {}; {}", first.name, first.what, first.remedy);
    if (status.faults.size() > 1) line += fmt::format(" (and {} more)", status.faults.size() - 1);
  } else {
    line += "measuring";
  }
  line += fmt::format("; {} reading{} stored", status.readings, status.readings == 1 ? "" : "s");
  if (status.last_reading) line += fmt::format(", the newest of {}", to_iso(*status.last_reading));
  for (char& c : line) {
    if (c == '\n') c = ' ';  // a line of the message
  }
  return line;
}

bool ServiceWatch::alive(const api::Status& status, Monotonic now) {
  if (!period_ || (last_sign_ && now - *last_sign_ < *period_)) return false;
  const Progress before = at_last_sign_;
  const Progress is{status.last_reading, status.missed, status.readings, status.store_errors};
  const bool handed_over = is.last_reading != before.last_reading;
  const bool sampled = handed_over || is.missed != before.missed;
  const bool stored = is.stored != before.stored || is.refused != before.refused;
  if (!sampled || (handed_over && !stored)) return false;
  last_sign_ = now;
  at_last_sign_ = is;
  return true;
}

bool ServiceWatch::worth_telling(const std::string& line, bool healthy, Monotonic now) {
  const bool turned = !last_told_ || healthy != told_healthy_;
  if (!turned && (line == told_ || now - *last_told_ < kBetweenLines)) return false;
  last_told_ = now;
  told_ = line;
  told_healthy_ = healthy;
  return true;
}

std::string ServiceWatch::look(const api::Status& status, Monotonic now) {
  if (!ready_ && !under_way(status)) return {};
  std::string message;
  if (!std::exchange(ready_, true)) message += "READY=1\n";
  if (alive(status, now)) message += "WATCHDOG=1\n";
  const std::string line = service_line(status);
  if (worth_telling(line, status.faults.empty(), now)) message += "STATUS=" + line + '\n';
  return message;
}

Service Service::of_environment() {
  const ServiceVariables variables = service_variables();
  auto notifier = Notifier::open(variables.socket);
  if (!notifier) log_warning("{}", notifier.error().what);
  return {notifier ? *std::move(notifier) : Notifier(), watchdog_period(variables, ::getpid())};
}

void Service::tell(const api::Status& status, Monotonic now) { send(watch_.look(status, now)); }

void Service::stopping() { send("STOPPING=1\nSTATUS=storing what is left\n"); }

void Service::send(const std::string& message) {
  const auto sent = notifier_.send(message);
  if (!sent && !std::exchange(complained_, true)) log_warning("{}", sent.error().what);
}

}  // namespace fithome::app
