// SPDX-License-Identifier: MIT
#include "api/session.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <string_view>
#include <utility>

#include "base/log.h"

namespace fithome::api {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::asio::ip::tcp;

constexpr std::uint32_t kHeaderLimit = 8 * 1024;
// Time a client has to read a last answer before the connection is cut.
constexpr std::chrono::seconds kLinger{2};
// Some 20 events: a client further behind than that is slow, and misses some.
constexpr int kLiveSendBuffer = 16 * 1024;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

// What to say about bytes that are no request we take; nothing where nobody listens any more.
std::optional<Response> answer_to_error(const boost::system::error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return failure(431, Code::invalid, "the request's head is over 8 KB; send fewer cookies");
  }
  if (error == http::error::body_limit || error == http::error::unexpected_body) {
    return failure(413, Code::invalid, "this API only reads; send no body");
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message) return {};
  if (error.category() == make_error_code(http::error::end_of_stream).category()) {
    return failure(400, Code::invalid, "this is no HTTP request");
  }
  return {};
}

}  // namespace

Session::Session(tcp::socket socket, Hall& hall)
    : socket_(std::move(socket)),
      deadline_(socket_.get_executor()),
      heartbeat_(socket_.get_executor()),
      hall_(hall),
      buffer_(2 * kHeaderLimit) {
  ++hall_.connections;
  boost::system::error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
}

Session::~Session() { --hall_.connections; }

void Session::start() { read(); }

void Session::refuse() {
  respond(failure(503, Code::transient,
                  "too many connections; close some pages or programs that read this meter"),
          true, false, false);
}

void Session::set_deadline(std::chrono::milliseconds time) {
  deadline_.expires_after(time);
  deadline_.async_wait([self = shared_from_this()](ErrorCode error) {
    // A wait that ended just before the deadline was moved is still reported as ended.
    if (!error && self->deadline_.expiry() <= std::chrono::steady_clock::now()) self->close();
  });
}

void Session::close() {
  ErrorCode ignored;
  socket_.close(ignored);
  deadline_.cancel();
  heartbeat_.cancel();
}

// One deadline for the whole request: a client that sends a byte now and then gains no time.
void Session::read() {
  parser_.emplace();
  parser_->header_limit(kHeaderLimit);
  parser_->body_limit(0);
  set_deadline(hall_.timeout);
  http::async_read(
      socket_, buffer_, *parser_,
      [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_read(error); });
}

void Session::on_read(ErrorCode error) {
  if (error) {
    auto response = answer_to_error(error);
    if (!response) return close();
    return respond(*std::move(response), true, false, false);
  }
  const auto& request = parser_->get();
  const bool http_1_1 = request.version() >= 11;
  respond(answer(), http_1_1, request.keep_alive(), request.method() == http::verb::head);
}

Response Session::answer() {
  const auto& request = parser_->get();
  const auto hosts = request.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && request.version() >= 11)) {
    return failure(400, Code::invalid, "the request must name its Host, once");
  }
  return hall_.routes.answer({.method = view(request.method_string()),
                              .target = view(request.target()),
                              .host = view(request[http::field::host]),
                              .accept = view(request[http::field::accept]),
                              .accept_encoding = view(request[http::field::accept_encoding]),
                              .if_none_match = view(request[http::field::if_none_match]),
                              .range = view(request[http::field::range]),
                              .if_range = view(request[http::field::if_range])});
}

template <class Buffers, class Then>
void Session::write(const Buffers& buffers, Then then) {
  set_deadline(hall_.timeout);
  asio::async_write(socket_, buffers,
                    [self = shared_from_this(), then](ErrorCode error, std::size_t) {
                      if (error) return self->close();
                      then(*self);
                    });
}

