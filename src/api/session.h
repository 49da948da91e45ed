// SPDX-License-Identifier: MIT
//
// One connection: reads requests, writes answers, or feeds the live stream until it ends.
//
// Flow:    Server -> Session -> Routes -> Session -> socket
// Shape:   a request is a head of at most 8 KB and no body; a long answer is pulled piece by piece,
//          the next one when the last is in the socket, so that a slow client costs one piece of
//          memory; a live client that is slow misses readings, for only the newest one waits
// Threads: the server's only
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/routes.h"

namespace fithome::api {

class Session;

/// What all connections share. Must outlive them.
struct Hall {
  Routes routes;
  std::chrono::milliseconds timeout;
  std::chrono::milliseconds heartbeat;
  int connections = 0;                       // open now, refused ones too
  std::vector<std::weak_ptr<Session>> live;  // on the live stream
};

// A shared_ptr, for it has no single owner: each operation under way on the socket or a timer holds
// it, and it goes when the last of them ends.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(boost::asio::ip::tcp::socket socket, Hall& hall);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Serves requests until either side has had enough.
  void start();
  /// Says that there are too many connections, and closes.
  void refuse();
  /// For those on the live stream: the newest reading.
  void offer(std::shared_ptr<const Routes::Event> event);

 private:
  using ErrorCode = boost::system::error_code;
  using Parser = boost::beast::http::request_parser<boost::beast::http::empty_body>;

  void read();
  void on_read(ErrorCode error);
  Response answer();
  void respond(Response response, bool http_1_1, bool keep_alive, bool head_only);
  void on_head_written();
  void finish();
  void pull();
  void begin_live();
  void watch_for_end();
  void write_live(std::shared_ptr<const Routes::Event> event);
  void await_heartbeat();
  void linger();
  void discard();
  void close();
  void set_deadline(std::chrono::milliseconds time);

  template <class Buffers, class Then>
  void write(const Buffers& buffers, Then then);

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer heartbeat_;
  Hall& hall_;

  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::array<char, 512> discarded_{};

  // The answer being written.
  Response response_;
  Framing framing_ = Framing::length;
  bool keep_alive_ = false;
  bool head_only_ = false;
  std::string head_;
  std::string piece_, piece_head_;

  // The live stream.
  std::shared_ptr<const Routes::Event> writing_;  // nothing: the socket is free
  std::shared_ptr<const Routes::Event> pending_;  // the newest that came meanwhile
  std::optional<UtcTime> last_written_;
};

}  // namespace fithome::api
