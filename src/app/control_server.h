// SPDX-License-Identifier: MIT
//
// Listens at DATA/control.sock and does what is asked there: one request a connection.
//
// Flow:    control_client -> ControlServer -> Operations
// Shape:   the socket has mode 0600, and who connects must be root or the daemon's own user
//          (SO_PEERCRED); at most 8 at once, a request within 5 s and 64 KiB, a reader that takes
//          nothing for 5 s is dropped: no client costs more than its own connection
// Errors:  what stands in the way of the socket; the daemon measures on without it
// Threads: `control` accepts; each connection has one of its own, so that an operation may wait
#pragma once

#include <sys/types.h>

#include <atomic>
#include <filesystem>
#include <list>
#include <memory>
#include <thread>

#include "app/control.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace fithome::app {

class ControlServer {
 public:
  /// The caller holds the lock of `data`, so a socket that is there is a killed daemon's and is
  /// replaced. Listens until destroyed; then what is under way is told to stop and waited for.
  ///
  /// Errors: invalid - something else has that name; not_found, transient - as the system says
  static Result<std::unique_ptr<ControlServer>> open(const std::filesystem::path& data,
                                                     Operations operations);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  struct Session {
    std::atomic<bool> over = false;
    std::jthread thread;
  };
  ControlServer(std::filesystem::path data, Operations operations, UniqueFd socket);
  void accept_all(std::stop_token stop);
  void take(UniqueFd client);
  void serve(UniqueFd client, std::stop_token stop);

  const std::filesystem::path data_;
  const Operations operations_;
  const UniqueFd socket_;
  const UniqueFd wake_;
  std::list<Session> sessions_;  // the accepting thread's
  std::jthread accepting_;       // last, so that it ends first
};

}  // namespace fithome::app
