// SPDX-License-Identifier: MIT
//
// Asks a running daemon, for the command line and the tests; or another server.
//
// Shape:   url is http://HOST:PORT/PATH?QUERY; nothing else is spoken
// Errors:  invalid   - the url is none
//          transient - nobody answers there, or not in time, or the stream broke off
//          An answer with a status of 400 or more is an answer: look at `status`.
// Threads: any; each call has its own connection and blocks
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"

namespace fithome::api {

struct Reply {
  int status = 0;
  std::string content_type;
  std::string body;
};

Result<Reply> get(std::string_view url, std::chrono::milliseconds timeout);

/// A server that is no fithome.
struct Other {
  std::string name;           // "InfluxDB", for messages
  std::string authorization;  // the header's value; empty: none
};
Result<Reply> get(std::string_view url, std::chrono::milliseconds timeout, const Other& other);

/// Calls `take` with each server-sent event until it says false, or `stop` is asked for: both are
/// success. Comments (the server's sign of life) are not handed on, but after 45 s without anything
/// the stream counts as broken.
Result<void> stream_events(std::string_view url,
                           std::function<bool(std::string_view event, std::string_view data)> take,
                           std::stop_token stop);

}  // namespace fithome::api
