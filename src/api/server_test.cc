// SPDX-License-Identifier: MIT
#include "api/server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "api/client.h"
#include "api/listener.h"
#include "api/raw_client.h"
#include "api/test_house.h"

namespace fithome::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ServerOfAHouse : public TestHouse {
 protected:
  Server& start(ServerConfig config = {}) {
    config.data = directory.path();
    auto opened = Server::open(config, live, clock);
    if (!opened) throw std::runtime_error(opened.error().what);
    server_.emplace(*std::move(opened));
    return *server_;
  }
  Reply get_ok(std::string_view path) {
    const auto reply = get(server_->url() + std::string(path), seconds(20));
    EXPECT_TRUE(reply) << reply.error().what;
    return reply.value_or(Reply{});
  }
  std::uint16_t port() const { return server_->port(); }

  std::optional<Server> server_;
};

TEST_F(ServerOfAHouse, AnswersOnAPortOfTheSystemsChoice) {
  live.publish(reading_at(kNow, 42));
  start();
  EXPECT_EQ(server_->url(), fmt::format("http://127.0.0.1:{}/", port()));
  const Reply reply = get_ok("api/v1/now");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "application/json; charset=utf-8");
  EXPECT_EQ(nlohmann::json::parse(reply.body)["p"], 42);
  EXPECT_EQ(get_ok("nothing").status, 404);
  EXPECT_EQ(get_ok("").content_type, "text/html; charset=utf-8");
}

