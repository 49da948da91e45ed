// SPDX-License-Identifier: MIT
#include "store/tail.h"

#include <algorithm>

#include "store/block.h"
#include "store/chunk.h"
#include "store/predict.h"
#include "store/rice.h"
#include "store/schema.h"
#include "store/stamp.h"

namespace fithome::store {
namespace {

using reading::kChannelCount;

// Parts of a batch, as bits.
constexpr std::uint8_t kHasLedger = 1;
constexpr std::uint8_t kBeginsEra = 2;  // all ledgers that stand become marks
constexpr std::uint8_t kInCounts = 4;   // its ledger's energies moved by whole counts of the chip

constexpr std::uint64_t zigzag64(std::int64_t number) {
  return static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
}
constexpr std::int64_t unzigzag64(std::uint64_t number) {
  return static_cast<std::int64_t>(number >> 1 ^ (~(number & 1) + 1));
}
void put_time(std::vector<std::byte>& out, UtcTime time, UtcTime before) {
  const auto by = static_cast<std::uint64_t>(ms(time)) - static_cast<std::uint64_t>(ms(before));
  put_varint(out, zigzag64(static_cast<std::int64_t>(by)));
}
UtcTime take_time(ByteReader& in, UtcTime before) {
  const auto sum = static_cast<std::uint64_t>(ms(before)) +
                   static_cast<std::uint64_t>(unzigzag64(in.varint64()));
  return from_ms(static_cast<std::int64_t>(sum));
}

std::uint32_t present_bits(const reading::Reading& reading) {
  std::uint32_t bits = 0;
  for (std::size_t id = 0; id < kChannelCount; ++id) {
    if (reading.steps[id]) bits |= std::uint32_t{1} << id;
  }
  return bits;
}

void put_reading(std::vector<std::byte>& out, const reading::Reading& reading, Latest& latest) {
  const std::uint32_t present = present_bits(reading);
  put_time(out, reading.time, latest.time);
  put_varint(out, reading.flags ^ latest.flags);
  put_varint(out, present ^ latest.present);
  for (std::size_t id = 0; id < kChannelCount; ++id) {
    if (!reading.steps[id]) continue;
    put_varint(out, zigzag(wrapped_difference(*reading.steps[id], latest.steps[id])));
    latest.steps[id] = *reading.steps[id];
  }
  latest.time = reading.time;
  latest.flags = reading.flags;
  latest.present = present;
}

constexpr std::size_t kUsualRecord = 128;  // bytes of a reading and its ledger, with some room

constexpr std::size_t kNumbers = kLedgerFields - 2;
static_assert(kNumbers <= 64, "which of them moved is told by a bit each");
using Numbers = std::array<std::uint64_t, kNumbers>;

/// What each number of a ledger counts in: energies in counts of the chip, the counters in ones.
constexpr std::array<std::int64_t, kNumbers> count_sizes() {
  std::array<std::int64_t, kNumbers> sizes{};
  std::size_t n = 0;
  const reading::Ledger ledger;
  each_number(ledger, [&](auto, auto, std::string_view unit, auto) {
    sizes[n++] = unit == "counts" ? 1 : reading::kNanoWattHoursPerCount;
  });
  return sizes;
}
constexpr auto kCountSizes = count_sizes();

Numbers numbers_of(reading::Ledger ledger) {
  Numbers all{};
  std::size_t n = 0;
  each_number(ledger, [&](auto, auto, auto, auto& number) {
    all[n++] = static_cast<std::uint64_t>(number);
  });
  return all;
}

/// By how much each number has moved.
std::array<std::int64_t, kNumbers> moves(const reading::Ledger& from, const reading::Ledger& to) {
  const Numbers old = numbers_of(from);
  const Numbers now = numbers_of(to);
  std::array<std::int64_t, kNumbers> by{};
  for (std::size_t n = 0; n < kNumbers; ++n) by[n] = static_cast<std::int64_t>(now[n] - old[n]);
  return by;
}

/// As a rule they are: a current_scale, or a total set by hand, makes other steps.
bool whole_counts(const std::array<std::int64_t, kNumbers>& by) {
  for (std::size_t n = 0; n < kNumbers; ++n) {
    if (by[n] != 0 && by[n] % kCountSizes[n] != 0) return false;  // most do not move
  }
  return true;
}

void put_ledger(std::vector<std::byte>& out, const reading::Ledger& ledger, Latest& latest,
                std::byte& parts) {
  const reading::Ledger before = latest.ledger.value_or(reading::Ledger{});
  const auto by = moves(before, ledger);
  const bool in_counts = whole_counts(by);
  if (in_counts) parts |= std::byte(kInCounts);
  std::uint64_t moved = 0;
  for (std::size_t n = 0; n < kNumbers; ++n) {
    if (by[n] != 0) moved |= std::uint64_t{1} << n;
  }
  put_time(out, ledger.time, before.time);
  put_varint(out, moved);
  for (std::size_t n = 0; n < kNumbers; ++n) {
    if (by[n] != 0) put_varint(out, zigzag64(in_counts ? by[n] / kCountSizes[n] : by[n]));
  }
  latest.ledger = ledger;
}

}  // namespace

Tail::Tail(Sequence last, const std::map<MeterId, reading::Ledger>& ledgers)
    : sealed_(last), last_(last) {
  for (const auto& [id, ledger] : ledgers) meter(id).latest.ledger = ledger;
}

MeterTail& Tail::meter(MeterId id) {
  MeterTail& meter = meters_[id];
  if (meter.readings.columns.empty()) meter.readings = empty_chunk(all_channels());
  return meter;
}

const MeterTail* Tail::find(MeterId meter) const {
  const auto found = meters_.find(meter);
  return found == meters_.end() ? nullptr : &found->second;
}

std::vector<std::byte> Tail::encode(std::span<const Batch> batches) const {
  std::map<MeterId, Latest> latest;
  std::size_t skews = 0;
  std::vector<std::byte> out;
  out.reserve(kUsualRecord);
  put_varint(out, last_);
  put_varint(out, batches.size());
  for (const Batch& batch : batches) {
    const MeterTail* known = find(batch.meter);
    Latest& of =
        latest.try_emplace(batch.meter, known != nullptr ? known->latest : Latest{}).first->second;
    put_varint(out, static_cast<std::uint32_t>(batch.meter));
    const std::size_t parts = out.size();
    out.push_back(std::byte((batch.ledger != nullptr ? kHasLedger : 0) |
                            (batch.era != nullptr ? kBeginsEra : 0)));
    put_varint(out, batch.readings.size());
    for (const reading::Reading& reading : batch.readings) put_reading(out, reading, of);
    if (batch.ledger != nullptr) {
      std::byte all = out[parts];
      put_ledger(out, *batch.ledger, of, all);
      out[parts] = all;
    }
    skews += batch.skews.size();
  }
  put_varint(out, skews);
  for (const Batch& batch : batches) {
    for (const Skew& skew : batch.skews) {
      put_varint(out, zigzag64(quarter_of(skew.time)));
      put_varint(out, zigzag64(skew.apart.count()));
    }
  }
  return out;
}

Result<void> Tail::apply(std::span<const std::byte> record) {
  ByteReader in(record);
  const bool follows = in.varint64() == last_;
  const std::uint32_t batches = in.varint();
  for (std::uint32_t n = 0; follows && n < batches && !in.failed(); ++n) apply_batch(in);
  const std::uint32_t skews = in.varint();
  for (std::uint32_t n = 0; follows && n < skews && !in.failed(); ++n) {
    QuarterSkew& of = skews_[unzigzag64(in.varint64())];
    of.worst_us = std::max(of.worst_us, unzigzag64(in.varint64()));
    ++of.ticks;
  }
  if (!follows || in.failed() || !in.rest().empty()) {
    return fail(Code::corrupt, "a record of the journal is none of ours");
  }
  ++records_;
  return {};
}

void Tail::apply_batch(ByteReader& in) {
  MeterTail& of = meter(static_cast<MeterId>(in.varint()));
  const auto parts = static_cast<std::uint8_t>(in.number(1));
  if ((parts & kBeginsEra) != 0) {
    // What flowed until now was before it, whenever its readings will turn out to have been.
    for (auto& [id, other] : meters_) {
      if (other.latest.ledger) other.marks.push_back(*other.latest.ledger);
    }
  }
  const std::uint32_t readings = in.varint();
  for (std::uint32_t n = 0; n < readings && !in.failed(); ++n) apply_reading(in, of);
  longest_ = std::max(longest_, of.readings.size());
  if ((parts & kHasLedger) != 0) apply_ledger(in, of, (parts & kInCounts) != 0);
}

void Tail::apply_reading(ByteReader& in, MeterTail& meter) {
  Latest& latest = meter.latest;
  latest.time = take_time(in, latest.time);
  latest.flags ^= in.varint();
  latest.present ^= in.varint();
  Chunk& to = meter.readings;
  to.sequence.push_back(++last_);
  to.time.push_back(latest.time);
  to.flags.push_back(latest.flags);
  for (std::size_t id = 0; id < kChannelCount; ++id) {
    const bool there = (latest.present >> id & 1) != 0;
    if (there) latest.steps[id] = wrapped_sum(latest.steps[id], unzigzag(in.varint()));
    to.columns[id].steps.push_back(there ? latest.steps[id] : 0);
    to.columns[id].present.push_back(there ? 1 : 0);
  }
}

void Tail::apply_ledger(ByteReader& in, MeterTail& meter, bool in_counts) {
  const bool first = !meter.latest.ledger;
  reading::Ledger ledger = meter.latest.ledger.value_or(reading::Ledger{});
  ledger.time = take_time(in, ledger.time);
  const std::uint64_t moved = in.varint64();
  std::size_t n = 0;
  each_number(ledger, [&](auto, auto, auto, auto& number) {
    const std::size_t at = n++;
    if ((moved >> at & 1) == 0) return;
    auto by = static_cast<std::uint64_t>(unzigzag64(in.varint64()));
    if (in_counts) by *= static_cast<std::uint64_t>(kCountSizes[at]);
    number =
        static_cast<std::remove_cvref_t<decltype(number)>>(static_cast<std::uint64_t>(number) + by);
  });
  const bool passed = !first && quarter_of(meter.latest.ledger->time) != quarter_of(ledger.time);
  if (passed) meter.marks.push_back(*meter.latest.ledger);
  if (first) meter.marks.push_back(ledger);  // the beginning of all counting
  meter.latest.ledger = ledger;
}

}  // namespace fithome::store
