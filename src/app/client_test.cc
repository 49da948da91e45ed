// SPDX-License-Identifier: MIT
//
// The commands as people use them: words in, text and exit status out, over a real store and a
// real server.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

#include <fstream>
#include <sstream>

#include "api/server.h"
#include "app/cli.h"
#include "app/client_read.h"
#include "app/version.h"
#include "base/clock.h"
#include "store/store.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

const UtcTime kStart = *parse_time("2026-11-22T08:00:30Z", UtcTime{});
constexpr int kReadings = 2 * 3600;  // more than two chunks of the store, not at whole hours

struct Said {
  int status = 0;
  std::string out, err;
};

// What a command says, and how it ends.
Said say(const std::vector<std::string>& words, const Environment& environment = {}) {
  char *out_text = nullptr, *err_text = nullptr;
  std::size_t out_size = 0, err_size = 0;
  Terminal terminal;
  terminal.out = ::open_memstream(&out_text, &out_size);
  terminal.err = ::open_memstream(&err_text, &err_size);
  Said said;
  Environment whole = environment;
  whole.try_emplace("FITHOME_CONFIG", "/dev/null");  // whatever the machine has in /etc
  said.status = run_cli(words, whole, terminal);
  std::fclose(terminal.out);
  std::fclose(terminal.err);
  said.out.assign(out_text, out_size);
  said.err.assign(err_text, err_size);
  ::free(out_text);
  ::free(err_text);
  return said;
}

reading::Reading reading_of(int n, bool simulated) {
  reading::Reading reading;
  reading.time = kStart + std::chrono::seconds(n);
  reading.flags = simulated ? bit(reading::Flag::simulated) : 0;
  const double p = 1000 + n % 100;
  for (const auto& [name, value] : std::initializer_list<std::pair<std::string_view, double>>{
           {"p", p}, {"f", 60}, {"p_a", p / 2}, {"p_c", p / 2}, {"u_a", 120.5}, {"u_c", 119.5}}) {
    reading.set(*reading::find_channel(name), value);
  }
  if (n % 10 == 0) reading.steps[*reading::find_channel("f")].reset();
  return reading;
}

class Client : public testing::Test {
 protected:
  Client() {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
    std::string name = testing::TempDir() + "fithome-client-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~Client() override { std::filesystem::remove_all(folder_); }

  void fill(int readings = kReadings, bool simulated = true) {
    auto store = store::Store::open(folder_);
    ASSERT_TRUE(store);
    std::vector<reading::Reading> batch;
    for (int n = 0; n < readings; ++n) batch.push_back(reading_of(n, simulated));
    reading::Ledger ledger;
    ledger.time = batch.back().time;
    ledger.net.active.imported = {2'000'000'000'000};
    ledger.lines[0].active.imported = {1'500'000'000'000};
    ASSERT_TRUE(store->append({.readings = batch, .ledger = &ledger, .events = {}, .cursors = {}}));
  }

  Said from_store(std::vector<std::string> words) {
    words.insert(words.end(), {"--data", folder_.string()});
    return say(words);
  }

  std::filesystem::path folder_;
};

// A daemon's side of the API, as it stands after the last reading.
class StandingLive final : public api::Live {
 public:
  explicit StandingLive(const std::filesystem::path& data) {
    const auto reader = store::Reader::open(data);
    newest_ = *reader->newest();
    ledger_ = *reader->ledger();
    status_.version = "0.1.0";
    status_.simulated = true;
    status_.meter = "mains";
    status_.data = data.string();
    status_.lines = {true, false, true};
    status_.last_reading = newest_->time;
  }
  std::optional<reading::Reading> newest() const override { return newest_; }
  std::optional<reading::Ledger> ledger() const override { return ledger_; }
  api::Status status() const override { return status_; }
  void on_reading(std::function<void()>) override {}

 private:
  std::optional<reading::Reading> newest_;
  std::optional<reading::Ledger> ledger_;
  api::Status status_;
};

TEST_F(Client, ReadsEveryReadingOfTheStoreAsCsvInOrder) {
  fill();

  const Said said = from_store({"read", "--from", "2026-11-22", "--format", "csv"});

  EXPECT_EQ(said.status, EX_OK) << said.err;
  std::istringstream lines(said.out);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "time,p,q,s,pf,f,temp,u_a,i_a,p_a,q_a,s_a,pf_a,u_c,i_c,p_c,q_c,s_c,pf_c,flags");
  int count = 0;
  while (std::getline(lines, line)) {
    EXPECT_TRUE(line.starts_with(to_iso(kStart + std::chrono::seconds(count)))) << line;
    ++count;
  }
  EXPECT_EQ(count, kReadings);
}

