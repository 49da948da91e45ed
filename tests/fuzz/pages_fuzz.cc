// SPDX-License-Identifier: MIT
//
// A store's database with some of its bytes changed, or cut off, as an SD card does it: each
// reading that is given out is one that was put in, a sealed one that is missing is found by
// check(), and the writer refuses or goes on.
//
// Not claimed of the energy ledger, events, cursors and hours: SQLite has no sums over its pages,
// so a changed number in a row of theirs looks like any other. Nor, yet, of readings that are not
// sealed: where `meta.site` or `journal.generation` is changed, no record of the journal fits, and
// check() takes it for an empty one.
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "check.h"
#include "store/chunk.h"
#include "store/store.h"

namespace {

using namespace fithome;
using store::Sequence;

constexpr Sequence kSealed = 2 * store::kChunkReadings;
constexpr Sequence kReadings = kSealed + 300;
constexpr std::chrono::milliseconds kHour = std::chrono::hours(1);
const UtcTime kStart = UtcTime(std::chrono::sys_days(std::chrono::year(2026) / 6 / 1));

// Changes slowly, so that an hour is small.
reading::Reading reading_of(Sequence n) {
  reading::Reading reading;
  reading.time = kStart + std::chrono::seconds(n);
  for (const std::size_t id : {std::size_t{0}, std::size_t{1}, std::size_t{4}}) {
    reading.steps[id] = static_cast<std::int32_t>(id * 1000 + n / 16 % 512);
  }
  return reading;
}

reading::Ledger ledger_of(Sequence n) {
  reading::Ledger ledger;
  ledger.time = reading_of(n).time;
  return ledger;
}

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// A directory with a store, and what its files held before anything was done to them.
struct House {
  House() {
    std::string name = std::filesystem::temp_directory_path() / "fithome-pages-XXXXXX";
    directory = ::mkdtemp(name.data());
    fill();  // and closed again: else the newest would stand in readings.db-wal
    database = bytes_of(directory / "readings.db");
    journal = bytes_of(directory / "journal");
  }
  House(const House&) = delete;
  House& operator=(const House&) = delete;
  ~House() {
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }

  void fill() const {
    auto made = store::Store::open(directory);
    check(made.has_value());
    std::vector<reading::Reading> readings;
    for (Sequence n = 1; n <= kReadings; ++n) {
      readings.push_back(reading_of(n));
      if (readings.size() < 300 && n < kReadings) continue;
      const reading::Ledger ledger = ledger_of(n);
      check(made->append({.readings = readings, .ledger = &ledger}).has_value());
      check(made->sync().has_value());
      readings.clear();
    }
  }

  void put(const std::string& damaged) const {
    std::filesystem::remove(directory / "readings.db-wal");
    std::filesystem::remove(directory / "readings.db-shm");
    std::ofstream(directory / "readings.db", std::ios::binary) << damaged;
    std::ofstream(directory / "journal", std::ios::binary) << journal;
  }

  std::filesystem::path directory;
  std::string database, journal;
};

bool known(const reading::Reading& reading) {
  const auto n = std::chrono::duration_cast<std::chrono::seconds>(reading.time - kStart).count();
  return n >= 1 && n <= static_cast<std::int64_t>(kReadings) &&
         reading == reading_of(static_cast<Sequence>(n));
}

/// How many readings a scan gives; nothing where it said that it cannot.
std::optional<Sequence> scanned(const store::Reader& reader) {
  auto scan = reader.scan({});
  if (!scan) return check(!scan.error().what.empty()), std::nullopt;
  Sequence count = 0;
  while (true) {
    const auto chunk = scan->next();
    if (!chunk) return check(!chunk.error().what.empty()), std::nullopt;
    if (chunk->size() == 0) return count;
    for (std::size_t row = 0; row < chunk->size(); ++row) {
      check(known(store::reading_at(*chunk, row)));
    }
    count += chunk->size();
  }
}

/// Whether all readings are there, and said to be good.
bool read(const House& house) {
  const auto reader = store::Reader::open(house.directory);
  if (!reader) return check(!reader.error().what.empty()), false;
  const auto count = scanned(*reader);
  if (const auto some = reader->read_after(100, 5000)) {
    for (const store::Numbered& one : *some) check(known(one.reading));
  }
  if (const auto newest = reader->newest(); newest && *newest) check(known(**newest));
  (void)reader->rollup({}, kHour);
  (void)reader->days({});
  (void)reader->ledger();
  (void)reader->ledger_at(kStart);
  (void)reader->events(UtcTime::min(), UtcTime::max());
  (void)reader->calibrations();
  (void)reader->meters();
  (void)reader->info();
  const auto found = reader->check([](double) { return true; });
  if (!found || !found->good()) return false;
  check(count >= kSealed);
  return count == kReadings;
}

}  // namespace

// The first byte: whether the file is cut off at the first place. Then four bytes a change: where,
// and what is flipped.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const House house;
  if (size == 0) return 0;
  std::string database = house.database;
  for (std::size_t at = 1; at + 4 <= size; at += 4) {
    const std::size_t place =
        (std::size_t{data[at]} << 16 | std::size_t{data[at + 1]} << 8 | data[at + 2]) %
        database.size();
    if (at == 1 && data[0] % 8 == 1) {
      database.resize(place + 1);
      continue;
    }
    database[place] = static_cast<char>(database[place] ^ data[at + 3]);
  }
  house.put(database);
  const bool good = read(house);
  check(good || database != house.database);
  auto writer = store::Store::open(house.directory);
  if (!writer) return check(!writer.error().what.empty()), 0;
  const std::array more{reading_of(kReadings)};
  const reading::Ledger ledger = ledger_of(kReadings);
  if (const auto done = writer->append({.readings = more, .ledger = &ledger}); !done) {
    check(!done.error().what.empty());
  }
  (void)writer->sync();
  return 0;
}
