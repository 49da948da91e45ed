// SPDX-License-Identifier: MIT
#include "api/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <optional>
#include <utility>

#include "api/event_lines.h"

namespace fithome::api {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using std::chrono::milliseconds;

struct Url {
  std::string host, port, target;
  std::string origin() const { return fmt::format("http://{}:{}", host, port); }
};

Result<Url> parse_url(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  const auto bad = [&] {
    return fail(Code::invalid, fmt::format("\"{}\" is no address; say http://HOST:PORT/", text));
  };
  if (!text.starts_with(kScheme)) return bad();
  const std::string_view rest = text.substr(kScheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  // The colon of the port, not one inside [::1].
  const std::size_t bracket = authority.rfind(']');
  std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && bracket != std::string_view::npos && colon < bracket) {
    colon = std::string_view::npos;
  }
  Url url;
  url.host = authority.substr(0, colon);
  url.port = colon == std::string_view::npos ? "80" : authority.substr(colon + 1);
  url.target = slash < rest.size() ? rest.substr(slash) : "/";
  const bool safe = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127; });
  if (url.host.empty() || url.port.empty() || !safe) return bad();
  return url;
}

// One request and its answer, by a deadline that moves as bytes come.
class Call {
 public:
  using Take = std::function<bool(std::string_view piece)>;

  Call(Url url, milliseconds timeout, Other other = {})
      : url_(std::move(url)), timeout_(timeout), other_(std::move(other)) {
    parser_.body_limit(boost::none);
    parser_.header_limit(32 * 1024);
  }

  /// Hands on the body in pieces until its end, or until `take` says false or stop().
  Result<void> run(std::string_view accept, Take take);
  /// From any thread.
  void stop() { context_.stop(); }

  int status() const { return static_cast<int>(parser_.get().result_int()); }
  std::string content_type() const { return std::string(parser_.get()[http::field::content_type]); }

 private:
  void connect();
  void send();
  void read_head();
  void read_body();
  void move_deadline();
  void end(ErrorCode error);
  Failure failure_of(ErrorCode error) const;

  Url url_;
  milliseconds timeout_;
  Other other_;  // without a name: a fithome
  asio::io_context context_{1};
  tcp::resolver resolver_{context_};
  tcp::socket socket_{context_};
  asio::steady_timer deadline_{context_};
  std::string request_;
  Take take_;
  boost::beast::flat_buffer buffer_;
  http::response_parser<http::buffer_body> parser_;
  std::array<char, 16 * 1024> piece_{};
  std::optional<ErrorCode> error_;
  bool timed_out_ = false;
};

void Call::move_deadline() {
  deadline_.expires_after(timeout_);
  deadline_.async_wait([this](ErrorCode error) {
    if (error || deadline_.expiry() > std::chrono::steady_clock::now()) return;
    timed_out_ = true;
    end(asio::error::timed_out);
  });
}

void Call::end(ErrorCode error) {
  if (!error_) error_ = error;
  context_.stop();
}

Result<void> Call::run(std::string_view accept, Take take) {
  take_ = std::move(take);
  request_ = fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}:{}\r\nAccept: {}\r\nUser-Agent: fithome\r\n"
      "{}Connection: close\r\n\r\n",
      url_.target, url_.host, url_.port, accept,
      other_.authorization.empty() ? ""
                                   : fmt::format("Authorization: {}\r\n", other_.authorization));
  move_deadline();
  connect();
  context_.run();
  if (!error_ || !*error_) return {};  // the end, or stopped
  return failure_of(*error_);
}

void Call::connect() {
  std::string host = url_.host;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  resolver_.async_resolve(host, url_.port, [this](ErrorCode error, const auto& found) {
    if (error) return end(error);
    asio::async_connect(socket_, found, [this](ErrorCode failed, const tcp::endpoint&) {
      failed ? end(failed) : send();
    });
  });
}

