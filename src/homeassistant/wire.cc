// SPDX-License-Identifier: MIT
#include "homeassistant/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <optional>
#include <utility>

namespace fithome::homeassistant {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using boost::asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using std::chrono::milliseconds;

constexpr std::size_t kLongestMessage = 64 << 20;  // a year of hours is 1 MB

struct Place {
  std::string url, host, port;
};

Result<Place> parse_place(std::string_view text) {
  constexpr std::string_view kPlain = "http://", kSecret = "https://";
  if (text.starts_with(kSecret)) {
    return fail(Code::invalid,
                fmt::format("{} is spoken with encryption, which fithome has not here; name Home "
                            "Assistant's address in your own network, as http://HOST:8123",
                            text));
  }
  while (text.ends_with('/')) text.remove_suffix(1);
  const std::string_view rest = text.starts_with(kPlain) ? text.substr(kPlain.size()) : "";
  // The colon of the port, not one inside [::1].
  const std::size_t bracket = rest.rfind(']');
  std::size_t colon = rest.rfind(':');
  if (colon != rest.npos && bracket != rest.npos && colon < bracket) colon = rest.npos;
  Place place{std::string(text), std::string(rest.substr(0, colon)),
              colon == rest.npos ? "80" : std::string(rest.substr(colon + 1))};
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool good =
      !place.host.empty() && !place.port.empty() && std::ranges::all_of(place.port, digit) &&
      std::ranges::all_of(rest, [](char c) { return c > ' ' && c < 127 && c != '/' && c != '@'; });
  if (good) return place;
  return fail(Code::invalid, fmt::format("\"{}\" is no address of a Home Assistant; say "
                                         "http://HOST:8123",
                                         text));
}

class Socket final : public Wire {
 public:
  Socket(Place place, milliseconds patience) : place_(std::move(place)), patience_(patience) {
    stream_.read_message_max(kLongestMessage);
  }

  Result<void> connect();
  Result<void> send(std::string_view message) override;
  Result<std::string> receive() override;

 private:
  /// Begins something and waits for its end; it is broken off when it takes too long.
  template <class Begin>
  ErrorCode wait_for(Begin begin);
  Failure broken(ErrorCode error) const;
  Failure silent() const {
    return fail(Code::transient, fmt::format("{} did not answer within {} s; does Home Assistant "
                                             "still start? Try again in a minute",
                                             place_.url, patience_.count() / 1000));
  }

  Place place_;
  milliseconds patience_;
  asio::io_context context_{1};
  tcp::resolver resolver_{context_};
  websocket::stream<tcp::socket> stream_{context_};
};

template <class Begin>
ErrorCode Socket::wait_for(Begin begin) {
  std::optional<ErrorCode> ended;
  begin([&ended](ErrorCode error) { ended = error; });
  context_.restart();
  context_.run_for(patience_);
  if (ended) return *ended;
  // What was begun still refers to us.
  resolver_.cancel();
  ErrorCode ignored;
  stream_.next_layer().close(ignored);
  context_.restart();
  context_.run();
  return asio::error::timed_out;
}

Result<void> Socket::connect() {
  std::string host = place_.host;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  tcp::resolver::results_type found;
  ErrorCode error = wait_for([&](auto ended) {
    resolver_.async_resolve(host, place_.port, [&found, ended](ErrorCode failed, const auto& all) {
      found = all;
      ended(failed);
    });
  });
  if (!error) {
    error = wait_for([&](auto ended) {
      asio::async_connect(stream_.next_layer(), found,
                          [ended](ErrorCode failed, const tcp::endpoint&) { ended(failed); });
    });
  }
  if (error == asio::error::timed_out) return silent();
  if (error) {
    return fail(Code::transient,
                fmt::format("no Home Assistant answers at {} ({}); does it run, and is that the "
                            "address a browser shows?",
                            place_.url, error.message()),
                error.value());
  }
  const std::string authority = place_.host + ":" + place_.port;
  error = wait_for(
      [&](auto ended) { stream_.async_handshake(authority, "/api/websocket", std::move(ended)); });
  if (error == asio::error::timed_out) return silent();
  if (!error) return {};
  return fail(Code::invalid,
              fmt::format("what answers at {} is no Home Assistant ({}); homeassistant.url must be "
                          "the address a browser shows for it",
                          place_.url, error.message()));
}

Result<void> Socket::send(std::string_view message) {
  const ErrorCode error = wait_for([&](auto ended) {
    stream_.async_write(asio::buffer(message.data(), message.size()),
                        [ended](ErrorCode failed, std::size_t) { ended(failed); });
  });
  if (error == asio::error::timed_out) return silent();
  if (error) return broken(error);
  return {};
}

Result<std::string> Socket::receive() {
  boost::beast::flat_buffer buffer;
  const ErrorCode error = wait_for([&](auto ended) {
    stream_.async_read(buffer, [ended](ErrorCode failed, std::size_t) { ended(failed); });
  });
  if (error == asio::error::timed_out) return silent();
  if (error) return broken(error);
  return boost::beast::buffers_to_string(buffer.data());
}

Failure Socket::broken(ErrorCode error) const {
  if (error == websocket::error::message_too_big) {
    return fail(Code::invalid,
                fmt::format("{} answers with more than {} MB; is it a Home Assistant?", place_.url,
                            kLongestMessage >> 20));
  }
  return fail(Code::transient,
              fmt::format("{} broke off ({}); was Home Assistant stopped? Its log may say why. Try "
                          "again",
                          place_.url, error.message()));
}

}  // namespace

Result<void> check_url(std::string_view url) {
  FITHOME_TRY_VOID(parse_place(url));
  return {};
}

Result<std::unique_ptr<Wire>> open_wire(std::string_view url, milliseconds patience) {
  FITHOME_TRY(Place place, parse_place(url));
  auto socket = std::make_unique<Socket>(std::move(place), patience);
  FITHOME_TRY_VOID(socket->connect());
  return std::unique_ptr<Wire>(std::move(socket));
}

}  // namespace fithome::homeassistant
