// SPDX-License-Identifier: MIT
//
// What it costs to keep readings and to ask for them, beside the same readings as rows of SQLite,
// in InfluxDB and in RRDtool, where these are installed (Debian: influxdb, rrdtool).
//
//   store [OPTION...] [DAYS [DIRECTORY [ours|rows]]]
//     30 days unless told; DIRECTORY is emptied first, and should be on the disk that is asked
//     about; "ours" alone, or with the "rows" only
//     --sync N              all lose N readings at most when the power goes; 10 unless told
//     --replay CSV COLUMNS  a file over and over, in place of noisy_house.h: readings.h
//     --ask                 DIRECTORY keeps that many days of ours already, and of the others if
//                           they are there: questions only
//     --count N             N readings are appended to ours and to the rows, and nothing is
//                           measured: for callgrind (bench/store_instructions.sh)
//
// Ours is asked through store/store.h, as every program asks it. Questions are the least of several
// times: processor time of ours and of the rows, and by the clock of the others.
#include "store/store.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <fstream>
#include <span>

#include "bench/store_bench.h"

using namespace fithome;
using namespace fithome::bench;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kFlow = 300'000;  // nWh a reading

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

class Ours {
 public:
  Ours(const fs::path& folder, std::int64_t sync)
      : store_(must(store::Store::open(folder))), sync_(sync) {}
  void keep(const Reading& reading) {
    ledger_.time = reading.time;
    ledger_.net.active.imported.nwh += kFlow;
    must(store_.append({.readings = {&reading, 1}, .ledger = &ledger_}));
    if (++number_ % sync_ == 0) must(store_.sync());
  }

 private:
  store::Store store_;
  std::int64_t sync_, number_ = 0;
  reading::Ledger ledger_;
};

double making_us(const Readings& house) {
  const double before = seconds(CLOCK_PROCESS_CPUTIME_ID);
  double sum = 0;
  for (std::int64_t n = 0; n < kDay; ++n) sum += house(n).value(0).value_or(0);
  if (sum == 0.123) std::puts("");
  return 1e6 * (seconds(CLOCK_PROCESS_CPUTIME_ID) - before) / kDay;
}

// Functions of their own, for callgrind to find.
[[gnu::noinline]] void append_to_ours(Ours& ours, std::span<const Reading> readings) {
  for (const Reading& reading : readings) ours.keep(reading);
}
[[gnu::noinline]] void append_to_rows(Rows& rows, std::span<const Reading> readings) {
  std::int64_t flown = 0;
  for (const Reading& reading : readings) rows.keep(reading, flown += kFlow);
}

void count(const Asked& asked) {
  std::vector<Reading> readings;
  for (std::int64_t n = 0; n < asked.count; ++n) readings.push_back(asked.house(n));
  Ours ours(asked.folder / "ours", asked.sync);
  append_to_ours(ours, readings);
  Rows rows(asked.folder / "rows" / "rows.db", asked.sync);
  append_to_rows(rows, readings);
  rows.settle();
}

Peers peers_of(const Asked& asked, std::chrono::seconds step) {
  const auto channels = channels_of(asked.house(0));
  Peers peers;
  const auto add = [&](const char* name, auto begin) {
    const fs::path folder = asked.folder / name;
    if (asked.ask && (!fs::exists(folder) || fs::is_empty(folder))) return;
    if (auto peer = begin(folder)) peers.push_back(std::move(peer));
  };
  add("influxdb",
      [&](const fs::path& folder) { return influxdb(folder, channels, asked.sync, asked.days); });
  add("rrdtool", [&](const fs::path& folder) {
    return rrdtool(folder, channels, asked.sync, asked.days, step.count());
  });
  return peers;
}

void ask(const Asked& asked, std::chrono::seconds step) {
  const fs::path file = asked.folder / "rows" / "rows.db";
  std::optional<Rows> rows;
  if (fs::exists(file)) rows.emplace(file, asked.sync);
  const Peers peers = peers_of(asked, step);
  print_head(peers);
  print_answers(asked, step, rows ? &*rows : nullptr, peers);
}

}  // namespace

int main(int argc, char** argv) {
  const Asked of = asked({argv + 1, argv + argc});
  const fs::path& folder = of.folder;
  const std::int64_t days = of.days;
  auto step = 1h;
  while (days * 24h / step >= 1000) step += 1h;
  if (of.ask) return ask(of, step), 0;
  for (const char* name : {"ours", "rows", "influxdb", "rrdtool"}) {
    fs::remove_all(folder / name);
    fs::create_directories(folder / name);
  }
  if (of.count > 0) return count(of), 0;
  const auto channels = channels_of(of.house(0));
  const double making = making_us(of.house);
  std::printf(
      "%lld days, %lld readings of %zu channels, %lld lost at most; making one costs %.2f us, taken"
      " off\n\n",
      static_cast<long long>(days), static_cast<long long>(days * kDay), channels.size(),
      static_cast<long long>(of.sync), making);
  const Peers peers = of.only.empty() ? peers_of(of, step) : Peers{};
  const auto each_reading = [&](auto keep) {
    for (std::int64_t second = 0; second < days * kDay; ++second) keep(of.house(second));
  };

  rusage memory{};
  const Kept ours = measured(days, folder / "ours", making, [&] {
    Ours store(folder / "ours", of.sync);
    each_reading([&](const Reading& reading) { store.keep(reading); });
  });
  ::getrusage(RUSAGE_SELF, &memory);
  const double memory_mb = static_cast<double>(memory.ru_maxrss) / 1024;
  std::optional<Rows> rows;
  std::optional<Kept> theirs;
  if (of.only != "ours") {
    rows.emplace(folder / "rows" / "rows.db", of.sync);
    theirs = measured(days, folder / "rows", making, [&] {
      std::int64_t flown = 0;
      each_reading([&](const Reading& reading) { rows->keep(reading, flown += kFlow); });
      rows->settle();
    });
  }
  std::vector<Kept> kept;
  for (const auto& peer : peers) {
    const fs::path place = folder / (peer->name() == "RRDtool" ? "rrdtool" : "influxdb");
    const double used = peer->cpu_seconds();
    Kept cost = measured(days, place, making, [&] {
      each_reading([&](const Reading& reading) { peer->keep(reading); });
      peer->settle();
    });
    cost.cpu_us = 1e6 * (peer->cpu_seconds() - used) / static_cast<double>(days * kDay);
    kept.push_back(cost);
  }
  print_head(peers);
  const auto of_others = [&](double Kept::* number) {
    Others all{theirs ? std::optional((*theirs).*number) : std::nullopt};
    for (const Kept& one : kept) all.push_back(one.*number);
    return all;
  };
  print_line("kept a reading", ours.size, of_others(&Kept::size), "bytes",
             "9.8 bytes, 18 channels");
  print_line("written to the disk a reading", ours.disk, of_others(&Kept::disk), "bytes",
             "450 bytes, 100 with a sync each 60");
  print_line("processor time to append one, with its part of a sync", ours.cpu_us,
             of_others(&Kept::cpu_us), "us", "0.45 of rows");

  print_answers(of, step, rows ? &*rows : nullptr, peers);
  Others memories{{}};
  for (const auto& peer : peers) memories.push_back(peer->most_memory_mb());
  print_line("most memory while appending; of the others, until now", memory_mb, memories, "MB",
             "10 MB");
  return 0;
}
