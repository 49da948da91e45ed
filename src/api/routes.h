// SPDX-License-Identifier: MIT
//
// From a request to its answer: which address, which method, whose Host. No socket in sight.
//
// Flow:    Request -> Routes::answer -> one of the route functions (answers.h) -> Response
// Errors:  every failure is a Response with a JSON body that says what to do
// Threads: the server's; a store::Reader is opened for each request that needs one
// Source:  docs/api.md
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "api/http.h"
#include "api/live.h"
#include "base/clock.h"

namespace fithome::api {

class ExportJobs;

/// Where answers come from. Live, Clock and ExportJobs must outlive it.
struct Source {
  const Live& live;
  const Clock& clock;
  std::filesystem::path data;     // the store's directory
  ExportJobs* exports = nullptr;  // none: no exports over the API
  /// Told of readings that were asked for and cannot be read.
  std::function<void(const std::string& what)> damaged = {};

  UtcTime now() const { return to_stamp(clock.utc()); }
};

class Routes {
 public:
  /// `guard_host`: answer only requests that name a host of the house (api/host_guard.h).
  Routes(Source source, bool guard_host) : source_(std::move(source)), guard_host_(guard_host) {}

  Response answer(const Request& request) const;

  /// The newest reading as a server-sent event; nothing before the first one.
  struct Event {
    UtcTime time{};
    std::string text;
  };
  std::optional<Event> newest_event() const;

 private:
  Source source_;
  bool guard_host_;
};

}  // namespace fithome::api
