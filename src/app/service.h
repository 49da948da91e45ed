// SPDX-License-Identifier: MIT
//
// What systemd is told of the daemon: that it is ready, how it is, and that it lives.
//
// Flow:    Hub -> Service -> Notifier -> systemd
// Ready:   once the outcome of the first tick is known: a reading is stored, or something is wrong
//          that the daemon goes on trying to get over (no chip answers, the disk is full). Waiting
//          for a reading alone would have systemd end, again and again, a daemon whose page says
//          what is wrong.
// Life:    a sign of it only where sampling and storing have both advanced since the last one. A
//          missed tick counts as sampled, and a batch that the store refused as stored: both are
//          known, counted, and tried again, which a restart would not better. A thread that hangs
//          gives none, and systemd restarts all.
// Threads: main's only
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/live.h"
#include "app/notify.h"
#include "base/clock.h"

namespace fithome::app {

/// What there is to be told; no I/O.
class ServiceWatch {
 public:
  /// `period`: of the signs of life; nothing where no watchdog waits for them.
  explicit ServiceWatch(std::optional<Nanoseconds> period) : period_(period) {}

  /// To be called often. The message to send now; empty: none.
  std::string look(const api::Status& status, Monotonic now);

 private:
  struct Progress {
    std::optional<UtcTime> last_reading;
    std::uint64_t missed = 0;
    std::uint64_t stored = 0;
    std::uint64_t refused = 0;
  };
  bool alive(const api::Status& status, Monotonic now);
  bool worth_telling(const std::string& line, bool healthy, Monotonic now);

  std::optional<Nanoseconds> period_;
  bool ready_ = false;
  std::optional<Monotonic> last_sign_;
  Progress at_last_sign_;
  std::optional<Monotonic> last_told_;
  std::string told_;
  bool told_healthy_ = true;
};

/// In one line, for `systemctl status`.
std::string service_line(const api::Status& status);

class Service {
 public:
  /// Of the environment. A socket that cannot be is logged, and done without.
  static Service of_environment();

  /// False where no systemd listens: then there is nothing to call.
  bool watched() const { return notifier_.connected(); }
  /// How it is now; to be called each second.
  void tell(const api::Status& status, Monotonic now);
  void stopping();

 private:
  Service(Notifier notifier, std::optional<Nanoseconds> period)
      : notifier_(std::move(notifier)), watch_(period) {}
  void send(const std::string& message);

  Notifier notifier_;
  ServiceWatch watch_;
  bool complained_ = false;
};

}  // namespace fithome::app