TEST_F(Client, LeavesAbsentValuesEmptyAndShowsChannelsThatWereAskedFor) {
  fill(11);

  EXPECT_EQ(from_store({"read", "--format", "csv", "--channels", "f,u_b,p", "--from",
                        "2026-11-22T08:00:39Z"})
                .out,
            "time,f,u_b,p,flags\n"
            "2026-11-22T08:00:39.000Z,60.00,,1009.00,simulated\n"
            "2026-11-22T08:00:40.000Z,,,1010.00,simulated\n");
}

TEST_F(Client, SaysTheSameFromTheDaemonAsFromTheStore) {
  fill();
  StandingLive live(folder_);
  ManualClock clock(kStart + std::chrono::seconds(kReadings - 1));
  const auto server = api::Server::open({.port = 0, .data = folder_}, live, clock);
  ASSERT_TRUE(server) << server.error().what;

  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"read", "--format", "csv", "--from", "-90m"},
           {"read", "--format", "json", "--from", "-90m", "--channels", "p,u_c"},
           {"read", "--format", "json", "--from", "yesterday", "--every", "7m"},
           {"read"},
           {"now"},
           {"now", "--json"},
           {"energy", "--json", "--since", "-1h"},
           {"energy"}}) {
    std::vector<std::string> asked = words;
    asked.insert(asked.end(), {"--url", server->url()});

    const Said daemon = say(asked);
    const Said store = from_store(words);

    EXPECT_EQ(daemon.status, EX_OK) << daemon.err;
    EXPECT_EQ(daemon.out, store.out) << words.front();
    EXPECT_FALSE(store.out.empty());
  }
}

TEST_F(Client, PiecesJoinToOneJsonThatTheApiWouldHaveGiven) {
  fill();
  auto source = open_store(folder_, Config{});
  ASSERT_TRUE(source);
  const auto whole = (*source)->get(
      "/api/v1/readings?from=2026-11-22T08:00:00Z&to=2026-11-22T11:00:00Z&format=json");

  const Said said = from_store({"read", "--from", "2026-11-22T08:00:00Z", "--format", "json"});

  ASSERT_TRUE(whole);
  EXPECT_EQ(said.out, *whole);
}

TEST_F(Client, GivesTheMeansOfSteps) {
  fill();

  // 8 o'clock has the values of 35 rounds of 0 to 99 and of 0 to 69: 175,665 / 3,570 readings.
  EXPECT_EQ(from_store({"read", "--from", "2026-11-22", "--every", "1h", "--channels", "p",
                        "--format", "csv"})
                .out,
            "time,p,flags\n"
            "2026-11-22T08:00:00.000Z,1049.21,simulated\n"
            "2026-11-22T09:00:00.000Z,1049.50,simulated\n"
            "2026-11-22T10:00:00.000Z,1084.50,simulated\n");
}

TEST_F(Client, StepsReadInPiecesAreThoseReadAtOnce) {
  fill();
  auto source = open_store(folder_, Config{});
  ASSERT_TRUE(source);
  const auto whole = (*source)->get(
      "/api/v1/readings?from=2026-11-22T08:00:00Z&to=2026-11-22T11:00:00Z&every=1s&format=csv");

  const Said said =
      from_store({"read", "--from", "2026-11-22", "--every", "1s", "--format", "csv"});

  ASSERT_TRUE(whole);
  EXPECT_EQ(said.out, *whole);
}

TEST_F(Client, ReadsTheLastTenMinutesAsATableUnlessTold) {
  fill();

  const Said said = from_store({"read", "--channels", "p"});

  EXPECT_EQ(std::ranges::count(said.out, '\n'), 2 + 600);
  EXPECT_TRUE(said.out.ends_with("2026-11-22 10:00:29         1099.00  simulated\n"));
}

TEST_F(Client, SaysThatATimeHoldsNothing) {
  fill(10);

  const Said said = from_store({"read", "--from", "2026-12-01", "--to", "2026-12-02"});

  EXPECT_EQ(said.status, EX_OK);
  EXPECT_TRUE(said.out.ends_with("(no readings in this time)\n")) << said.out;
}

TEST_F(Client, RefusesATimeThatEndsBeforeItBegins) {
  fill(10);

  const Said said = from_store({"read", "--from", "2026-12-02", "--to", "2026-12-01"});

  EXPECT_EQ(said.status, EX_USAGE);
  EXPECT_EQ(said.err,
            "fithome: --from (2026-12-02T00:00:00.000Z) must be before --to "
            "(2026-12-01T00:00:00.000Z)\n");
}

