// SPDX-License-Identifier: MIT
//
// The socket DATA/control.sock itself: its address, however long its path, and lines over it with
// bounds on length and time.
//
// Flow:    control_server, control_client -> here -> the kernel
// Errors:  transient - the other side went, or took too long; invalid - a line too long
// Threads: one a connection
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace fithome::app {

constexpr std::string_view kControlSocket = "control.sock";

/// Where the socket of a data directory is. A sockaddr_un has room for 107 bytes of path, so a
/// longer one is reached through /proc/self/fd, for as long as this lives.
class ControlAddress {
 public:
  /// Errors: not_found - no such directory, or a long path and no /proc
  static Result<ControlAddress> of(const std::filesystem::path& data);

  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&address_); }
  static constexpr socklen_t size() { return sizeof(sockaddr_un); }
  /// The path the kernel is told; the file is the same.
  const char* path() const { return address_.sun_path; }

 private:
  ControlAddress() = default;
  UniqueFd directory_;
  sockaddr_un address_{};
};

/// A connection, line by line.
class LineSocket {
 public:
  explicit LineSocket(UniqueFd socket) : socket_(std::move(socket)) {}

  /// The next line without its end; nothing at the end of the stream. What came after is kept for
  /// the next call. `stop` ends the wait.
  Result<std::optional<std::string>> read_line(std::size_t longest, Nanoseconds patience,
                                               std::stop_token stop);
  Result<void> write_line(std::string_view line, Nanoseconds patience);
  int fd() const { return socket_.get(); }

 private:
  UniqueFd socket_;
  std::string received_;
};

}  // namespace fithome::app
