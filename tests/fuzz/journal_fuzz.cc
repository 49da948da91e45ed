// SPDX-License-Identifier: MIT
//
// Any bytes as a journal of the store, as they are and with their sums put right: what is found is
// intact and in order, and any record is taken or refused with a reason.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "check.h"
#include "store/crc32.h"
#include "store/journal.h"
#include "store/little_endian.h"
#include "store/tail.h"

namespace {

using namespace fithome;
using store::JournalPlace;

const store::JournalHeader kHeader{"a house", 1, 0};
const JournalPlace kFirst = store::chain_start(kHeader);

// As docs/store-format.md has them.
void mend_sums(std::vector<std::byte>& bytes) {
  for (std::size_t n = 0; n < 4 && n < bytes.size(); ++n) bytes[n] = std::byte("FHJ2"[n]);
  std::uint32_t sum = kFirst.sum;
  for (std::size_t at = kFirst.at; at + 8 <= bytes.size();) {
    const auto all = std::span(bytes);
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

void read(const std::vector<std::byte>& bytes) {
  const MemoryFile file(bytes);
  auto journal = store::JournalReader::open(file.path());
  if (!journal) return check(!journal.error().what.empty());
  journal->go_on(kFirst);
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
