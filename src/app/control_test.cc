// SPDX-License-Identifier: MIT
//
// The control socket: what it answers, to whom, and what hostile clients cannot do to it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/control_client.h"
#include "app/control_meter.h"
#include "app/control_server.h"
#include "app/control_socket.h"
#include "app/poll_json.h"
#include "app/register_names.h"
#include "app/sampler.h"
#include "app/simulation.h"
#include "store/test_support.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

// A connection without manners.
UniqueFd connect_raw(const std::filesystem::path& data) {
  const auto address = ControlAddress::of(data);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(socket.get(), address->address(), address->size()), 0);
  return socket;
}

std::string read_all(int fd) {
  std::string all;
  char piece[4096];
  ssize_t got = 0;
  while ((got = ::read(fd, piece, sizeof piece)) > 0)
    all.append(piece, static_cast<std::size_t>(got));
  return all;
}

class ControlSocket : public testing::Test {
 protected:
  ControlSocket() {
    operations_.add("echo", [](const Json& request, Reply& reply, const std::stop_token&) {
      return reply.data(request);
    });
    operations_.add("count",
                    [](const Json& request, Reply& reply, const std::stop_token&) -> Result<void> {
                      FITHOME_TRY(const auto count, whole_field(request, "count", 1, 1'000'000, 1));
                      for (int n = 0; n < count; ++n) FITHOME_TRY_VOID(reply.data({{"n", n}}));
                      return {};
                    });
    operations_.add("refuse", [](const Json&, Reply&, const std::stop_token&) -> Result<void> {
      return fail(Code::not_found, "there is none; look elsewhere");
    });
    operations_.add("throw",
                    [](const Json& request, Reply&, const std::stop_token&) -> Result<void> {
                      (void)request.at("absent");
                      return {};
                    });
    operations_.add("hang",
                    [this](const Json&, Reply&, const std::stop_token& stop) -> Result<void> {
                      ++hanging_;
                      std::mutex mutex;
                      std::unique_lock lock(mutex);
                      std::condition_variable_any().wait(lock, stop, [] { return false; });
                      return {};
                    });
  }
  void open() {
    auto server = ControlServer::open(data_, operations_);
    ASSERT_TRUE(server) << server.error().what;
    server_ = *std::move(server);
  }

  store::TemporaryDirectory folder_;
  std::filesystem::path data_ = folder_.path();
  Operations operations_;
  std::atomic<int> hanging_ = 0;
  std::unique_ptr<ControlServer> server_;
};

TEST_F(ControlSocket, CarriesARequestAndItsAnswer) {
  open();
  const Json request{{"op", "echo"}, {"text", "Zähler\n\"quoted\""}};
  const auto answer = ask_daemon(data_, request);
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(*answer, request);
}

TEST_F(ControlSocket, CarriesManyLinesInOrderAndStopsWhenEnoughWereRead) {
  open();
  int next = 0;
  const auto take = [&](const Json& line) {
    EXPECT_EQ(line.at("n"), next);
    return ++next < 5000;
  };
  ASSERT_TRUE(ask_daemon(data_, {{"op", "count"}, {"count", 1'000'000}}, {}, take));
  EXPECT_EQ(next, 5000);
}

