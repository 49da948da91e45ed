// SPDX-License-Identifier: MIT
#include "app/control_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace fithome::app {
namespace {

using std::chrono::steady_clock;

// Waits until `events` are there. False when the time is over.
bool wait_for(int fd, short events, steady_clock::time_point deadline) {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd one{fd, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace

Result<ControlAddress> ControlAddress::of(const std::filesystem::path& data) {
  ControlAddress made;
  std::string path = (data / kControlSocket).string();
  constexpr std::size_t kRoom = sizeof(made.address_.sun_path) - 1;
  if (path.size() > kRoom) {
    made.directory_ = UniqueFd(::open(data.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!made.directory_) return os_failure(Code::not_found, data.string(), errno);
    const std::string through = fmt::format("/proc/self/fd/{}", made.directory_.get());
    if (::access(through.c_str(), F_OK) != 0) {
      return fail(Code::not_found,
                  fmt::format("{}: the path is longer than the {} bytes a socket's may have, and "
                              "there is no /proc to reach it by; use a data directory with a "
                              "shorter path",
                              path, kRoom));
    }
    path = fmt::format("{}/{}", through, kControlSocket);
  }
  made.address_.sun_family = AF_UNIX;
  std::ranges::copy(path, made.address_.sun_path);
  return made;
}

Result<std::optional<std::string>> LineSocket::read_line(std::size_t longest, Nanoseconds patience,
                                                         std::stop_token stop) {
  const auto deadline = steady_clock::now() + patience;
  const std::stop_callback on_stop(stop, [this] { ::shutdown(socket_.get(), SHUT_RD); });
  while (true) {
    if (const auto end = received_.find('\n'); end != std::string::npos && end <= longest) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return std::optional(std::move(line));
    }
    if (received_.size() > longest) {
      return fail(Code::invalid, fmt::format("a line is longer than {} bytes", longest));
    }
    if (!wait_for(socket_.get(), POLLIN, deadline)) {
      return fail(Code::transient, "the other side said nothing for too long");
    }
    std::array<char, 4096> piece;
    const ssize_t got = ::recv(socket_.get(), piece.data(), piece.size(), MSG_DONTWAIT);
    if (got == 0) return std::optional<std::string>();
    if (got > 0) received_.append(piece.data(), static_cast<std::size_t>(got));
    if (got < 0 && errno != EINTR && errno != EAGAIN) {
      return os_failure(Code::transient, "control socket", errno);
    }
  }
}

Result<void> LineSocket::write_line(std::string_view line, Nanoseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  const std::string whole = std::string(line) + '\n';
  std::string_view rest = whole;
  while (!rest.empty()) {
    const ssize_t put =
        ::send(socket_.get(), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put > 0) rest.remove_prefix(static_cast<std::size_t>(put));
    if (put >= 0 || errno == EINTR) continue;
    if (errno != EAGAIN) return os_failure(Code::transient, "control socket", errno);
    if (!wait_for(socket_.get(), POLLOUT, deadline)) {
      return fail(Code::transient, "the other side reads nothing");
    }
  }
  return {};
}

}  // namespace fithome::app
