// SPDX-License-Identifier: MIT
#include "api/listener.h"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/number.h"

namespace fithome::api {
namespace {

namespace fs = std::filesystem;

// The inode of the socket that listens on `port`: proc(5), /proc/net/tcp. Columns: number, local
// address:port in hex, remote, state (0A: listening), four more, and then the inode is the tenth.
std::optional<std::string> listening_inode(const char* table, std::uint16_t port) {
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);
  const std::string wanted = fmt::format(":{:04X}", port);
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string number, local, remote, state, skipped, inode;
    fields >> number >> local >> remote >> state;
    for (int n = 0; n < 5; ++n) fields >> skipped;
    if (fields >> inode && state == "0A" && local.ends_with(wanted)) return inode;
  }
  return {};
}

bool holds_socket(const fs::path& process, const std::string& link) {
  std::error_code error;
  for (fs::directory_iterator fd(process / "fd", error), end; !error && fd != end;
       fd.increment(error)) {
    std::error_code unreadable;
    if (fs::read_symlink(fd->path(), unreadable) == link) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> who_listens(std::uint16_t port) {
  auto inode = listening_inode("/proc/net/tcp", port);
  if (!inode) inode = listening_inode("/proc/net/tcp6", port);
  if (!inode) return {};
  const std::string link = fmt::format("socket:[{}]", *inode);
  std::error_code error;
  for (fs::directory_iterator process("/proc", error), end; !error && process != end;
       process.increment(error)) {
    const std::string id = process->path().filename();
    if (!parse_number<int>(id) || !holds_socket(process->path(), link)) continue;
    std::string program = "?";
    std::ifstream comm(process->path() / "comm");
    std::getline(comm, program);
    return fmt::format("process {} ({})", id, program);
  }
  return {};
}

Failure listen_failure(std::string_view host, std::uint16_t port, int os) {
  const std::string where = host.find(':') == std::string_view::npos
                                ? fmt::format("{}:{}", host, port)
                                : fmt::format("[{}]:{}", host, port);
  const auto say = [&](std::string_view what) {
    return fail(Code::invalid, fmt::format("listen on {}: {}", where, what), os);
  };
  switch (os) {
    case EADDRINUSE:
      return say(
          fmt::format("{} uses this port; stop it, or choose another with --listen HOST:PORT",
                      who_listens(port).value_or("another program")));
    case EACCES:
    case EPERM:
      return say(
          "not permitted: ports below 1024 belong to root; choose one such as 8080 with "
          "--listen HOST:PORT");
    case EADDRNOTAVAIL:
      return say(
          "this machine has no such address (`ip address` shows those it has); choose one "
          "with --listen HOST:PORT, such as 127.0.0.1:8080");
    default:
      return os_failure(Code::invalid, fmt::format("listen on {}", where), os);
  }
}

}  // namespace fithome::api