void Session::respond(Response response, bool http_1_1, bool keep_alive, bool head_only) {
  response_ = std::move(response);
  framing_ = framing(response_, http_1_1);
  keep_alive_ = keep_alive && framing_ != Framing::until_close;
  head_only_ = head_only;
  head_ = head_text(response_, framing_, keep_alive_);
  std::array<asio::const_buffer, 2> buffers{asio::buffer(head_), asio::const_buffer()};
  if (!head_only_) {
    if (const auto* text = std::get_if<std::string>(&response_.body)) {
      buffers[1] = asio::buffer(*text);
    } else if (const auto* bytes = std::get_if<std::span<const unsigned char>>(&response_.body)) {
      buffers[1] = asio::buffer(bytes->data(), bytes->size());
    }
  }
  write(buffers, [](Session& self) { self.on_head_written(); });
}

void Session::on_head_written() {
  if (head_only_) return finish();
  if (std::holds_alternative<Pull>(response_.body)) return pull();
  if (std::holds_alternative<LiveStream>(response_.body)) return begin_live();
  finish();
}

void Session::finish() {
  response_ = {};
  if (!keep_alive_) return linger();
  read();
}

void Session::pull() {
  piece_.clear();
  const auto more = std::get<Pull>(response_.body)(piece_);
  if (!more) {
    log_warning("http: an answer was cut short: {}", more.error().what);
    return close();
  }
  if (piece_.empty() && *more) {
    // Nothing in this stretch of time. Others may have their turn before we look further.
    return asio::post(socket_.get_executor(), [self = shared_from_this()] { self->pull(); });
  }
  piece_head_.clear();
  if (framing_ == Framing::chunks) {
    if (!piece_.empty()) piece_head_ = fmt::format("{:x}\r\n", piece_.size());
    if (!piece_.empty()) piece_ += "\r\n";
    if (!*more) piece_ += "0\r\n\r\n";
  }
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(piece_head_), asio::buffer(piece_)};
  write(buffers, [more = *more](Session& self) { more ? self.pull() : self.finish(); });
}

void Session::begin_live() {
  ErrorCode ignored;
  socket_.set_option(asio::socket_base::send_buffer_size(kLiveSendBuffer), ignored);
  deadline_.cancel();
  hall_.live.push_back(weak_from_this());
  watch_for_end();
  await_heartbeat();
  if (auto newest = hall_.routes.newest_event()) {
    offer(std::make_shared<const Routes::Event>(*std::move(newest)));
  }
}

// A client that goes away is noticed by reading only.
void Session::watch_for_end() {
  socket_.async_read_some(asio::buffer(discarded_),
                          [self = shared_from_this()](ErrorCode error, std::size_t) {
                            if (error) return self->close();
                            self->watch_for_end();
                          });
}

void Session::offer(std::shared_ptr<const Routes::Event> event) {
  if (!socket_.is_open()) return;
  if (last_written_ == event->time) return;
  if (writing_) {
    pending_ = std::move(event);
    return;
  }
  last_written_ = event->time;
  write_live(std::move(event));
}

void Session::write_live(std::shared_ptr<const Routes::Event> event) {
  writing_ = std::move(event);
  write(asio::buffer(writing_->text), [](Session& self) {
    self.writing_ = nullptr;
    self.deadline_.cancel();
    if (auto next = std::exchange(self.pending_, nullptr)) self.offer(std::move(next));
  });
}

void Session::await_heartbeat() {
  heartbeat_.expires_after(hall_.heartbeat);
  heartbeat_.async_wait([self = shared_from_this()](ErrorCode error) {
    if (error || !self->socket_.is_open()) return;
    if (!self->writing_) {
      self->write_live(std::make_shared<const Routes::Event>(Routes::Event{.text = ":\n\n"}));
    }
    self->await_heartbeat();
  });
}

// Closing while the client still sends would make its kernel throw our answer away (RFC 9112 9.6):
// so we end our side, and read what comes until it ends its own.
void Session::linger() {
  ErrorCode ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  set_deadline(kLinger);
  discard();
}

void Session::discard() {
  socket_.async_read_some(asio::buffer(discarded_),
                          [self = shared_from_this()](ErrorCode error, std::size_t) {
                            if (error) return self->close();
                            self->discard();
                          });
}

}  // namespace fithome::api
