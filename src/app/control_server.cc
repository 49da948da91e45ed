// SPDX-License-Identifier: MIT
#include "app/control_server.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "app/control_socket.h"
#include "base/log.h"
#include "base/thread.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostClients = 8;
constexpr std::size_t kLongestRequest = 64 * 1024;
constexpr Nanoseconds kPatience = 5s;

std::optional<uid_t> user_behind(int client) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(client, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return {};
  return who.uid;
}

bool may_ask(int client) {
  const auto user = user_behind(client);
  return user && (*user == 0 || *user == ::geteuid());
}

Result<void> remove_stale(const ControlAddress& address, const std::string& name) {
  struct stat found{};
  if (::lstat(address.path(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) {
    return fail(Code::invalid,
                fmt::format("{} is not a socket; move it away and start again", name));
  }
  if (::unlink(address.path()) != 0) return os_failure(Code::transient, "remove " + name, errno);
  return {};
}

Result<UniqueFd> listen_at(const std::filesystem::path& data) {
  const std::string name = (data / kControlSocket).string();
  FITHOME_TRY(const auto address, ControlAddress::of(data));
  FITHOME_TRY_VOID(remove_stale(address, name));
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // Nobody can connect before listen(), so the mode is there in time.
  if (!socket || ::bind(socket.get(), address.address(), address.size()) != 0 ||
      ::chmod(address.path(), 0600) != 0 || ::listen(socket.get(), kMostClients) != 0) {
    return os_failure(Code::transient, name, errno);
  }
  return socket;
}

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::open(const std::filesystem::path& data,
                                                           Operations operations) {
  FITHOME_TRY(auto socket, listen_at(data));
  return std::unique_ptr<ControlServer>(
      new ControlServer(data, std::move(operations), std::move(socket)));
}

ControlServer::ControlServer(std::filesystem::path data, Operations operations, UniqueFd socket)
    : data_(std::move(data)),
      operations_(std::move(operations)),
      socket_(std::move(socket)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      accepting_([this](std::stop_token stop) { accept_all(stop); }) {}

ControlServer::~ControlServer() {
  accepting_.request_stop();
  accepting_.join();
  for (Session& session : sessions_) session.thread.request_stop();
  sessions_.clear();
  // The lock of the directory is still held, so it is ours.
  if (const auto address = ControlAddress::of(data_)) ::unlink(address->path());
}

void ControlServer::accept_all(std::stop_token stop) {
  name_this_thread("control");
  const std::stop_callback on_stop(stop, [this] { ::eventfd_write(wake_.get(), 1); });
  while (!stop.stop_requested()) {
    pollfd both[] = {{socket_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    if (::poll(both, 2, -1) < 0 && errno != EINTR) return;
    if (both[0].revents == 0) continue;
    UniqueFd client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::erase_if(sessions_, [](const Session& session) { return session.over.load(); });
    if (client) {
      take(std::move(client));
    } else if (errno != EINTR && errno != ECONNABORTED) {
      // Out of descriptors, most likely: not so fast, then.
      pollfd one{wake_.get(), POLLIN, 0};
      ::poll(&one, 1, 100);
    }
  }
}

void ControlServer::take(UniqueFd client) {
  const auto refuse = [&](std::string_view code, std::string_view what) {
    // A fresh socket has room for a line; who has gone already misses nothing.
    (void)LineSocket(std::move(client))
        .write_line(fmt::format(R"({{"error":{{"code":"{}","what":"{}"}}}})", code, what), 0s);
  };
  if (!may_ask(client.get())) {
    return refuse("invalid", "only root and the user that fithome runs as may do that: use sudo");
  }
  if (sessions_.size() >= kMostClients) {
    return refuse("transient", "too many commands are asking this daemon at once; try again");
  }
  Session& session = sessions_.emplace_back();
  session.thread =
      std::jthread([this, &session, socket = std::move(client)](std::stop_token stop) mutable {
        name_this_thread("control-client");
        serve(std::move(socket), stop);
        session.over = true;
      });
}

void ControlServer::serve(UniqueFd client, std::stop_token stop) {
  LineSocket socket(std::move(client));
  const auto line = socket.read_line(kLongestRequest, kPatience, stop);
  if (line && !*line) return;  // came, and went
  const auto write = [&](std::string_view text) { return socket.write_line(text, kPatience); };
  const auto done = line ? operations_.answer(**line, write, stop)
                         : write(fmt::format(R"({{"error":{{"code":"invalid","what":"{}"}}}})",
                                             line.error().what));
  if (!done) log_debug("control: {}", done.error().what);
}

}  // namespace fithome::app
