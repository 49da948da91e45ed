// SPDX-License-Identifier: MIT
#include "api/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <thread>

#include "api/export_jobs.h"
#include "api/listener.h"
#include "api/session.h"
#include "base/log.h"
#include "base/thread.h"

namespace fithome::api {
namespace {

namespace asio = boost::asio;
using boost::asio::ip::tcp;
using ErrorCode = boost::system::error_code;

// While the process has no descriptor left for a connection.
constexpr std::chrono::milliseconds kAcceptPause{100};

Result<asio::ip::address> find_address(asio::io_context& context, std::string host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  ErrorCode error;
  const auto address = asio::ip::make_address(host, error);
  if (!error) return address;
  if (!host.empty()) {
    const auto found = tcp::resolver(context).resolve(host, "", tcp::resolver::passive, error);
    if (!error && !found.empty()) return found.begin()->endpoint().address();
  }
  return fail(Code::invalid,
              fmt::format("listen on \"{}\": no such address; say 127.0.0.1 for this machine only, "
                          "0.0.0.0 for the whole network, or a name of this machine",
                          host));
}

Result<tcp::acceptor> listen(asio::io_context& context, const ServerConfig& config,
                             const asio::ip::address& address) {
  const tcp::endpoint endpoint(address, config.port);
  tcp::acceptor acceptor(context);
  ErrorCode error;
  acceptor.open(endpoint.protocol(), error);
  // A daemon that starts again at once finds its port still in TIME_WAIT.
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return listen_failure(address.to_string(), config.port, error.value());
  return acceptor;
}

// What a browser on this machine can open.
std::string reachable(const asio::ip::address& address) {
  if (address.is_v4()) return address.is_unspecified() ? "127.0.0.1" : address.to_string();
  return address.is_unspecified() ? "[::1]" : fmt::format("[{}]", address.to_string());
}

}  // namespace

// Members are destroyed from the last to the first: the context, and with it all sessions, before
// the hall they stand in.
struct Server::Impl {
  explicit Impl(Live& live_of) : live(live_of) {}
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void run();
  void accept();
  void welcome(tcp::socket socket);
  void wake();
  void publish();

  Live& live;
  int max_connections = 0;
  std::optional<ExportJobs> exports;
  std::optional<Hall> hall;
  asio::io_context context{1};
  std::optional<tcp::acceptor> acceptor;
  std::optional<asio::steady_timer> accept_pause;
  std::atomic<bool> wake_posted{false};
  std::uint16_t port = 0;
  std::string url;
  std::thread thread;
};

Server::Impl::~Impl() {
  if (!thread.joinable()) return;
  live.on_reading({});
  context.stop();
  thread.join();
}

void Server::Impl::run() {
  accept();
  live.on_reading([this] { wake(); });
  thread = std::thread([this] {
    name_this_thread("http");
    context.run();
  });
}

void Server::Impl::accept() {
  acceptor->async_accept([this](ErrorCode error, tcp::socket socket) {
    if (!error) {
      welcome(std::move(socket));
      return accept();
    }
    // Out of descriptors, most likely: the waiting connection stays there, so wait for others to
    // go.
    accept_pause->expires_after(kAcceptPause);
    accept_pause->async_wait([this](ErrorCode stopped) {
      if (!stopped) accept();
    });
  });
}

void Server::Impl::welcome(tcp::socket socket) {
  // A crowd that is not even told: telling takes connections too.
  if (hall->connections >= 2 * max_connections) return;
  const bool full = hall->connections >= max_connections;
  const auto session = std::make_shared<Session>(std::move(socket), *hall);
  full ? session->refuse() : session->start();
}

// On the thread of whoever stored the reading. One message under way is enough, however fast
// readings come.
void Server::Impl::wake() {
  if (wake_posted.exchange(true)) return;
  asio::post(context, [this] {
    wake_posted = false;
    publish();
  });
}

void Server::Impl::publish() {
  std::erase_if(hall->live, [](const auto& session) { return session.expired(); });
  if (hall->live.empty()) return;
  auto newest = hall->routes.newest_event();
  if (!newest) return;
  const auto event = std::make_shared<const Routes::Event>(*std::move(newest));
  for (const auto& each : hall->live) {
    if (const auto session = each.lock()) session->offer(event);
  }
}

Result<Server> Server::open(const ServerConfig& config, Live& live, Clock& clock) {
  auto impl = std::make_unique<Impl>(live);
  FITHOME_TRY(const auto address, find_address(impl->context, config.host));
  FITHOME_TRY(auto acceptor, listen(impl->context, config, address));
  ErrorCode error;
  impl->port = acceptor.local_endpoint(error).port();
  impl->url = fmt::format("http://{}:{}/", reachable(address), impl->port);
  impl->acceptor.emplace(std::move(acceptor));
  impl->accept_pause.emplace(impl->context);
  impl->max_connections = config.max_connections;
  impl->exports.emplace(config.data);
  impl->hall.emplace(
      Hall{.routes = Routes({live, clock, config.data, &*impl->exports, config.damaged},
                            address.is_loopback()),
           .timeout = config.timeout,
           .heartbeat = config.heartbeat,
           .live = {}});
  impl->run();
  return Server(std::move(impl));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

std::uint16_t Server::port() const { return impl_->port; }
std::string Server::url() const { return impl_->url; }

}  // namespace fithome::api