TEST_F(ControlSocket, AnErrorArrivesAsItWas) {
  open();
  const auto refused = ask_daemon(data_, {{"op", "refuse"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::not_found);
  EXPECT_EQ(refused.error().what, "there is none; look elsewhere");

  EXPECT_EQ(ask_daemon(data_, {{"op", "throw"}}).error().code, Code::invalid);
  const auto unknown = ask_daemon(data_, {{"op", "calibrate everything"}});
  EXPECT_EQ(unknown.error().code, Code::unsupported);
  EXPECT_NE(unknown.error().what.find("Restart"), std::string::npos);
}

TEST_F(ControlSocket, IsOnlyForItsUser) {
  open();
  struct stat found{};
  ASSERT_EQ(::stat((data_ / kControlSocket).c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, 0600u);
}

TEST_F(ControlSocket, OfAKilledDaemonIsReplacedAndGoesWithItsDaemon) {
  {
    const auto address = ControlAddress::of(data_);
    const UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::bind(dead.get(), address->address(), address->size()), 0);
  }
  EXPECT_EQ(ask_daemon(data_, {{"op", "echo"}}).error().code, Code::not_found);
  open();
  EXPECT_TRUE(ask_daemon(data_, {{"op", "echo"}}));
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(data_ / kControlSocket));
  EXPECT_EQ(ask_daemon(data_, {{"op", "echo"}}).error().code, Code::not_found);
  EXPECT_FALSE(*daemon_listens(data_));
}

TEST_F(ControlSocket, NeverReplacesWhatIsNoSocket) {
  std::ofstream(data_ / kControlSocket) << "precious";
  const auto server = ControlServer::open(data_, operations_);
  ASSERT_FALSE(server);
  EXPECT_NE(server.error().what.find("move it away"), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(data_ / kControlSocket), 8u);
}

TEST_F(ControlSocket, WorksBehindAPathThatIsTooLongForSockets) {
  data_ = data_ / std::string(120, 'd') / std::string(120, 'e');
  std::filesystem::create_directories(data_);
  open();
  EXPECT_TRUE(ask_daemon(data_, {{"op", "echo"}}));
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(data_ / kControlSocket));
}

TEST_F(ControlSocket, NonsenseIsAnsweredAndHarmsNobody) {
  open();
  for (const std::string& line :
       {std::string("\n"), std::string("GET / HTTP/1.1\r\n\r\n"), std::string("[]\n"),
        std::string("{\"op\":7}\n"), std::string("{\"op\":\"count\",\"count\":-1}\n"),
        std::string("{\"op\":\"count\",\"count\":1e99}\n"),
        std::string("{\"op\":\"count\",\"count\":18446744073709551615}\n"),
        std::string("{\"op\":\"\xff\xfe\"}\n"), std::string(1000, '[') + "\n",
        std::string("\0\0\0\n", 4)}) {
    const UniqueFd client = connect_raw(data_);
    ASSERT_EQ(::write(client.get(), line.data(), line.size()), static_cast<ssize_t>(line.size()));
    const std::string answer = read_all(client.get());
    EXPECT_NE(answer.find("\"error\""), std::string::npos) << line << answer;
    EXPECT_TRUE(Json::accept(answer)) << answer;
  }
  EXPECT_TRUE(ask_daemon(data_, {{"op", "echo"}}));
}

TEST_F(ControlSocket, AnEndlessLineIsCutOff) {
  open();
  const UniqueFd client = connect_raw(data_);
  const std::string flood(1 << 20, 'x');
  std::size_t sent = 0;
  while (sent < flood.size()) {
    const ssize_t put =
        ::send(client.get(), flood.data() + sent, flood.size() - sent, MSG_NOSIGNAL);
    if (put <= 0) break;
    sent += static_cast<std::size_t>(put);
  }
  EXPECT_LT(sent, flood.size());
  EXPECT_TRUE(ask_daemon(data_, {{"op", "echo"}}));
}

TEST_F(ControlSocket, ClientsThatVanishOrReadNothingLeaveItAlive) {
  open();
  for (int n = 0; n < 50; ++n) {
    const UniqueFd client = connect_raw(data_);
    const std::string request = R"({"op":"count","count":1000000})"
                                "\n";
    // Where eight of them are still there, the ninth may be turned away before it has asked.
    const auto sent = ::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL);
    ASSERT_TRUE(sent > 0 || errno == EPIPE) << errno;
  }
  const auto patient = [&] {
    auto answer = ask_daemon(data_, {{"op", "echo"}});
    while (!answer && answer.error().code == Code::transient)
      answer = ask_daemon(data_, {{"op", "echo"}});
    return answer;
  };
  EXPECT_TRUE(patient());
}

