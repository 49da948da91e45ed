// SPDX-License-Identifier: MIT
//
// What it costs to keep readings and to ask for them, beside the same readings as rows of SQLite,
// in InfluxDB and in RRDtool, where these are installed (Debian: influxdb, rrdtool).
//
//   store [DAYS [DIRECTORY [ours|rows]]]   30 days unless told; DIRECTORY is emptied first, and
//                                          should be on the disk that is asked about; "ours" alone,
//                                          or with the "rows" only
//
// All keep noisy_house.h, and lose 10 readings at most when the power goes. Ours is asked through
// store/store.h, as every program asks it; the rows are scaled integers, with the time as primary
// key, WAL, synchronous=FULL and a commit each 10 readings. Queries are the least of several times.
#include "store/store.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/noisy_house.h"
#include "bench/store_peers.h"

using namespace fithome;
using namespace fithome::bench;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::size_t kAtOnce = 10;
const std::vector<reading::ChannelId> kTwo{house_channel(active_power),
                                           house_channel(reactive_power)};

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}
template <class T>
T must(Result<T> result) {
  if (!result) die(result.error().what);
  return *std::move(result);
}
void must(const Result<void>& result) {
  if (!result) die(result.error().what);
}

double seconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Work>
double least_ms(Work work, int rounds = 7) {
  double least = 1e18;
  for (int round = 0; round < rounds; ++round) {
    const double begin = seconds(CLOCK_MONOTONIC);
    work();
    least = std::min(least, 1e3 * (seconds(CLOCK_MONOTONIC) - begin));
  }
  return least;
}

std::uint64_t bytes_in(const fs::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& file : fs::recursive_directory_iterator(folder)) {
    const std::string name = file.path().filename();
    if (file.is_regular_file() && !name.ends_with("-shm") && name != "log")
      bytes += file.file_size();
  }
  return bytes;
}

/// Bytes the disk below a folder has taken so far, from whomever: the kernel's count of a process
/// takes a whole large page for each byte of it.
std::uint64_t written(const fs::path& folder) {
  struct stat of{};
  if (::stat(folder.c_str(), &of) != 0) return 0;
  std::ifstream in(fmt::format("/sys/dev/block/{}:{}/stat", major(of.st_dev), minor(of.st_dev)));
  std::uint64_t number = 0;
  for (int n = 0; n < 7; ++n) in >> number;
  return 512 * number;
}

/// Days of readings, made an hour at a time.
template <class Keep>
void each_reading(std::int64_t days, Keep keep) {
  const auto house = sim::generated_house(1, Hertz{60}, Volts{120});
  const sim::Dice dice(7);
  for (std::int64_t second = 0; second < days * kDay; ++second) {
    keep(noisy_reading(*house, dice, second));
  }
}

struct Kept {
  double cpu_us = 0;  // a reading
  double disk = 0;    // bytes written a reading
  double size = 0;    // bytes kept a reading
};

/// What making the readings costs by itself is taken off.
template <class Keep>
Kept measured(std::int64_t days, const fs::path& folder, double making_us, Keep keep) {
  const auto count = static_cast<double>(days * kDay);
  const double begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
  const std::uint64_t before = written(folder);
  keep();
  return {1e6 * (seconds(CLOCK_PROCESS_CPUTIME_ID) - begin) / count - making_us,
          static_cast<double>(written(folder) - before) / count,
          static_cast<double>(bytes_in(folder)) / count};
}

void keep_ours(const fs::path& folder, std::int64_t days) {
  auto store = must(store::Store::open(folder));
  reading::Ledger ledger;
  std::int64_t number = 0;
  each_reading(days, [&](const Reading& reading) {
    ledger.time = reading.time;
    ledger.net.active.imported.nwh += 300'000;
    must(store.append({.readings = {&reading, 1}, .ledger = &ledger}));
    if (++number % 10 == 0) must(store.sync());
  });
}

// --- rows of SQLite