void Call::send() {
  asio::async_write(socket_, asio::buffer(request_), [this](ErrorCode error, std::size_t) {
    // A server that has enough of us may have answered and closed before we had sent all.
    if (error && error != asio::error::broken_pipe && error != asio::error::connection_reset) {
      return end(error);
    }
    read_head();
  });
}

void Call::read_head() {
  http::async_read_header(socket_, buffer_, parser_, [this](ErrorCode error, std::size_t) {
    error ? end(error) : read_body();
  });
}

void Call::read_body() {
  if (parser_.is_done()) return end({});
  move_deadline();
  parser_.get().body().data = piece_.data();
  parser_.get().body().size = piece_.size();
  http::async_read_some(socket_, buffer_, parser_, [this](ErrorCode error, std::size_t) {
    if (error && error != http::error::need_buffer) return end(error);
    const std::size_t got = piece_.size() - parser_.get().body().size;
    if (got > 0 && !take_(std::string_view(piece_.data(), got))) return end({});
    read_body();
  });
}

Failure Call::failure_of(ErrorCode error) const {
  const std::string origin = url_.origin();
  const bool answered = parser_.is_header_done();
  if (timed_out_) {
    return fail(Code::transient,
                fmt::format("{} did not answer within {} s; try again, or see {} log", origin,
                            static_cast<double>(timeout_.count()) / 1000,
                            other_.name.empty() ? "the daemon's" : "its"));
  }
  if (answered) {
    return fail(Code::transient, fmt::format("{} broke off its answer; try again", origin));
  }
  const bool not_http = error.category() == make_error_code(http::error::bad_version).category();
  if (not_http && error != http::error::end_of_stream) {
    return fail(Code::invalid, fmt::format("what answers at {} is no {}", origin,
                                           other_.name.empty() ? "fithome" : other_.name));
  }
  if (!other_.name.empty()) {
    return fail(Code::transient,
                fmt::format("no {} answers at {} ({}); does it run there, and is that its port?",
                            other_.name, origin, error.message()),
                error.value());
  }
  return fail(Code::transient,
              fmt::format("no fithome answers at {} ({}); is the daemon running? `fithome run` "
                          "starts it and prints its address",
                          origin, error.message()),
              error.value());
}

// Between signs of life the server takes 15 s.
constexpr milliseconds kStreamSilence{45'000};

}  // namespace

Result<Reply> get(std::string_view url, milliseconds timeout) { return get(url, timeout, {}); }

Result<Reply> get(std::string_view url, milliseconds timeout, const Other& other) {
  FITHOME_TRY(Url parsed, parse_url(url));
  Call call(std::move(parsed), timeout, other);
  Reply reply;
  FITHOME_TRY_VOID(call.run("*/*", [&](std::string_view piece) {
    reply.body += piece;
    return true;
  }));
  reply.status = call.status();
  reply.content_type = call.content_type();
  return reply;
}

Result<void> stream_events(std::string_view url,
                           std::function<bool(std::string_view event, std::string_view data)> take,
                           std::stop_token stop) {
  FITHOME_TRY(Url parsed, parse_url(url));
  const std::string origin = parsed.origin();
  Call call(std::move(parsed), kStreamSilence);
  EventLines lines;
  bool enough = false;
  std::string refusal;
  const std::stop_callback on_stop(stop, [&] { call.stop(); });
  const auto done = call.run("text/event-stream", [&](std::string_view piece) {
    if (call.status() != 200) {
      refusal += piece;
      return true;
    }
    enough = !lines.take(piece, take);
    return !enough;
  });
  if (stop.stop_requested() || enough) return {};
  if (!done) return Failure(done.error());
  if (!refusal.empty()) {
    return fail(Code::transient, fmt::format("{} refused: {}", origin, refusal));
  }
  return fail(Code::transient, fmt::format("{} ended the stream; is the daemon stopping?", origin));
}

}  // namespace fithome::api