TEST_F(Client, AStoreThatNobodyWritesToIsAFault) {
  fill(10, false);

  const Said said = from_store({"status"});

  EXPECT_EQ(said.status, kExitFaults);
  EXPECT_NE(said.out.find("no daemon has stored a reading here since"), std::string::npos);
}

TEST_F(Client, FallsBackToTheDataDirectoryAndSaysSo) {
  fill(10);
  const Environment environment{{"FITHOME_DATA", folder_.string()},
                                {"FITHOME_LISTEN", "127.0.0.1:1"}};  // tcpmux: nobody is there

  const Said now = say({"now"}, environment);
  const Said status = say({"status"}, environment);

  EXPECT_EQ(now.status, EX_OK);
  EXPECT_EQ(now.err, "fithome: no daemon answers at http://127.0.0.1:1; this is what " +
                         folder_.string() + " holds\n");
  EXPECT_NE(now.out.find("1.009 kW from the grid"), std::string::npos) << now.out;
  EXPECT_EQ(status.status, kExitSilent);
}

TEST_F(Client, SaysWhatToDoWhereThereIsNeitherDaemonNorStore) {
  const Environment environment{{"FITHOME_DATA", (folder_ / "none").string()},
                                {"FITHOME_LISTEN", "127.0.0.1:1"}};

  const Said said = say({"now"}, environment);

  EXPECT_EQ(said.status, EX_UNAVAILABLE);
  EXPECT_EQ(said.err, "fithome: no daemon answers at http://127.0.0.1:1, and " +
                          (folder_ / "none").string() +
                          " holds no readings; start it with fithome run (or fithome run --demo), "
                          "or name a directory with --data\n");
  EXPECT_EQ(say({"status"}, environment).status, kExitSilent);
  EXPECT_EQ(say({"now", "--data", (folder_ / "none").string()}).status, EX_UNAVAILABLE);
}

TEST_F(Client, WatchShowsTheNewestReadingAndEndsInTime) {
  fill(10);

  const Said said = from_store({"watch", "--for", "20ms"});

  EXPECT_EQ(said.status, EX_OK);
  EXPECT_TRUE(said.out.starts_with("2026-11-22 08:00:39       1.009 kW  a     504.5 W"))
      << said.out;
}

TEST_F(Client, VersionNamesTheFormatThatAStoreHas) {
  fill(1);

  const auto info = store::Reader::open(folder_)->info();

  EXPECT_EQ(info->format, kStoreFormat);
  EXPECT_EQ(say({"version"}).out,
            fmt::format("fithome 0.1.0 (commit {}, store format 5, API v1)\n", revision()));
  EXPECT_TRUE(revision() == "unknown" || revision().size() == 12) << revision();
}

TEST_F(Client, ConfigCheckSaysGoodOrShowsTheErrors) {
  const auto file = folder_ / "fithome.toml";
  std::ofstream(file) << "interval = 2\n";
  const Said good = say({"config", "check", file.string()});
  std::ofstream(file) << "interval = 200\nzeal = 1\n";
  const Said bad = say({"config", "check", file.string()});

  EXPECT_EQ(good.status, EX_OK);
  EXPECT_EQ(good.out, file.string() + ": good\n");
  EXPECT_EQ(bad.status, EX_CONFIG);
  EXPECT_TRUE(bad.err.starts_with(file.string() + ":1:12: interval: 200 s is out of range"));
  EXPECT_NE(bad.err.find(file.string() + ":2:1: zeal: no such key"), std::string::npos);
  EXPECT_EQ(say({"now", "--config", file.string()}).status, EX_CONFIG);
  EXPECT_EQ(say({"run", "--config", file.string()}).status, EX_CONFIG);
}

TEST_F(Client, ADiskThatIsFullIsNotSilent) {
  fill(10);
  Terminal terminal;
  terminal.out = std::fopen("/dev/full", "w");
  terminal.err = std::tmpfile();

  EXPECT_EQ(run_cli({"now", "--data", folder_.string()}, {}, terminal), EX_IOERR);

  std::fclose(terminal.out);
  std::fclose(terminal.err);
}

TEST(Reports, TellThatAnAnswerIsNoneOfOurs) {
  for (const auto* body : {"", "<html>", "[]", "{}", "null", "{\"time\": 7}"}) {
    EXPECT_FALSE(parse_now(body)) << body;
    EXPECT_FALSE(parse_energy(body)) << body;
    EXPECT_FALSE(parse_status(body)) << body;
    EXPECT_EQ(parse_failure(body, 502).error().code, Code::unsupported) << body;
  }
  EXPECT_EQ(parse_failure(R"({"error": {"code": "transient", "what": "wait"}})", 503).error().what,
            "wait");
}

}  // namespace
}  // namespace fithome::app
