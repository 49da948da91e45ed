// SPDX-License-Identifier: MIT
#include "app/import_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "app/secret.h"
#include "app/version.h"
#include "sinks/mongodb.h"
#include "store/store.h"

namespace fithome::app {
namespace {

constexpr std::size_t kAtOnce = 1000;
constexpr std::size_t kMostBad = 20;  // days that are named

/// What the store holds of a day.
struct Held {
  std::size_t measured = 0;
  std::optional<UtcTime> last_imported = {};
};

Result<Held> held(const store::Reader& reader, store::MeterId meter, UtcTime from, UtcTime to) {
  const std::vector<reading::ChannelId> one{reading::ChannelId{0}};
  FITHOME_TRY(auto scan, reader.scan({.meter = meter, .from = from, .to = to, .channels = one}));
  Held found;
  while (true) {
    FITHOME_TRY(const store::Chunk chunk, scan.next());
    if (chunk.size() == 0) return found;
    for (std::size_t row = 0; row < chunk.size(); ++row) {
      if ((chunk.flags[row] & bit(reading::Flag::imported)) != 0) {
        found.last_imported = chunk.time[row];
      } else {
        ++found.measured;
      }
    }
  }
}

reading::Reading imported(const sinks::OldReading& old) {
  reading::Reading reading{.time = old.time, .flags = bit(reading::Flag::imported), .steps = {}};
  using reading::Quantity;
  if (old.p) reading.set(reading::house_channel(Quantity::active_power), *old.p);
  if (old.q) reading.set(reading::house_channel(Quantity::reactive_power), *old.q);
  return reading;
}

class Import {
 public:
  Import(store::Store store, store::Reader reader, std::FILE* out, bool draws)
      : store_(std::move(store)), reader_(std::move(reader)), out_(out), draws_(draws) {}

  Result<void> run(sinks::MongodbReader& from);

 private:
  Result<void> add(const sinks::OldReading& old);
  Result<void> keep_day();
  void draw() const;

  store::Store store_;
  store::Reader reader_;
  std::FILE* out_;
  bool draws_;
  std::vector<reading::Reading> day_;
  UtcTime midnight_{};  // at which day_ begins, local
  UtcTime next_{};      // and ends
  std::uint64_t expected_ = 0, seen_ = 0, brought_ = 0, there_ = 0;
  std::vector<std::string> both_;
};

Result<void> Import::run(sinks::MongodbReader& from) {
  FITHOME_TRY(expected_, from.count());
  while (true) {
    FITHOME_TRY(const auto some, from.next(kAtOnce));
    for (const sinks::OldReading& old : some) FITHOME_TRY_VOID(add(old));
    seen_ += some.size();
    draw();
    if (some.empty()) break;
  }
  FITHOME_TRY_VOID(keep_day());
  FITHOME_TRY_VOID(store_.sync());
  if (draws_) fmt::print(out_, "\n");
  fmt::print(out_, "{} readings brought in, {} were there already\n", brought_, there_);
  if (both_.empty()) return {};
  fmt::print(
      out_, "{} days hold readings of this meter too and were left as they are: {}{}\n",
      both_.size(),
      fmt::join(both_.begin(),
                both_.begin() + static_cast<std::ptrdiff_t>(std::min(both_.size(), kMostBad)),
                ", "),
      both_.size() > kMostBad ? ", ..." : "");
  return {};
}

Result<void> Import::add(const sinks::OldReading& old) {
  if (day_.empty() || old.time >= next_) {
    FITHOME_TRY_VOID(keep_day());
    midnight_ = local_midnight(old.time);
    next_ = local_midnight(midnight_ + std::chrono::hours(26));  // a day has 23 to 25
  }
  day_.push_back(imported(old));
  return {};
}

// A day goes in at once, so one that is there is there whole, but for what came to it since.
Result<void> Import::keep_day() {
  if (day_.empty()) return {};
  // Of one instant by what they say, so that a repeat finds them in the same order.
  std::ranges::sort(day_, {},
                    [](const reading::Reading& one) { return std::tuple(one.time, one.steps); });
  FITHOME_TRY(const Held has, held(reader_, store::kFirstMeter, midnight_, next_));
  if (has.measured > 0) {
    both_.push_back(to_local_text(midnight_).substr(0, 10));
    day_.clear();
    return {};
  }
  if (has.last_imported) {
    const auto known =
        std::ranges::upper_bound(day_, *has.last_imported, {}, &reading::Reading::time);
    there_ += static_cast<std::uint64_t>(known - day_.begin());
    day_.erase(day_.begin(), known);
  }
  if (!day_.empty()) {
    FITHOME_TRY([[maybe_unused]] const auto last, store_.append({.readings = day_}));
  }
  brought_ += day_.size();
  day_.clear();
  return {};
}

void Import::draw() const {
  if (!draws_) return;
  constexpr int kWidth = 40;
  const double part = std::min(
      1.0, static_cast<double>(seen_) / static_cast<double>(std::max<std::uint64_t>(expected_, 1)));
  const auto full = static_cast<std::size_t>(std::lround(part * kWidth));
  fmt::print(out_, "\r[{}{}] {:3.0f} %  {} of {}", std::string(full, '#'),
             std::string(kWidth - full, ' '), part * 100, seen_, expected_);
  std::fflush(out_);
}

}  // namespace

Result<void> run_import(const ImportCommand& command, const Config& config, std::FILE* out,
                        bool draws) {
  sinks::MongodbOptions options;
  options.uri = command.uri;
  options.database = command.database;
  options.collection = command.collection;
  FITHOME_TRY(options.password, find_password("mongodb", config.mongodb.password_file));
  FITHOME_TRY(sinks::MongodbModule * module, sinks::load_mongodb(std::string(kVersion)));
  FITHOME_TRY(const auto from, module->reader(options));
  const std::filesystem::path data = command.data.value_or(config.data);
  auto store = store::Store::open(data);
  if (!store) {
    return within("import (it writes itself, so stop the daemon: sudo systemctl stop fithome)",
                  std::move(store).error());
  }
  FITHOME_TRY(auto reader, store::Reader::open(data));
  FITHOME_TRY(const auto meters, reader.meters());
  if (meters.empty()) {
    FITHOME_TRY_VOID(store->name_meter(store::kFirstMeter, config.meter().name));
  }
  Import import(*std::move(store), std::move(reader), out, draws);
  return import.run(*from);
}

}  // namespace fithome::app
