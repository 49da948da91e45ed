// SPDX-License-Identifier: MIT
//
// Readings by their numbers, for those who hand them on.
#include <algorithm>

#include "store/block.h"
#include "store/block_table.h"
#include "store/chunk.h"
#include "store/reader_impl.h"

namespace fithome::store {
namespace {

/// Numbers after `after`, up to and with `last`.
struct NumberRange {
  Sequence after, last;
};

void take(const Chunk& from, const NumberRange& wanted, MeterId meter, std::vector<Numbered>& to) {
  const auto& numbers = from.sequence;
  const auto first = std::ranges::upper_bound(numbers, wanted.after);
  const auto end = std::ranges::upper_bound(numbers, wanted.last);
  for (auto number = first; number < end; ++number) {
    const auto row = static_cast<std::size_t>(number - numbers.begin());
    to.push_back({*number, meter, reading_at(from, row)});
  }
}

/// Blocks of a meter never overlap in their numbers, so the walk back ends at the first before
/// them.
Result<void> take_sealed(const Database& db, BlockLoader& blocks, const NumberRange& wanted,
                         MeterId meter, std::vector<Numbered>& to) {
  FITHOME_TRY(Statement query,
              db.prepare("SELECT id, first_ms, last_ms, count, last_sequence FROM block"
                         " WHERE meter = ? AND first_sequence <= ? ORDER BY first_sequence DESC"));
  Rows rows = query.bind(meter).bind(wanted.last).rows();
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more || static_cast<Sequence>(rows.integer(4)) <= wanted.after) return {};
    FITHOME_TRY(const auto chunk, blocks.load(db, read_block_row(rows, meter), all_channels()));
    if (chunk) take(*chunk, wanted, meter, to);
  }
}

/// The first number behind `after` that is there, in a block or behind all of them.
Result<Sequence> next_there(const Database& db, Sequence after, const Tail& tail) {
  FITHOME_TRY(Statement query,
              db.prepare("SELECT min(first_sequence) FROM block WHERE first_sequence > ?"));
  Rows rows = query.bind(after).rows();
  FITHOME_TRY([[maybe_unused]] const bool row, rows.next());
  return rows.null(0) ? std::max(after, tail.sealed()) + 1 : static_cast<Sequence>(rows.integer(0));
}

}  // namespace

Result<std::vector<Numbered>> Reader::read_after(Sequence after, std::size_t most) const {
  FITHOME_TRY(const View view, impl_->view());
  FITHOME_TRY(const auto meters, this->meters());
  std::vector<Numbered> found;
  while (found.empty() && after < view.tail().last()) {
    const NumberRange wanted{after, after + std::min<Sequence>(most, view.tail().last() - after)};
    for (const Meter& meter : meters) {
      FITHOME_TRY_VOID(take_sealed(impl_->db, impl_->blocks, wanted, meter.id, found));
      const MeterTail* tail = view.tail().find(meter.id);
      if (tail != nullptr) take(tail->readings, wanted, meter.id, found);
    }
    // Readings that were let go, or are damaged, are no end.
    FITHOME_TRY(const Sequence next, next_there(impl_->db, wanted.last, view.tail()));
    after = next - 1;
  }
  std::ranges::sort(found, {}, &Numbered::sequence);
  return found;
}

Result<Sequence> Reader::last_sequence() const {
  FITHOME_TRY(const View view, impl_->view());
  return view.tail().last();
}

Result<Sequence> Reader::sequence_before(UtcTime time) const {
  FITHOME_TRY(const View view, impl_->view());
  Sequence first = view.tail().last() + 1;
  for (const auto& [id, tail] : view.tail().meters()) {
    const auto& times = tail.readings.time;
    for (std::size_t row = 0; row < times.size(); ++row) {
      if (times[row] >= time) first = std::min(first, tail.readings.sequence[row]);
    }
  }
  FITHOME_TRY(Statement query, impl_->db.prepare("SELECT min(first_sequence) FROM block"
                                                 " WHERE last_ms >= ?"));
  Rows rows = query.bind(ms(time)).rows();
  FITHOME_TRY([[maybe_unused]] const bool row, rows.next());
  if (!rows.null(0)) first = std::min(first, static_cast<Sequence>(rows.integer(0)));
  return first - 1;
}

}  // namespace fithome::store
