// SPDX-License-Identifier: MIT
//
// How fast a sink catches up, beside libmongoc alone sending the same documents to the same server.
//
// Use:  build/release/bench/mongodb URI [READINGS]   of a server that may be written to: the
// database
//       is fithome_bench, dropped before and after
#include <fmt/format.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "sinks/mongodb/client.h"
#include "sinks/mongodb/document.h"
#include "sinks/mongodb/module.h"
#include "sinks/pump.h"

namespace fithome::sinks {
namespace {

constexpr const char* kDatabase = "fithome_bench";

class Nobody final : public PumpHost {
 public:
  void keep(const store::Cursor&) override {}
  void keep(const store::Event&) override { ++events; }
  void report(const SinkState& now) override { state = now; }
  void begin_fault(const std::string&, const std::string&) override {}
  void end_fault(const std::string&) override {}
  SinkState state;
  int events = 0;
};

template <class T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  fmt::print(stderr, "{}\n", result.error().what);
  std::exit(1);
}

/// A house that looks alive: what it holds decides nothing here but the size.
std::vector<reading::Reading> readings(std::size_t from, std::size_t count) {
  std::vector<reading::Reading> all(count);
  for (std::size_t n = 0; n < count; ++n) {
    all[n].time = UtcTime(std::chrono::seconds(1'780'000'000 + from + n));
    for (auto& step : all[n].steps) step = static_cast<std::int32_t>((from + n) * 7919 % 200'000);
  }
  return all;
}

void drop(const MongodbOptions& options) {
  const Client client = must(open_client(options));
  bson_error_t error;
  const Database database(mongoc_client_get_database(client.get(), kDatabase));
  if (!mongoc_database_drop(database.get(), &error)) fmt::print(stderr, "{}\n", error.message);
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double by_pump(const MongodbOptions& options, const std::filesystem::path& data) {
  const auto sink = must(open_mongodb_sink(options));
  const auto reader = must(store::Reader::open(data));
  SystemClock clock;
  Nobody host;
  Pump pump("bench", "bench", *sink, host, clock, 0);
  const auto begin = std::chrono::steady_clock::now();
  while (host.state.doing != Doing::up_to_date) {
    const Nanoseconds wait = pump.turn(reader);
    if (host.state.doing == Doing::failing) fmt::print(stderr, "{}\n", host.state.last_error);
    if (host.state.doing != Doing::up_to_date) clock.wait_for(wait, {});
  }
  return seconds_since(begin);
}

double alone(const MongodbOptions& options, std::size_t count) {
  const Client client = must(open_client(options));
  const Collection collection(
      mongoc_client_get_collection(client.get(), kDatabase, options.collection.c_str()));
  std::vector<Bson> documents(count);
  const auto all = readings(0, count);
  for (std::size_t n = 0; n < count; ++n) {
    append_document(*documents[n], {n + 1, 1, all[n]}, {options.site, "meter 1", false});
  }
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t at = 0; at < count; at += Pump::kMostAtOnce) {
    bson_error_t error;
    const Bson unordered;
    bson_append_bool(unordered.get(), "ordered", -1, false);
    const Bulk bulk(
        mongoc_collection_create_bulk_operation_with_opts(collection.get(), unordered.get()));
    for (std::size_t n = at; n < std::min(count, at + Pump::kMostAtOnce); ++n) {
      mongoc_bulk_operation_insert_with_opts(bulk.get(), documents[n].get(), nullptr, &error);
    }
    if (mongoc_bulk_operation_execute(bulk.get(), nullptr, &error) == 0) {
      fmt::print(stderr, "{}\n", error.message);
      std::exit(1);
    }
  }
  return seconds_since(begin);
}

int run(const std::string& uri, std::size_t count) {
  std::string folder = std::filesystem::temp_directory_path() / "fithome-bench-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  {
    auto store = must(store::Store::open(folder));
    for (std::size_t at = 0; at < count; at += 3600) {
      const auto some = readings(at, std::min<std::size_t>(3600, count - at));
      must(store.append({.readings = some}));
    }
  }
  mongoc_init();
  MongodbOptions options;
  options.uri = uri;
  options.database = kDatabase;
  options.site = "bench";
  drop(options);
  const double pump = by_pump(options, folder);
  drop(options);
  const double driver = alone(options, count);
  drop(options);
  std::filesystem::remove_all(folder);
  const auto all = static_cast<double>(count);
  fmt::print("{} readings: the pump {:.0f} a second, libmongoc alone {:.0f} a second\n", count,
             all / pump, all / driver);
  fmt::print("goal: 20,000 a second, or what libmongoc alone reaches\n");
  return 0;
}

}  // namespace
}  // namespace fithome::sinks

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: mongodb URI [READINGS]\n");
    return 64;
  }
  return fithome::sinks::run(argv[1], argc > 2 ? std::stoul(argv[2]) : 100'000);
}