TEST_F(ControlSocket, TheNinthAtOnceIsToldToTryAgainAndStoppingWaitsForNobody) {
  open();
  std::vector<UniqueFd> clients;
  for (int n = 0; n < 8; ++n) {
    clients.push_back(connect_raw(data_));
    ASSERT_EQ(::write(clients.back().get(), "{\"op\":\"hang\"}\n", 14), 14);
  }
  while (hanging_ < 8) std::this_thread::yield();
  const auto ninth = ask_daemon(data_, {{"op", "echo"}});
  ASSERT_FALSE(ninth);
  EXPECT_NE(ninth.error().what.find("at once"), std::string::npos) << ninth.error().what;

  const auto before = std::chrono::steady_clock::now();
  server_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 2s);
}

TEST_F(ControlSocket, ADaemonThatSaysNothingIsNotWaitedForForever) {
  open();
  const auto silent = ask_daemon(data_, {{"op", "hang"}}, {.patience = 10ms, .stop = {}});
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().code, Code::transient);
}

TEST(ControlAnswer, IsUnderstoodOrRefusedWhateverItIs) {
  EXPECT_EQ(**parse_answer(R"({"data":{"x":1}})"), Json({{"x", 1}}));
  EXPECT_FALSE(parse_answer(R"({"done":true})")->has_value());
  EXPECT_EQ(parse_answer(R"({"error":{"code":"invalid","what":"no"}})").error().code,
            Code::invalid);
  for (const char* line : {"", "[]", "{}", R"({"error":7})", "HTTP/1.1 400"}) {
    EXPECT_EQ(parse_answer(line).error().code, Code::corrupt) << line;
  }
}

// A daemon's sampler on a simulated house, with the operations a daemon offers.
class AskedMeter : public testing::Test {
 protected:
  void begin(double speed) {
    SimulationOptions options;
    options.house = "generated:3";
    options.speed = speed;
    auto simulation = Simulation::open(options);
    ASSERT_TRUE(simulation);
    simulation_.emplace(*std::move(simulation));
    chip::reset(pad_, {});
    config_ = simulation_->fitted({});
    chip_.emplace(simulation_->bus(), simulation_->clock(), config_, pad_);
    hub_.emplace(simulation_->clock(), api::Status{});
    SamplerConfig config;
    config.interval = 250ms;
    config.begin = simulation_->begin();
    config.errands = &errands_;
    config.feed = &feed_;
    sampler_.emplace(simulation_->clock(), *chip_, queue_, *hub_, reading::Ledger{}, config);
    Operations operations;
    add_meter_operations(operations, errands_, feed_, {"main"}, "http://127.0.0.1:1/");
    server_ = *ControlServer::open(folder_.path(), std::move(operations));
    sampling_ = std::jthread([this](std::stop_token stop) { sampler_->run(stop); });
    draining_ = std::jthread([this](std::stop_token stop) {
      while (!stop.stop_requested()) {
        for (const auto& reading : queue_.take(10ms).readings) stored_.push_back(reading);
      }
    });
  }
  void end() {
    server_.reset();
    sampling_.request_stop();
    sampling_.join();
    draining_.request_stop();
    draining_.join();
  }
  Result<Json> ask(Json request) { return ask_daemon(folder_.path(), request); }

  store::TemporaryDirectory folder_;
  std::optional<Simulation> simulation_;
  chip::EnergyPad pad_{};
  chip::ChipConfig config_;
  std::optional<chip::Chip> chip_;
  std::optional<Hub> hub_;
  HandOver queue_{1000};
  Errands errands_;
  SampleFeed feed_;
  std::optional<Sampler> sampler_;
  std::unique_ptr<ControlServer> server_;
  std::vector<reading::Reading> stored_;
  std::jthread sampling_;
  std::jthread draining_;
};

