// SPDX-License-Identifier: MIT
//
// The HTTP server: a page, a JSON API, a live stream, metrics. Reads only; changes nothing.
//
// Flow:    Live, store::Reader -> Routes (pure) -> Server -> browser, fithome CLI, Prometheus
// Errors:  open: invalid - the address is in use or not ours (says which, and what to do)
// Threads: one thread of its own, `http`; a slow query delays other requests, never the sampler
// Source:  docs/api.md, docs/decisions/0005-http.md
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "api/live.h"
#include "base/clock.h"
#include "base/result.h"

namespace fithome::api {

struct ServerConfig {
  std::string host = "127.0.0.1";               // beyond loopback only when the owner says so
  std::uint16_t port = 0;                       // 0: the system picks
  std::filesystem::path data = {};              // the store's directory
  int max_connections = 64;                     // more are told so and closed
  std::chrono::milliseconds timeout{30'000};    // for a whole request, and for each piece written
  std::chrono::milliseconds heartbeat{15'000};  // between comments on a live stream
  std::function<void(const std::string& what)> damaged = {};  // Source::damaged; the http thread's
};

class Server {
 public:
  /// Listens and serves until destroyed (at once: open streams are closed).
  static Result<Server> open(const ServerConfig& config, Live& live, Clock& clock);
  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  ~Server();

  std::uint16_t port() const;
  /// "http://127.0.0.1:8080/"
  std::string url() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fithome::api
