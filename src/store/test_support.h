// SPDX-License-Identifier: MIT
//
// What the store's tests share: a directory of their own, readings, ledgers.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "store/chunk.h"
#include "store/store.h"

namespace fithome::store {

/// Gone with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = testing::TempDir() + "fithome-store-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline UtcTime at(const char* text) {
  const auto time = parse_time(text, UtcTime{});
  EXPECT_TRUE(time) << text;
  return time.value_or(UtcTime{});
}

inline const UtcTime kStart = at("2026-11-22T08:00:00Z");
constexpr auto kOne = std::chrono::seconds(1);

/// The n-th reading of a pretend house: what it holds follows from n, some channels are absent.
inline reading::Reading reading_of(Sequence n, UtcTime start = kStart) {
  reading::Reading reading;
  reading.time = start + std::chrono::seconds(n - 1);
  reading.flags = n % 7 == 0 ? bit(reading::Flag::late) : bit(reading::Flag::simulated);
  for (std::size_t id = 0; id < reading.steps.size(); ++id) {
    if ((n + id) % 5 == 0) continue;
    const auto wave = static_cast<std::int32_t>(n * 2'654'435'761U % 200'000U);
    reading.steps[id] = static_cast<std::int32_t>(id) * 1000 + wave - 100'000;
  }
  return reading;
}

/// The ledger after the n-th reading.
inline reading::Ledger ledger_of(Sequence n, UtcTime start = kStart) {
  reading::Ledger ledger;
  ledger.time = reading_of(n, start).time;
  const auto total = static_cast<std::int64_t>(n);
  for (std::size_t line = 0; line < ledger.lines.size(); ++line) {
    auto& energy = ledger.lines[line];
    const auto factor = static_cast<std::int64_t>(line) + 1;
    energy.active.imported.nwh = total * factor * 3'125'000;
    energy.active.exported.nwh = total * factor * 1'000;
    energy.reactive.imported.nwh = total * factor * 7;
    energy.reactive.exported.nwh = total * factor * 11;
    energy.apparent.nwh = total * factor * 13;
  }
  ledger.net.active.imported.nwh = total * 17;
  ledger.net.apparent.nwh = total * 19;
  ledger.net_remainder = {-total, total * 23};
  for (std::size_t n2 = 0; n2 < ledger.booked.size(); ++n2) ledger.booked[n2] = n * 100 + n2;
  return ledger;
}

inline std::vector<reading::Reading> readings_of(Sequence first, Sequence last) {
  std::vector<reading::Reading> readings;
  for (Sequence n = first; n <= last; ++n) readings.push_back(reading_of(n));
  return readings;
}

/// A store that must open.
inline Store open_store(const std::filesystem::path& directory) {
  auto store = Store::open(directory);
  if (!store) throw std::runtime_error(store.error().what);
  return *std::move(store);
}
inline Reader open_reader(const std::filesystem::path& directory) {
  auto reader = Reader::open(directory);
  if (!reader) throw std::runtime_error(reader.error().what);
  return *std::move(reader);
}

/// A reading as it is read back, with its number.
struct Kept {
  Sequence sequence;
  reading::Reading reading;
  friend bool operator==(const Kept&, const Kept&) = default;
};

/// All readings of a range, put together from the columns of its chunks.
inline std::vector<Kept> read_all(const Reader& reader, const Range& range = {}) {
  std::vector<Kept> all;
  auto scan = reader.scan(range);
  if (!scan) throw std::runtime_error(scan.error().what);
  while (true) {
    const auto chunk = scan->next();
    if (!chunk) throw std::runtime_error(chunk.error().what);
    if (chunk->size() == 0) return all;
    EXPECT_LE(chunk->size(), kChunkReadings);
    for (std::size_t row = 0; row < chunk->size(); ++row) {
      all.push_back({chunk->sequence[row], reading_at(*chunk, row)});
    }
  }
}

}  // namespace fithome::store