TEST_F(AskedMeter, TellsItsRegistersAndPollsAndLosesNoReadingOverIt) {
  begin(0);  // as fast as it goes: thousands of polls between two questions

  std::vector<Poll> polls;
  ASSERT_TRUE(
      ask_daemon(folder_.path(), {{"op", "samples"}, {"count", 5}}, {}, [&](const Json& line) {
        const auto poll = parse_poll(line);
        EXPECT_TRUE(poll) << line.dump();
        if (poll) polls.push_back(*poll);
        return true;
      }));
  const auto gain = ask({{"op", "chip.read"}, {"registers", {"ugaina", "0x01", 2}}});
  const auto dump = ask({{"op", "chip.dump"}});
  const auto energy = ask({{"op", "chip.read"}, {"registers", {"APenergyT"}}});
  end();

  ASSERT_EQ(polls.size(), 5u);
  for (const Poll& poll : polls) {
    ASSERT_TRUE(poll.sample) << poll.missed;
    EXPECT_NEAR(poll.sample->lines[0]->u.value, 121, 4);
    EXPECT_FALSE(poll.sample->lines[1]);
  }
  ASSERT_TRUE(gain) << gain.error().what;
  const Json& registers = gain->at("registers");
  ASSERT_EQ(registers.size(), 3u);
  EXPECT_EQ(registers[0].at("word"), config_.lines[0].voltage_gain);
  EXPECT_EQ(registers[1].at("word"), 0x0210);
  EXPECT_EQ(registers[2].at("word"), 0x0654);
  ASSERT_TRUE(dump) << dump.error().what;
  EXPECT_EQ(dump->at("registers").size(), harmless_registers().size());
  ASSERT_FALSE(energy);
  EXPECT_EQ(energy.error().code, Code::invalid);
  EXPECT_EQ(hub_->status().missed, 0u);
  for (std::size_t n = 1; n < stored_.size(); ++n) {
    ASSERT_EQ(stored_[n].time - stored_[n - 1].time, 250ms);
  }
}

TEST_F(AskedMeter, AnswersAtOnceInRealTimeThoughTheTickIsFar) {
  begin(1);
  ASSERT_TRUE(ask({{"op", "samples"}}));  // it has come up
  for (int n = 0; n < 20; ++n) {
    ASSERT_TRUE(ask({{"op", "chip.read"}, {"registers", {"Temp"}}}));
  }
  end();
  EXPECT_EQ(hub_->status().missed, 0u);
}

TEST(PollJson, ComesBackAsItWas) {
  Poll poll{.time = UtcTime(1790000000123ms), .sample = chip::Sample{}, .flags = 5, .missed = {}};
  chip::LineSample& line = poll.sample->lines[2].emplace();
  line.u = Volts{121.0371};
  line.i = Amps{1.0 / 3};
  line.clipped = true;
  poll.sample->f = Hertz{59.98};
  poll.sample->state.latched1 = 0xFFFF;
  poll.sample->energy[19] = 1ULL << 63;
  const auto back = parse_poll(Json::parse(poll_json(poll).dump()));
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(back->time, poll.time);
  EXPECT_EQ(back->flags, 5u);
  ASSERT_TRUE(back->sample->lines[2]);
  EXPECT_FALSE(back->sample->lines[0]);
  EXPECT_EQ(back->sample->lines[2]->u, Volts{121.0371});
  EXPECT_EQ(back->sample->lines[2]->i, Amps{1.0 / 3});
  EXPECT_TRUE(back->sample->lines[2]->clipped);
  EXPECT_EQ(back->sample->state.latched1, 0xFFFF);
  EXPECT_EQ(back->sample->energy, poll.sample->energy);

  const auto missed =
      parse_poll(poll_json({.time = {}, .sample = {}, .flags = 0, .missed = "no chip"}));
  EXPECT_EQ(missed->missed, "no chip");
  EXPECT_EQ(parse_poll(Json{{"time", "now"}}).error().code, Code::corrupt);
}

}  // namespace
}  // namespace fithome::app