TEST_F(ServerOfAHouse, KeepsAConnectionForManyRequests) {
  start();
  RawClient client(port());
  for (int n = 0; n < 3; ++n) {
    client.ask("GET", "/api/v1/channels");
    const std::string answer = client.read_answer();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_NE(answer.find("Connection: keep-alive"), std::string::npos);
  }
  client.ask("GET", "/api/v1/now");  // two at once
  client.ask("GET", "/api/v1/channels", "Connection: close\r\n");
  EXPECT_TRUE(client.read_answer().starts_with("HTTP/1.1 503 "));
  const std::string last = client.read_all();
  EXPECT_TRUE(last.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(last.find("Connection: close"), std::string::npos);
}

TEST_F(ServerOfAHouse, AnswersHeadWithTheHeadAlone) {
  store_readings(5000);
  start();
  RawClient client(port());
  client.ask("HEAD", "/api/v1/channels");
  const std::string head = client.read_until("\r\n\r\n");
  client.ask("HEAD", "/api/v1/readings?from=-1d");
  EXPECT_NE(client.read_until("\r\n\r\n").find("chunked"), std::string::npos);
  client.ask("GET", "/api/v1/channels");
  const std::string answer = client.read_answer();  // no body came between
  EXPECT_TRUE(answer.starts_with(head)) << answer;
  EXPECT_GT(answer.size(), head.size());
}

TEST_F(ServerOfAHouse, SendsLongAnswersInPieces) {
  store_readings(10'000);
  start();
  const Reply reply = get_ok("api/v1/readings?from=-1d&format=csv&channels=p");
  EXPECT_EQ(std::ranges::count(reply.body, '\n'), 10'001);
  EXPECT_TRUE(reply.body.ends_with(",10000.00,simulated\n"));
  // A client of HTTP 1.0 knows no chunks: the end of the connection is the end of the answer.
  RawClient old(port());
  old.send("GET /api/v1/readings?from=-1d&format=csv&channels=p HTTP/1.0\r\n\r\n");
  const std::string answer = old.read_all();
  EXPECT_TRUE(answer.ends_with("\r\n\r\n" + reply.body));
}

TEST_F(ServerOfAHouse, ServesAnExportInRangesOverOneConnection) {
  store_readings(5'000);
  start();
  RawClient client(port());
  const std::string target = "/api/v1/export/a.csv?channels=p";
  std::string answer;
  do {
    client.ask("GET", target, "Range: bytes=0-9\r\n");
    answer = client.read_answer();
  } while (answer.find(" 202 ") != std::string::npos);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 206 ")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\ntime,p,fla")) << answer;
  client.ask("GET", target);
  answer = client.read_answer();
  EXPECT_EQ(std::ranges::count(answer.substr(answer.find("\r\n\r\n")), '\n'), 2 + 5'001);
  EXPECT_TRUE(answer.ends_with(",5000.00,simulated\n"));
}

TEST_F(ServerOfAHouse, RefusesWhatIsNotARead) {
  start();
  RawClient client(port());
  client.ask("POST", "/api/v1/now");
  const std::string answer = client.read_answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 405 "));
  EXPECT_NE(answer.find("Allow: GET, HEAD\r\n"), std::string::npos);

  client.ask("POST", "/api/v1/now", "Content-Length: 10\r\n");
  client.send("0123456789");
  EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 413 "));
}

TEST_F(ServerOfAHouse, RefusesHeadsThatAreTooLong) {
  start();
  RawClient client(port());
  client.ask("GET", "/", "Cookie: " + std::string(100'000, 'x') + "\r\n");
  EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 431 "));
}

TEST_F(ServerOfAHouse, RefusesWhatIsNoHttp) {
  start();
  for (const char* bytes :
       {"hello\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x00\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"}) {
    RawClient client(port());
    client.send(bytes);
    client.send("\r\n\r\n");
    if (std::string_view(bytes).starts_with("GET")) {
      EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 400 ")) << bytes;
    } else {
      EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 400 ")) << bytes;
    }
  }
}

TEST_F(ServerOfAHouse, RefusesForeignNamesOnLoopback) {
  start();
  RawClient client(port());
  client.send("GET /api/v1/channels HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  const std::string answer = client.read_answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 421 ")) << answer;
  EXPECT_NE(answer.find("evil.example"), std::string::npos);
}

TEST_F(ServerOfAHouse, AnswersAnyNameWhereTheOwnerOpenedIt) {
  start({.host = "0.0.0.0"});
  RawClient client(port());
  client.send("GET /api/v1/channels HTTP/1.1\r\nHost: meter.example\r\n\r\n");
  EXPECT_TRUE(client.read_answer().starts_with("HTTP/1.1 200 "));
}

// A byte now and then gains a client no time.
TEST_F(ServerOfAHouse, ClosesOnClientsThatNeverFinish) {
  start({.timeout = milliseconds(150)});
  RawClient silent(port());
  RawClient half(port());
  half.send("GET / HTTP/1.1\r\nHost: loc");
  EXPECT_EQ(half.read_all(), "");
  EXPECT_TRUE(half.closed_by_server());
  EXPECT_EQ(silent.read_all(), "");
  EXPECT_TRUE(silent.closed_by_server());
}

TEST_F(ServerOfAHouse, ClosesOnClientsThatNeverRead) {
  store_readings(100'000);
  start({.max_connections = 1, .timeout = milliseconds(300)});
  RawClient lazy(port(), 4096);
  lazy.ask("GET", "/api/v1/readings?from=-30d");
  lazy.read_bytes(1);
  // Its place is free again once its answer has waited for 300 ms; until then there is no room.
  const auto end = std::chrono::steady_clock::now() + seconds(20);
  int status = 0;
  while (status != 200 && std::chrono::steady_clock::now() < end) {
    const auto reply = get(server_->url() + "api/v1/channels", seconds(20));
    status = reply ? reply->status : 0;
  }
  EXPECT_EQ(status, 200);
}

TEST_F(ServerOfAHouse, TellsACrowdThatItIsFull) {
  start({.max_connections = 8});
  std::vector<std::unique_ptr<RawClient>> inside;
  for (int n = 0; n < 8; ++n) {
    inside.push_back(std::make_unique<RawClient>(port()));
    inside.back()->ask("GET", "/api/v1/channels");
    EXPECT_TRUE(inside.back()->read_answer().starts_with("HTTP/1.1 200 "));
  }
  int told = 0;
  for (int n = 0; n < 100; ++n) {
    RawClient outside(port());
    outside.ask("GET", "/api/v1/channels");
    const std::string answer = outside.read_all();
    if (answer.starts_with("HTTP/1.1 503 ")) ++told;
    EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.1 503 ")) << answer;
  }
  EXPECT_GE(told, 50);  // at least; the rest found even the queue for the answer full
  inside[0]->ask("GET", "/api/v1/channels");
  EXPECT_TRUE(inside[0]->read_answer().starts_with("HTTP/1.1 200 "));  // those inside are served
}

TEST_F(ServerOfAHouse, StreamsTheNewestReadingAtOnceAndThenEachNewOne) {
  live.publish(reading_at(kNow, 1));
  start();
  std::vector<double> seen;
  const auto done = stream_events(server_->url() + "api/v1/live",
                                  [&](std::string_view event, std::string_view data) {
                                    EXPECT_EQ(event, "reading");
                                    seen.push_back(nlohmann::json::parse(data)["p"]);
                                    const auto next = static_cast<double>(seen.size()) + 1;
                                    live.publish(reading_at(kNow + seconds(seen.size()), next));
                                    return seen.size() < 5;
                                  },
                                  {});
  EXPECT_TRUE(done) << done.error().what;
  EXPECT_EQ(seen, (std::vector<double>{1, 2, 3, 4, 5}));
}

TEST_F(ServerOfAHouse, ShowsThatAQuietStreamIsAlive) {
  start({.heartbeat = milliseconds(20)});
  RawClient client(port());
  client.ask("GET", "/api/v1/live");
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_NE(head.find("Content-Type: text/event-stream\r\n"), std::string::npos);
  EXPECT_NE(head.find("Cache-Control: no-store\r\n"), std::string::npos);
  EXPECT_EQ(client.read_until("\n\n"), ":\n\n");
  EXPECT_EQ(client.read_until("\n\n"), ":\n\n");
  live.publish(reading_at(kNow, 3));
  std::string event = ":\n\n";
  while (event == ":\n\n") event = client.read_until("\n\n");
  EXPECT_TRUE(event.starts_with("event: reading\ndata: {")) << event;
}

// Whoever does not read gets fewer readings, and the newest when he reads again.
TEST_F(ServerOfAHouse, LetsSlowClientsMissReadings) {
  start();
  RawClient slow(port(), 4096);
  RawClient quick(port());
  for (RawClient* client : {&slow, &quick}) {
    client->ask("GET", "/api/v1/live");
    client->read_until("\r\n\r\n");
  }
  constexpr int kReadings = 2000;
  for (int n = 1; n <= kReadings; ++n) {
    live.publish(reading_at(kNow + seconds(n), n));
    const std::string event = quick.read_until("\n\n");
    if (n == 1 && event.find("\"p\":1.00") == std::string::npos) ADD_FAILURE() << event;
  }
  int seen = 0;
  std::string event;
  const std::string newest = fmt::format("\"p\":{}.00,", kReadings);
  while (event.find(newest) == std::string::npos && !slow.closed_by_server()) {
    event = slow.read_until("\n\n");
    ++seen;
  }
  EXPECT_NE(event.find(newest), std::string::npos);
  EXPECT_LT(seen, kReadings / 2);
}

TEST_F(ServerOfAHouse, EndsAtOnceWhileStreaming) {
  store_readings(100'000);
  live.publish(reading_at(kNow, 1));
  start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int n = 0; n < 20; ++n) {
    clients.push_back(std::make_unique<RawClient>(port(), 4096));
    clients.back()->ask("GET", n % 2 == 0 ? "/api/v1/live" : "/api/v1/readings?from=-30d");
    clients.back()->read_until("\r\n\r\n");
  }
  std::jthread publisher([&](std::stop_token stop) {
    for (int n = 1; !stop.stop_requested(); ++n) live.publish(reading_at(kNow + seconds(n), n));
  });
  clients[0]->read_until("\n\n");
  const auto begin = std::chrono::steady_clock::now();
  server_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(2));  // 100 ms, and a busy machine
  for (auto& client : clients) client->read_all();
  for (auto& client : clients) EXPECT_TRUE(client->closed_by_server());
}

TEST_F(ServerOfAHouse, SaysWhoHoldsThePort) {
  start();
  const auto second = Server::open({.port = port(), .data = directory.path()}, live, clock);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::invalid);
  EXPECT_NE(second.error().what.find("--listen"), std::string::npos);
  EXPECT_NE(second.error().what.find(fmt::format("process {} (", ::getpid())), std::string::npos)
      << second.error().what;
}

TEST_F(ServerOfAHouse, SaysWhatIsWrongWithTheAddress) {
  const auto complaint_of = [&](const char* host, std::uint16_t port) {
    const auto opened = Server::open({.host = host, .port = port, .data = {}}, live, clock);
    EXPECT_FALSE(opened);
    return opened ? "" : opened.error().what;
  };
  EXPECT_NE(complaint_of("203.0.113.77", 0).find("no such address"), std::string::npos);
  EXPECT_NE(complaint_of("no.such.host.invalid", 0).find("no such address"), std::string::npos);
  EXPECT_NE(complaint_of("", 0).find("say 127.0.0.1"), std::string::npos);
  EXPECT_NE(listen_failure("127.0.0.1", 80, EACCES).error().what.find("below 1024"),
            std::string::npos);
}

TEST_F(ServerOfAHouse, ListensOnNamesAndOnVersion6) {
  start({.host = "localhost"});
  EXPECT_EQ(get_ok("api/v1/channels").status, 200);
  auto six = Server::open({.host = "[::1]", .data = directory.path()}, live, clock);
  if (!six) GTEST_SKIP() << "no IPv6 here: " << six.error().what;
  EXPECT_EQ(six->url(), fmt::format("http://[::1]:{}/", six->port()));
  EXPECT_EQ(get(six->url() + "api/v1/channels", seconds(20))->status, 200);
}

TEST_F(ServerOfAHouse, ServesManyClientsWhileReadingsCome) {
  store_readings(500);
  start();
  std::jthread publisher([&](std::stop_token stop) {
    for (int n = 1; !stop.stop_requested(); ++n) live.publish(reading_at(kNow + seconds(n), n));
  });
  std::vector<std::jthread> clients;
  std::atomic<int> good{0};
  for (int n = 0; n < 6; ++n) {
    clients.emplace_back([&, n] {
      for (int round = 0; round < 10; ++round) {
        const char* path = n % 3 == 0   ? "metrics"
                           : n % 3 == 1 ? "api/v1/readings?channels=p"
                                        : "api/v1/status";
        if (get_ok(path).status == 200) ++good;
      }
      int events = 0;
      if (stream_events(server_->url() + "api/v1/live", [&](auto, auto) { return ++events < 10; },
                        {})) {
        ++good;
      }
    });
  }
  clients.clear();
  EXPECT_EQ(good, 66);
}

TEST(Client, SaysThatNobodyAnswers) {
  std::uint16_t free_port = 0;
  {
    FakeLive live;
    ManualClock clock{{}};
    free_port = Server::open({.data = {}}, live, clock)->port();
  }
  const auto reply = get(fmt::format("http://127.0.0.1:{}/api/v1/now", free_port), seconds(20));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::transient);
  EXPECT_TRUE(reply.error().what.starts_with(
      fmt::format("no fithome answers at http://127.0.0.1:{} (", free_port)))
      << reply.error().what;
  EXPECT_NE(reply.error().what.find("is the daemon running?"), std::string::npos);
}

TEST(Client, RefusesWhatIsNoAddress) {
  for (const char* url : {"", "127.0.0.1:8080", "https://localhost/", "http://", "http://:80/",
                          "http://a b/", "http://a/\r\nX: y"}) {
    EXPECT_EQ(get(url, seconds(1)).error().code, Code::invalid) << url;
  }
}

TEST(Client, StopsWhenAskedTo) {
  FakeLive live;
  ManualClock clock{{}};
  const auto server = Server::open({.data = {}}, live, clock);
  ASSERT_TRUE(server);
  std::stop_source stop;
  live.publish(reading_at({}, 1));
  const auto done = stream_events(
      server->url() + "api/v1/live",
      [&](auto, auto) {
        stop.request_stop();
        return true;
      },
      stop.get_token());
  EXPECT_TRUE(done);
}

TEST(Client, NoticesThatTheServerIsGone) {
  FakeLive live;
  ManualClock clock{{}};
  auto server = Server::open({.data = {}}, live, clock);
  ASSERT_TRUE(server);
  std::optional<Server> running(*std::move(server));
  live.publish(reading_at({}, 1));
  std::optional<std::jthread> stopper;
  const auto done = stream_events(running->url() + "api/v1/live",
                                  [&](auto, auto) {
                                    stopper.emplace([&] { running.reset(); });
                                    return true;
                                  },
                                  {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::transient);
}

TEST(Client, GivesUpOnASilentServer) {
  FakeLive live;
  const UniqueFd silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(silent.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(silent.get(), 1), 0);
  ASSERT_EQ(::getsockname(silent.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const auto reply =
      get(fmt::format("http://127.0.0.1:{}/", ntohs(address.sin_port)), milliseconds(50));
  ASSERT_FALSE(reply);
  EXPECT_NE(reply.error().what.find("did not answer within 0.05 s"), std::string::npos);
}

}  // namespace
}  // namespace fithome::api
