// SPDX-License-Identifier: MIT
//
// What is no websocket at all; what is one, tests/e2e/homeassistant_test.py.
#include "homeassistant/wire.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/unique_fd.h"

namespace fithome::homeassistant {
namespace {

using std::chrono::milliseconds;

// A port of this machine that takes connections, and never says a word.
class Mute {
 public:
  Mute() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* at = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(fd_.get(), at, size), 0);
    EXPECT_EQ(::listen(fd_.get(), 1), 0);
    EXPECT_EQ(::getsockname(fd_.get(), at, &size), 0);
    url_ = fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port));
  }
  const std::string& url() const { return url_; }
  void close() { fd_.reset(); }

 private:
  UniqueFd fd_;
  std::string url_;
};

TEST(Wire, ToOneWhoNeverAnswersIsGivenUp) {
  const Mute mute;
  const auto wire = open_wire(mute.url(), milliseconds(50));
  ASSERT_FALSE(wire);
  EXPECT_EQ(wire.error().code, Code::transient);
  EXPECT_NE(wire.error().what.find("did not answer within"), std::string::npos);
}

TEST(Wire, ToNobodyIsAnErrorThatNamesTheAddress) {
  Mute gone;
  gone.close();
  const auto wire = open_wire(gone.url(), milliseconds(5'000));
  ASSERT_FALSE(wire);
  EXPECT_EQ(wire.error().code, Code::transient);
  EXPECT_NE(wire.error().what.find("no Home Assistant answers at " + gone.url()),
            std::string::npos);
}

}  // namespace
}  // namespace fithome::homeassistant
