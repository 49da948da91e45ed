// SPDX-License-Identifier: MIT
#include "app/notify.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "base/number.h"

namespace fithome::app {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

ServiceVariables service_variables() {
  return {variable("NOTIFY_SOCKET"), variable("WATCHDOG_USEC"), variable("WATCHDOG_PID")};
}

Result<Notifier> Notifier::open(const std::string& socket) {
  Notifier made;
  if (socket.empty()) return made;
  sockaddr_un address{};
  const bool known = (socket.front() == '/' || socket.front() == '@') && socket.size() > 1;
  if (!known || socket.size() >= sizeof address.sun_path) {
    return fail(Code::invalid,
                fmt::format("NOTIFY_SOCKET {}: no address of a Unix socket, so systemd cannot be "
                            "told how the service is",
                            socket));
  }
  address.sun_family = AF_UNIX;
  std::ranges::copy(socket, address.sun_path);
  if (socket.front() == '@') address.sun_path[0] = '\0';
  // An abstract name is as long as it is said to be; a path ends with a zero.
  const std::size_t length =
      offsetof(sockaddr_un, sun_path) + socket.size() + (socket.front() == '@' ? 0 : 1);
  const char* bytes = reinterpret_cast<const char*>(&address);
  made.address_.assign(bytes, bytes + length);
  made.socket_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!made.socket_) return os_failure(Code::transient, "NOTIFY_SOCKET", errno);
  return made;
}

Result<void> Notifier::send(std::string_view message) const {
  if (!socket_ || message.empty()) return {};
  const auto* address = reinterpret_cast<const sockaddr*>(address_.data());
  const ssize_t sent =
      ::sendto(socket_.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL, address,
               static_cast<socklen_t>(address_.size()));
  if (sent < 0) return os_failure(Code::transient, "NOTIFY_SOCKET", errno);
  return {};
}

std::optional<Nanoseconds> watchdog_period(const ServiceVariables& variables, pid_t self) {
  if (!variables.watchdog_pid.empty() && variables.watchdog_pid != std::to_string(self)) return {};
  const auto usec = parse_number<std::uint64_t>(variables.watchdog_usec);
  constexpr std::uint64_t kLongest = 1'000'000ull * 86400 * 365;  // more is no watchdog
  if (!usec || *usec == 0 || *usec > kLongest) return {};
  return Nanoseconds(*usec * 1000 / 2);
}

}  // namespace fithome::app
