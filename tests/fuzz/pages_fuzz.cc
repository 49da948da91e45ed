// SPDX-License-Identifier: MIT
//
// A store's database with some of its bytes changed, or cut off, as an SD card does it: each
// reading that is given out is one that was put in, with its number, once, in its order; what is
// missing is found by check(); and the writer refuses or goes on.
//
// Not claimed of the energy ledger, events and cursors: SQLite has no sums over its pages, so a
// changed number in a row of theirs looks like any other.
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "check.h"
#include "store/chunk.h"
#include "store/store.h"

namespace {

using namespace fithome;
using store::Sequence;

constexpr Sequence kReadings = 2 * store::kChunkReadings + 300;
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

std::string contents_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// A directory with a store, and what its files held before anything was done to them.
struct House {
  House() {
    std::string name = std::filesystem::temp_directory_path() / "fithome-pages-XXXXXX";
    directory = ::mkdtemp(name.data());
    fill();  // and closed again: else the newest would stand in readings.db-wal
    const auto reader = store::Reader::open(directory);
    check(reader.has_value());
    hours = reader->rollup({}, kHour).value();
    days = reader->days({}).value();
    database = contents_of(directory / "readings.db");
    journal = contents_of(directory / "journal");
    find_telling();
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

  /// Blocks have sums and most else of the file is zeros: of the bytes, these are worth a change.
  void find_telling() {
    constexpr std::size_t kPage = 4096;
    for (std::size_t at = 0; at < database.size(); ++at) {
      const char kind = database[at < kPage ? 100 : at / kPage * kPage];
      const bool of_a_table = kind == 2 || kind == 5 || kind == 10 || kind == 13;
      if (of_a_table && database[at] != 0) telling.push_back(at);
    }
  }

  void put(const std::string& damaged) const {
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      std::filesystem::remove(entry);
    }
    std::ofstream(directory / "readings.db", std::ios::binary) << damaged;
    std::ofstream(directory / "journal", std::ios::binary) << journal;
  }

  std::filesystem::path directory;
  std::string database, journal;
  std::vector<std::size_t> telling;  // places in the database
  std::vector<store::Rolled> hours, days;
};

bool known(const reading::Reading& reading) {
  const auto n = std::chrono::duration_cast<std::chrono::seconds>(reading.time - kStart).count();
  return n >= 1 && n <= static_cast<std::int64_t>(kReadings) &&
         reading == reading_of(static_cast<Sequence>(n));
}

bool known(Sequence n, const reading::Reading& reading) {
  return n >= 1 && n <= kReadings && reading == reading_of(n);
}

/// How many readings a scan gives; nothing where it said that it cannot.
std::optional<Sequence> scanned(const store::Reader& reader) {
  auto scan = reader.scan({});
  if (!scan) return check(!scan.error().what.empty()), std::nullopt;
  Sequence count = 0, last = 0;
  while (true) {
    const auto chunk = scan->next();
    if (!chunk) return check(!chunk.error().what.empty()), std::nullopt;
    if (chunk->size() == 0) return count;
    for (std::size_t row = 0; row < chunk->size(); ++row) {
      check(known(chunk->sequence[row], store::reading_at(*chunk, row)));
      check(chunk->sequence[row] > std::exchange(last, chunk->sequence[row]));
    }
    count += chunk->size();
  }
}

bool same(const std::vector<store::Rolled>& a, const std::vector<store::Rolled>& b) {
  return std::ranges::equal(a, b, [](const store::Rolled& x, const store::Rolled& y) {
    return x.start == y.start && x.readings == y.readings && x.flags == y.flags &&
           std::ranges::equal(x.values, y.values, [](const auto& v, const auto& w) {
             return v.count == w.count && v.min == w.min && v.mean == w.mean && v.max == w.max;
           });
  });
}

/// Whether all readings are there, and they, hours and days are said to be good.
bool read(const House& house) {
  const auto reader = store::Reader::open(house.directory);
  if (!reader) return check(!reader.error().what.empty()), false;
  const auto count = scanned(*reader);
  if (const auto some = reader->read_after(100, 5000)) {
    Sequence last = 100;
    for (const store::Numbered& one : *some) {
      check(known(one.sequence, one.reading) && one.sequence > std::exchange(last, one.sequence));
    }
  }
  if (const auto newest = reader->newest(); newest && *newest) check(known(**newest));
  const auto hours = reader->rollup({}, kHour);
  const auto days = reader->days({});
  (void)reader->ledger();
  (void)reader->ledger_at(kStart);
  (void)reader->events(UtcTime::min(), UtcTime::max());
  (void)reader->calibrations();
  (void)reader->meters();
  (void)reader->info();
  const auto found = reader->check([](double) { return true; });
  if (!found || !found->good()) return false;
  check(count == kReadings);
  check(hours && same(*hours, house.hours) && days && same(*days, house.days));
  return true;
}

}  // namespace

// The first byte: 1, whether the file is cut off at the first place; 8, whether places are counted
// in telling bytes alone. Then four bytes a change: where, and what is flipped.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const House house;
  if (size == 0) return 0;
  std::string database = house.database;
  for (std::size_t at = 1; at + 4 <= size; at += 4) {
    std::size_t place = std::size_t{data[at]} << 16 | std::size_t{data[at + 1]} << 8 | data[at + 2];
    place =
        (data[0] & 8) != 0 ? house.telling[place % house.telling.size()] : place % database.size();
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
