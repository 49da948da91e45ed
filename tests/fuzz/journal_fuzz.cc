// SPDX-License-Identifier: MIT
//
// Any bytes as a journal of the store, as they are and with their sums put right: what is found is
// intact and in order, any record is taken or refused with a reason, a store takes what follows
// its own readings, and no other, and one that looked at the file before it grew comes to the same
// as one that looks at it afresh.
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "check.h"
#include "store/crc32.h"
#include "store/journal.h"
#include "store/little_endian.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/tail.h"
#include "store/unsealed.h"

namespace {

using namespace fithome;
using store::JournalPlace;

const store::JournalHeader kHeader{"a house", 1, 0};
const JournalPlace kFirst = store::chain_start(kHeader);

// As docs/store-format.md has them.
void mend_sums(std::vector<std::byte>& bytes) {
  for (std::size_t n = 0; n < 4 && n < bytes.size(); ++n) bytes[n] = std::byte("FHJ2"[n]);
  if (bytes.size() < kFirst.at) return;
  const auto all = std::span(bytes);
  std::uint32_t sum = store::crc32(all.subspan(8, kFirst.at - 8));
  store::set_number(bytes, 4, sum, 4);
  for (std::size_t at = kFirst.at; at + 8 <= bytes.size();) {
    // Short ones, so that there are several: a size of random bytes would reach far beyond the end.
    const std::size_t size =
        std::min<std::size_t>(store::load_number(bytes, at, 4) & 0x7F, bytes.size() - at - 8);
    store::set_number(bytes, at, size, 4);
    sum = store::crc32(all.subspan(at + 8, size), store::crc32(all.subspan(at, 4), sum));
    store::set_number(bytes, at + 4, sum, 4);
    at += 8 + size;
  }
}

class MemoryFile {
 public:
  explicit MemoryFile(const std::vector<std::byte>& bytes) : file_(::memfd_create("journal", 0)) {
    check(::write(file_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(file_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }
  void put(std::span<const std::byte> bytes) const {
    check(::ftruncate(file_, 0) == 0);
    check(::pwrite(file_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  }

 private:
  int file_;
};

// A database that says kHeader of its journal.
struct House {
  House() {
    std::string name = std::filesystem::temp_directory_path() / "fithome-journal-XXXXXX";
    directory = ::mkdtemp(name.data());
    auto opened = store::Database::open(directory / store::kFileName, store::Access::write);
    check(opened.has_value() && store::create(*opened).has_value());
    check(opened
              ->execute("UPDATE meta SET value = 'a house' WHERE key = 'site';"
                        "UPDATE journal SET generation = 1")
              .has_value());
    db.emplace(*std::move(opened));
  }
  House(const House&) = delete;
  House& operator=(const House&) = delete;
  ~House() {
    db.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }
  std::filesystem::path directory;
  std::optional<store::Database> db;
};

const House& house() {
  static const House one;
  return one;
}

// What a store makes of it when it is opened: readings that follow its own, or a doubt.
void recover(store::JournalReader& journal) {
  const auto unsealed = store::read_unsealed(*house().db, journal);
  if (!unsealed) return check(!unsealed.error().what.empty());
  const auto front = journal.front();
  check(front.has_value());
  const bool whole = front->kind == store::JournalFront::Kind::whole;
  if (unsealed->tail.records() > 0 && whole) check(front->header == unsealed->header);
  if (unsealed->fit == store::Fit::foreign) check(unsealed->tail.records() == 0);
  if (unsealed->fit != store::Fit::good) check(!unsealed->doubt.empty());
  check((unsealed->fit == store::Fit::mended) == (unsealed->header != kHeader));
}

bool same(const store::Chunk& a, const store::Chunk& b) {
  return a.time == b.time && a.sequence == b.sequence && a.flags == b.flags &&
         std::ranges::equal(a.columns, b.columns, [](const auto& x, const auto& y) {
           return x.steps == y.steps && x.present == y.present;
         });
}

bool same(const store::Tail& a, const store::Tail& b) {
  return a.sealed() == b.sealed() && a.last() == b.last() && a.records() == b.records() &&
         a.longest() == b.longest() && a.skews().size() == b.skews().size() &&
         std::ranges::equal(a.meters(), b.meters(), [](const auto& x, const auto& y) {
           return x.first == y.first && same(x.second.readings, y.second.readings) &&
                  x.second.marks == y.second.marks &&
                  x.second.latest.ledger == y.second.latest.ledger;
         });
}

/// A reader that has looked at `before` looks on: at what it grew to, or, where it took nothing
/// from it, at whatever stands there now.
void look_on(std::span<const std::byte> before, std::span<const std::byte> now, bool grown) {
  const MemoryFile file({before.begin(), before.end()});
  auto journal = store::JournalReader::open(file.path());
  if (!journal) return;  // of another program
  auto kept = store::read_unsealed(*house().db, *journal);
  if (!kept || (!grown && kept->tail.records() > 0)) return;
  file.put(now);
  const auto done = store::catch_up(*house().db, *journal, *kept);
  const auto fresh = store::read_unsealed(*house().db, *journal);
  check(done.has_value() == fresh.has_value());
  if (!fresh) return;
  check(kept->fit == fresh->fit && kept->header == fresh->header);
  check(kept->doubt.empty() == fresh->doubt.empty() || kept->fit == store::Fit::good);
  check(kept->end.at == fresh->end.at && same(kept->tail, fresh->tail));
}

/// Cut off behind the header, and anywhere; with a damaged header, and with none yet. Anywhere
/// follows from the bytes, so that an input is always the same.
void look_on(const std::vector<std::byte>& bytes) {
  if (bytes.size() <= kFirst.at) return;
  const auto all = std::span(bytes);
  const std::size_t anywhere = store::crc32(all);
  look_on(all.first(kFirst.at), all, true);
  look_on(all.first(anywhere % bytes.size()), all, true);
  std::vector<std::byte> other = bytes;
  if (anywhere % 2 == 0) {
    other[20] ^= std::byte{1};
  } else {
    std::ranges::fill(std::span(other).first(kFirst.at), std::byte{});
  }
  look_on(other, all, false);
}

void read(const std::vector<std::byte>& bytes) {
  const MemoryFile file(bytes);
  auto journal = store::JournalReader::open(file.path());
  if (!journal) return check(!journal.error().what.empty());
  recover(*journal);
  look_on(bytes);
  const auto front = journal->front();
  check(front.has_value());
  const bool whole = front->kind == store::JournalFront::Kind::whole;
  journal->go_on(whole ? store::chain_start(front->header) : kFirst);
  store::Tail tail(0, {});
  for (std::size_t at = kFirst.at;;) {
    const auto record = journal->next();
    check(record.has_value());
    if (record->empty()) return;
    at += 8 + record->size();
    check(at == journal->place().at && at <= bytes.size());
    const auto taken = tail.apply(*record);
    if (!taken) return check(!taken.error().what.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* begin = reinterpret_cast<const std::byte*>(data);
  std::vector<std::byte> bytes(begin, begin + size);
  read(bytes);
  mend_sums(bytes);
  read(bytes);
  store::Tail tail(0, {});
  if (const auto taken = tail.apply(std::span(begin, size)); !taken)
    check(!taken.error().what.empty());
  return 0;
}
