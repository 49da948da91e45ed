// SPDX-License-Identifier: MIT
//
// The journal: a file of records, one an append, that is only ever written forwards. Once what it
// holds is sealed into blocks it begins again at its front.
//
// Flow:    Store::append -> record -> Journal -> file -> JournalReader -> Tail
// Shape:   a header, then records of {u32 size, u32 sum, payload}. Each sum goes on from the one
//          before, the first from the header's: so a record that an earlier life of the file left
//          behind never fits, wherever it lies. Until format 4 there was a mark and no header
// Promise: append() is safe from a kill when it returns, sync() from a power cut. The file is full
//          of zeros in front of what is written, so that a sync costs a page or two of data and
//          no change of the file's size
// Errors:  transient - no room, I/O error;  invalid - may not be written;  corrupt - not a journal
// Threads: Journal: the writer's. JournalReader: one thread; it may read while the writer writes
// Source:  docs/store-format.md#journal
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace fithome::store {

constexpr std::string_view kJournalName = "journal";

/// Between two records: where the next one stands, and what its sum goes on from.
struct JournalPlace {
  std::size_t at = 0;
  std::uint32_t sum = 0;
};

/// What the records follow. The database says the same; the journal's own word has a sum.
struct JournalHeader {
  std::string site;             // its first 40 bytes
  std::int64_t generation = 0;  // how often the journal has begun anew
  std::uint64_t sequence = 0;   // the number of the last reading before it
  friend bool operator==(const JournalHeader&, const JournalHeader&) = default;
};

/// In front of the first record behind this header.
JournalPlace chain_start(const JournalHeader& header);
/// In front of the first record of a journal without one.
JournalPlace chain_start_of_4(std::string_view site, std::int64_t generation);

/// What a journal begins with.
struct JournalFront {
  enum class Kind : std::uint8_t {
    empty,     // nothing, or zeros where a crash was quicker
    headless,  // of format 4 or earlier
    whole,
    damaged,  // a header whose sum does not fit
  };
  Kind kind = Kind::empty;
  JournalHeader header = {};  // of a whole one
  friend bool operator==(const JournalFront&, const JournalFront&) = default;
};

class Journal {
 public:
  /// Makes the file where there is none; its name is the caller's to make durable.
  static Result<Journal> open(const std::filesystem::path& file);

  /// The next record is the first, and is written together with this header.
  void begin(const JournalHeader& header);
  /// The next record is written here, behind another one.
  void go_on(JournalPlace place);
  /// Sees that a record of this size has its room on the disk.
  Result<void> reserve(std::size_t payload);
  /// After a failure it can be tried again.
  Result<void> append(std::span<const std::byte> payload);
  Result<void> sync();

 private:
  Journal(UniqueFd file, std::size_t size) : file_(std::move(file)), size_(size) {}

  UniqueFd file_;
  std::size_t size_;  // of the file
  JournalPlace place_;
  bool dirty_ = false;
  std::vector<std::byte> header_;  // to be written in front of the next record
  std::vector<std::byte> record_;  // the last one, its room used again
};

/// Goes through the records that are intact and in order.
class JournalReader {
 public:
  /// A file that is not there is an empty one; it is looked for again.
  static Result<JournalReader> open(const std::filesystem::path& file);

  Result<JournalFront> front();
  void go_on(JournalPlace place);
  /// Behind the last record that was given out.
  JournalPlace place() const { return place_; }
  /// The payload of the next record, until the next call; nothing at the end. Asked again there, it
  /// looks whether something has been written since.
  Result<std::span<const std::byte>> next();

 private:
  explicit JournalReader(std::filesystem::path path) : path_(std::move(path)) {}
  Result<void> find_file();
  /// At least `size` bytes from the place on, or fewer where the file ends.
  Result<std::span<const std::byte>> look(std::size_t size);
  std::size_t file_size() const;

  std::filesystem::path path_;
  UniqueFd file_;
  JournalPlace place_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;  // of the buffer, in the file
};

}  // namespace fithome::store
