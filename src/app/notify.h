// SPDX-License-Identifier: MIT
//
// The line to the service manager that started us: systemd's notification socket.
//
// Flow:    Service -> Notifier -> one datagram to $NOTIFY_SOCKET
// Shape:   "READY=1\nSTATUS=text": a NAME=value a line
// Source:  sd_notify(3), sd_watchdog_enabled(3): the protocol is theirs, their library is not
// needed Threads: main's only
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace fithome::app {

/// What systemd says in the environment; empty where it says nothing.
struct ServiceVariables {
  std::string socket;         // NOTIFY_SOCKET: a path, or @NAME of the abstract kind
  std::string watchdog_usec;  // WATCHDOG_USEC
  std::string watchdog_pid;   // WATCHDOG_PID
};

ServiceVariables service_variables();

class Notifier {
 public:
  /// A mute one where there is no socket.
  ///
  /// Errors: invalid - no address of a Unix socket; what says why
  static Result<Notifier> open(const std::string& socket);

  /// Whether somebody listens.
  bool connected() const { return static_cast<bool>(socket_); }
  /// Never waits: the service manager is not a reason to miss a reading.
  ///
  /// Errors: transient - it was not taken
  Result<void> send(std::string_view message) const;

 private:
  UniqueFd socket_;
  std::vector<char> address_;  // a sockaddr_un, as long as it is used
};

/// How often a sign of life is wanted, at the latest: half of what the watchdog waits for. Nothing
/// where there is no watchdog, or it watches another process than `self`.
std::optional<Nanoseconds> watchdog_period(const ServiceVariables& variables, pid_t self);

}  // namespace fithome::app
