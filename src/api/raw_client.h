// SPDX-License-Identifier: MIT
//
// A client for tests that need not be polite: sends any bytes, reads what comes.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/unique_fd.h"

namespace fithome::api {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) {
      ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void ask(std::string_view method, std::string_view target, std::string_view more = "") {
    send(std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" +
         std::string(more) + "\r\n");
  }

  /// Reads until `text` has come; what stands before and with it. All there is where it never
  /// comes.
  std::string read_until(std::string_view text) {
    std::size_t at;
    while ((at = rest_.find(text)) == std::string::npos) {
      if (!read_some()) return std::exchange(rest_, {});
    }
    const std::string found = rest_.substr(0, at + text.size());
    rest_.erase(0, found.size());
    return found;
  }
  std::string read_bytes(std::size_t count) {
    while (rest_.size() < count && read_some()) {
    }
    const std::string found = rest_.substr(0, count);
    rest_.erase(0, found.size());
    return found;
  }
  /// Reads until the server closes.
  std::string read_all() {
    while (read_some()) {
    }
    return std::exchange(rest_, {});
  }
  /// One answer that has a length.
  std::string read_answer() {
    const std::string head = read_until("\r\n\r\n");
    const std::size_t at = head.find("Content-Length: ");
    if (at == std::string::npos) return head;
    return head + read_bytes(std::stoul(head.substr(at + 16)));
  }
  void hang_up() { fd_.reset(); }
  bool closed_by_server() const { return closed_; }

 private:
  bool read_some() {
    pollfd wait{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    constexpr int kPatienceMs = 20'000;
    if (::poll(&wait, 1, kPatienceMs) != 1) {
      ADD_FAILURE() << "the server is silent";
      return false;
    }
    std::array<char, 16384> bytes;
    const auto got = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    if (got <= 0) {
      closed_ = true;
      return false;
    }
    rest_.append(bytes.data(), static_cast<std::size_t>(got));
    return true;
  }

  UniqueFd fd_;
  std::string rest_;
  bool closed_ = false;
};

}  // namespace fithome::api
