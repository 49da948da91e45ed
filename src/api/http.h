// SPDX-License-Identifier: MIT
//
// A request and its answer as plain values, so that routes, tests and fuzzers need no socket.
//
// Flow:    Session -> Request -> Routes -> Response -> head_text -> Session
// Threads: plain values
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace fithome::api {

struct Request {
  std::string_view method = "GET";
  std::string_view target = "/";
  std::string_view host = {};
  std::string_view accept = {};
  std::string_view accept_encoding = {};
  std::string_view if_none_match = {};
  std::string_view range = {};
  std::string_view if_range = {};
};

struct Header {
  std::string_view name;
  std::string value;
};

/// Appends the next piece of a long body; false after the last. A failure cuts the connection, for
/// the status has long been sent.
using Pull = std::move_only_function<Result<bool>(std::string& out)>;

/// The body is the stream of live readings, which the server feeds.
struct LiveStream {};

using Body = std::variant<std::string, std::span<const unsigned char>, Pull, LiveStream>;

struct Response {
  int status = 200;
  std::string_view content_type = kJson;  // empty: none, as there is no body
  std::vector<Header> headers;
  Body body;
  std::optional<std::uint64_t> length = {};  // of a Pull, where it is known before

  static constexpr std::string_view kJson = "application/json; charset=utf-8";
};

Response json(std::string body);

/// {"error": {"code": ..., "what": ...}} with the status that fits the code.
Response failure(const Error& error);
Response failure(int status, Code code, std::string_view what);

/// A body made piece by piece. The first piece is made here, so that a store which cannot be read
/// is a status and not a cut connection; one that is all there is gets a length.
Response streamed(std::string_view content_type, Pull pull);

/// Which of the two ways to end a body the client understands.
enum class Framing { length, chunks, until_close };
Framing framing(const Response& response, bool http_1_1);

/// The status line and all headers, with the ones of security that every answer has.
std::string head_text(const Response& response, Framing framing, bool keep_alive);

}  // namespace fithome::api
