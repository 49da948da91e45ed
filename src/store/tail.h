// SPDX-License-Identifier: MIT
//
// What is not sealed into blocks yet: an hour of readings at most, the ledgers as they stand, and
// what they pass on their way. It is what the records of the journal come to; the writer and every
// reader make theirs from the same records.
//
// Flow:    batches -> encode -> a record -> journal -> apply -> Tail -> blocks, or a query's answer
// Shape:   a record says of each number how it differs from the one before of the same meter: some
//          90 bytes for a reading of 18 channels and its ledger
// Errors:  corrupt - the record is none of ours
// Threads: one
// Source:  docs/store-format.md#journal
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "store/byte_reader.h"
#include "store/store.h"

namespace fithome::store {

/// The greatest skew of a quarter of an hour, and of how many ticks.
struct QuarterSkew {
  std::int64_t worst_us = 0;
  std::int64_t ticks = 0;
};

/// What the next reading and ledger of a meter are told apart from.
struct Latest {
  UtcTime time{};
  reading::Flags flags = 0;
  std::uint32_t present = 0;                                 // a bit a channel
  std::array<std::int32_t, reading::kChannelCount> steps{};  // the last there was of each
  std::optional<reading::Ledger> ledger = {};
};

struct MeterTail {
  Chunk readings;  // all channels, as they came
  Latest latest;
  std::vector<reading::Ledger> marks;  // for `ledger_mark`, in the order in which they are kept
};

class Tail {
 public:
  /// Behind what is sealed: its last sequence number and ledgers.
  Tail(Sequence last, const std::map<MeterId, reading::Ledger>& ledgers);

  /// The record of these batches, to come next.
  std::vector<std::byte> encode(std::span<const Batch> batches) const;
  Result<void> apply(std::span<const std::byte> record);

  /// The number of the last reading, and of the last that is sealed.
  Sequence last() const { return last_; }
  Sequence sealed() const { return sealed_; }
  /// How many records it is made of.
  std::int64_t records() const { return records_; }
  /// The readings of the meter that has the most.
  std::size_t longest() const { return longest_; }
  const std::map<MeterId, MeterTail>& meters() const { return meters_; }
  const std::map<std::int64_t, QuarterSkew>& skews() const { return skews_; }
  /// Nothing where the meter has none.
  const MeterTail* find(MeterId meter) const;

 private:
  void apply_batch(ByteReader& in);
  void apply_reading(ByteReader& in, MeterTail& meter);
  void apply_ledger(ByteReader& in, MeterTail& meter, bool in_counts);
  MeterTail& meter(MeterId id);

  Sequence sealed_, last_;
  std::int64_t records_ = 0;
  std::size_t longest_ = 0;
  std::map<MeterId, MeterTail> meters_;
  std::map<std::int64_t, QuarterSkew> skews_;
};

}  // namespace fithome::store
