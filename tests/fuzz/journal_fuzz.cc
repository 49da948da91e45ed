// SPDX-License-Identifier: MIT
//
// Any bytes as a journal of the store, as they are and with their sums put right: what is found is
// intact and in order, any record is taken or refused with a reason, and a store takes what follows
// its own readings, and no other.
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

// What a store makes of it when it is opened: readings that follow its own, or a doubt.
void recover(store::JournalReader& journal) {
  static const House house;
  const auto unsealed = store::read_unsealed(*house.db, journal);
  if (!unsealed) return check(!unsealed.error().what.empty());
  const auto front = journal.front();
  check(front.has_value());
  const bool whole = front->kind == store::JournalFront::Kind::whole;
  if (unsealed->tail.records() > 0 && whole) check(front->header == unsealed->header);
  if (unsealed->fit == store::Fit::foreign) check(unsealed->tail.records() == 0);
  if (unsealed->fit != store::Fit::good) check(!unsealed->doubt.empty());
  check((unsealed->fit == store::Fit::mended) == (unsealed->header != kHeader));
}

void read(const std::vector<std::byte>& bytes) {
  const MemoryFile file(bytes);
  auto journal = store::JournalReader::open(file.path());
  if (!journal) return check(!journal.error().what.empty());
  recover(*journal);
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