class Rows {
 public:
  explicit Rows(const fs::path& file) {
    if (sqlite3_open(file.c_str(), &db_) != SQLITE_OK) die("rows: cannot open");
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  }
  ~Rows() { sqlite3_close(db_); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  void run(const std::string& sql) {
    if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      die(sqlite3_errmsg(db_));
  }
  sqlite3_stmt* prepare(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
      die(sqlite3_errmsg(db_));
    return statement;
  }
  /// All rows are gone through, each number looked at.
  std::size_t ask(const std::string& sql) {
    sqlite3_stmt* statement = prepare(sql);
    std::size_t rows = 0;
    double sum = 0;
    while (sqlite3_step(statement) == SQLITE_ROW) {
      for (int n = 0; n < sqlite3_column_count(statement); ++n)
        sum += sqlite3_column_double(statement, n);
      ++rows;
    }
    sqlite3_finalize(statement);
    if (sum == 0.123) std::puts("");
    return rows;
  }

 private:
  sqlite3* db_ = nullptr;
};

void keep_rows(Rows& rows, std::int64_t days) {
  std::string columns, marks = "?, ?";
  for (const auto& channel : reading::kChannels) {
    columns += fmt::format(", {} INTEGER", channel.name);
    marks += ", ?";
  }
  rows.run("CREATE TABLE reading(time_ms INTEGER PRIMARY KEY, flags INTEGER" + columns +
           ") STRICT");
  sqlite3_stmt* insert = rows.prepare("INSERT INTO reading VALUES(" + marks + ")");
  std::size_t number = 0;
  each_reading(days, [&](const Reading& reading) {
    if (number % kAtOnce == 0) rows.run("BEGIN");
    sqlite3_bind_int64(insert, 1, reading.time.time_since_epoch().count());
    sqlite3_bind_int64(insert, 2, reading.flags);
    for (std::size_t id = 0; id < reading.steps.size(); ++id) {
      const auto& steps = reading.steps[id];
      const int at = static_cast<int>(id) + 3;
      if (steps)
        sqlite3_bind_int64(insert, at, *steps);
      else
        sqlite3_bind_null(insert, at);
    }
    if (sqlite3_step(insert) != SQLITE_DONE) die("rows: cannot insert");
    sqlite3_reset(insert);
    if (++number % kAtOnce == 0) rows.run("COMMIT");
  });
  if (number % kAtOnce != 0) rows.run("COMMIT");
  sqlite3_finalize(insert);
}

/// What others came to, in the order of their columns.
using Others = std::vector<std::optional<double>>;

void line(const char* what, double ours, const Others& others, const char* unit, const char* goal) {
  std::printf("| %s | %.2f %s |", what, ours, unit);
  for (const auto& other : others) {
    const std::string text =
        other ? fmt::format(" {:.2f} {} | {:.2g} |", *other, unit, ours / *other) : " | |";
    std::printf("%s", text.c_str());
  }
  std::printf(" %s |\n", goal);
  std::fflush(stdout);
}

/// Each of the others, the rows of SQLite first.
template <class Ask>
Others beside(std::optional<double> rows, const std::vector<std::unique_ptr<Peer>>& peers,
              Ask ask) {
  Others all{rows};
  for (const auto& peer : peers) all.push_back(ask(*peer));
  return all;
}

/// The least of a few times, and a look whether the answer is all that was asked for.
double ask_peer(Peer& peer, std::size_t rows, const std::function<std::size_t()>& ask) {
  return least_ms(
      [&] {
        const std::size_t got = ask();
        if (got + 2 < rows) die(fmt::format("{}: {} rows, of {}", peer.name(), got, rows));
      },
      3);
}

std::size_t scan_all(const store::Reader& reader, const store::Range& range) {
  auto scan = must(reader.scan(range));
  std::size_t readings = 0;
  while (true) {
    const auto chunk = must(scan.next());
    if (chunk.size() == 0) return readings;
    readings += chunk.size();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t days = argc > 1 ? std::strtoll(argv[1], nullptr, 10) : 30;
  const fs::path folder = argc > 2 ? argv[2] : "build/bench-store";
  const std::string_view only = argc > 3 ? argv[3] : "";
  const bool with_rows = only != "ours";
  if (days < 8) die("at least eight days");
  for (const char* name : {"ours", "rows", "influxdb", "rrdtool"}) {
    fs::remove_all(folder / name);
    fs::create_directories(folder / name);
  }
  const double before = seconds(CLOCK_PROCESS_CPUTIME_ID);
  double sum = 0;
  each_reading(1, [&](const Reading& reading) { sum += reading.value(0).value_or(0); });
  const double making_us = 1e6 * (seconds(CLOCK_PROCESS_CPUTIME_ID) - before) / kDay;
  std::printf(
      "%lld days, %lld readings of 18 channels; making one costs %.2f us, taken off (%.0f)\n\n",
      static_cast<long long>(days), static_cast<long long>(days * kDay), making_us, sum);
  auto step = 1h;
  while (days * 24h / step >= 1000) step += 1h;

  std::vector<std::unique_ptr<Peer>> peers;
  if (only.empty()) {
    if (auto peer = influxdb(folder / "influxdb")) peers.push_back(std::move(peer));
    const std::int64_t coarse = std::chrono::seconds(step).count();
    if (auto peer = rrdtool(folder / "rrdtool", days, coarse)) peers.push_back(std::move(peer));
  }

  rusage memory{};
  const Kept ours =
      measured(days, folder / "ours", making_us, [&] { keep_ours(folder / "ours", days); });
  ::getrusage(RUSAGE_SELF, &memory);
  const double memory_mb = static_cast<double>(memory.ru_maxrss) / 1024;
  std::optional<Rows> rows;
  std::optional<Kept> theirs;
  if (with_rows) {
    rows.emplace(folder / "rows" / "rows.db");
    theirs = measured(days, folder / "rows", making_us, [&] { keep_rows(*rows, days); });
  }
  std::vector<Kept> kept;
  for (const auto& peer : peers) {
    const fs::path of = folder / (peer->name() == "RRDtool" ? "rrdtool" : "influxdb");
    const double used = peer->cpu_seconds();
    Kept cost = measured(days, of, making_us, [&] {
      each_reading(days, [&](const Reading& reading) { peer->keep(reading); });
      peer->settle();
    });
    cost.cpu_us = 1e6 * (peer->cpu_seconds() - used) / static_cast<double>(days * kDay);
    kept.push_back(cost);
  }
  std::printf("| | ours | rows of SQLite | ratio |");
  for (const auto& peer : peers) std::printf(" %s | ratio |", peer->name().c_str());
  std::printf(" goal |\n|---|---|---|---|");
  for (std::size_t n = 0; n < peers.size(); ++n) std::printf("---|---|");
  std::printf("---|\n");
  const auto of_others = [&](double Kept::* number) {
    Others all{theirs ? std::optional((*theirs).*number) : std::nullopt};
    for (const Kept& one : kept) all.push_back(one.*number);
    return all;
  };
  line("kept a reading", ours.size, of_others(&Kept::size), "bytes", "9.8 bytes");
  line("written to the disk a reading", ours.disk, of_others(&Kept::disk), "bytes", "450 bytes");
  line("processor time to append one, and a tenth of a sync", ours.cpu_us, of_others(&Kept::cpu_us),
       "us", "0.45 of rows");

  // Asked of the rows twice only, where it takes long.
  const auto ask_rows = [&](const std::string& sql, int rounds) {
    return rows ? std::optional(least_ms([&] { rows->ask(sql); }, rounds)) : std::nullopt;
  };
  const auto reader = must(store::Reader::open(folder / "ours"));
  const UtcTime end = must(reader.info()).last.value();
  const std::int64_t end_ms = end.time_since_epoch().count() + 1;
  const std::int64_t end_s = end_ms / 1000;
  const store::Range day{.from = end - 24h, .channels = kTwo};
  const auto day_of_rows = ask_rows(
      fmt::format("SELECT time_ms, p, q FROM reading WHERE time_ms >= {}", end_ms - 86'400'000), 7);
  line("last 24 h of 2 channels", least_ms([&] { scan_all(reader, day); }),
       beside(day_of_rows, peers,
              [&](Peer& peer) {
                return ask_peer(peer, kDay, [&] { return peer.ask_two(end_s - kDay); });
              }),
       "ms", "0.4 of DuckDB");
  const store::Range power{.channels = {kTwo[0]}};
  const std::int64_t step_s = std::chrono::seconds(step).count();
  const auto steps_of_rows =
      ask_rows(fmt::format("SELECT time_ms / {}, min(p), avg(p), max(p) FROM reading GROUP BY 1",
                           1000 * step_s),
               2);
  line("all in at most 1,000 points (min, mean, max)",
       least_ms([&] { must(reader.rollup(power, step)); }),
       beside(steps_of_rows, peers,
              [&](Peer& peer) {
                return ask_peer(peer, static_cast<std::size_t>(days * kDay / step_s),
                                [&] { return peer.ask_steps(end_s - days * kDay, step_s); });
              }),
       "ms", "3 ms, a year");
  const store::Range week{.from = end - 7 * 24h, .channels = {kTwo[0]}};
  const auto week_of_rows =
      ask_rows(fmt::format("SELECT time_ms / 600000, min(p), avg(p), max(p) FROM reading"
                           " WHERE time_ms >= {} GROUP BY 1",
                           end_ms - 7 * 86'400'000LL),
               2);
  line("a week in 1,008 points", least_ms([&] { must(reader.rollup(week, 10min)); }),
       beside(week_of_rows, peers,
              [&](Peer& peer) {
                return ask_peer(peer, 1008, [&] { return peer.ask_steps(end_s - 7 * kDay, 600); });
              }),
       "ms", "");
  const auto unknown = [](Peer&) { return std::optional<double>(); };
  line("all its days", least_ms([&] { must(reader.days(power)); }),
       beside(
           ask_rows("SELECT time_ms / 86400000, min(p), avg(p), max(p) FROM reading GROUP BY 1", 2),
           peers, unknown),
       "ms", "");
  line("kWh of each day, by the counter", least_ms([&] {
         for (std::int64_t n = 0; n <= days; ++n) must(reader.ledger_at(end - n * 24h));
       }),
       beside({}, peers, unknown), "ms", "3.1 ms, a year");
  const double thousands = static_cast<double>(days * kDay) / 1e3;  // a ms: millions a second
  std::optional<double> all_rows;
  if (const auto spent = ask_rows("SELECT * FROM reading", 2)) all_rows = thousands / *spent;
  line("all out as columns, millions a second",
       thousands / least_ms([&] { scan_all(reader, {}); }, 2),
       beside(all_rows, peers,
              [&](Peer& peer) {
                return thousands / ask_peer(peer, static_cast<std::size_t>(days * kDay),
                                            [&] { return peer.ask_all(); });
              }),
       "", "5");
  Others memories{{}};
  for (const auto& peer : peers) memories.push_back(peer->most_memory_mb());
  line("most memory while appending; of the others, until now", memory_mb, memories, "MB", "10 MB");
  return 0;
}
