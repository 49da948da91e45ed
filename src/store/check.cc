// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "store/block_table.h"
#include "store/check_rollups.h"
#include "store/minutes.h"
#include "store/reader_impl.h"

namespace fithome::store {
namespace {

struct NumberedBlock {
  BlockRow row;
  Sequence first, last;
};

Result<std::vector<NumberedBlock>> blocks_of(const Database& db, MeterId meter) {
  FITHOME_TRY(Statement query,
              db.prepare("SELECT id, first_ms, last_ms, count, first_sequence, last_sequence"
                         " FROM block WHERE meter = ? ORDER BY first_sequence"));
  Rows rows = query.bind(meter).rows();
  std::vector<NumberedBlock> blocks;
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) return blocks;
    blocks.push_back({read_block_row(rows, meter), static_cast<Sequence>(rows.integer(4)),
                      static_cast<Sequence>(rows.integer(5))});
  }
}

// load_block() has seen that the rest of the row fits.
bool numbers_fit(const NumberedBlock& block, const Chunk& chunk) {
  return chunk.sequence.front() == block.first && chunk.sequence.back() == block.last &&
         std::ranges::is_sorted(chunk.sequence, std::ranges::less_equal{});
}

Result<void> check_minutes(const Database& db, const BlockRow& row, const Chunk& readings,
                           Checked& found) {
  FITHOME_TRY(Statement query,
              db.prepare("SELECT data FROM minutes WHERE block = ? AND meter = ? AND first_ms = ?"
                         " AND last_ms = ?"));
  Rows rows = query.bind(row.id).bind(row.meter).bind(ms(row.first)).bind(ms(row.last)).rows();
  FITHOME_TRY(const bool there, rows.next());
  if (there && rows.blob(0) == encode_minutes(minutes_of(readings))) return {};
  found.wrong.push_back(fmt::format(
      "roll-ups of meter {}, {} to {}: {}; \"fithome store rebuild\" makes them anew", row.meter,
      to_iso(row.first), to_iso(row.last), there ? "not what the readings come to" : "missing"));
  return {};
}

Result<void> check_database(const Database& db, Checked& found) {
  FITHOME_TRY(Statement query, db.prepare("PRAGMA integrity_check(20)"));
  Rows rows = query.rows();
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) return {};
    if (rows.text(0) != "ok") found.wrong.push_back("SQLite: " + rows.text(0));
  }
}

}  // namespace

Result<Checked> Reader::check(const Went& went) const {
  const Database& db = impl_->db;
  Checked found;
  FITHOME_TRY(const View view, impl_->view());
  FITHOME_TRY_VOID(check_database(db, found));
  if (const Unsealed& unsealed = impl_->unsealed; !unsealed.doubt.empty()) {
    constexpr std::array<std::string_view, 3> kNext{
        "", "; the daemon puts the database right when it starts",
        "; the daemon puts the file aside when it starts"};
    found.wrong.push_back(unsealed.doubt + std::string(kNext[std::to_underlying(unsealed.fit)]));
  }
  FITHOME_TRY(const std::int64_t count, db.integer("SELECT count(*) FROM block"));
  FITHOME_TRY(const std::int64_t before,
              db.integer("SELECT ifnull(min(first_sequence), 1) FROM block"));
  FITHOME_TRY(const auto meters, meter_ids(db));
  for (const MeterId meter : meters) {
    FITHOME_TRY(const auto blocks, blocks_of(db, meter));
    Sequence last = 0;
    for (const NumberedBlock& block : blocks) {
      if (!went(static_cast<double>(found.blocks) /
                static_cast<double>(std::max<std::int64_t>(count, 1)))) {
        return fail(Code::transient, "stopped");
      }
      ++found.blocks;
      found.readings += block.row.count;
      const auto chunk = load_block(db, block.row, all_channels());
      std::string what = chunk ? "" : chunk.error().what;
      if (chunk && !numbers_fit(block, *chunk)) {
        what = "numbers of readings that do not rise from the block's first to its last";
      }
      if (what.empty() && block.first <= last) what = "overlaps the block before it";
      last = block.last;
      if (what.empty()) FITHOME_TRY_VOID(check_minutes(db, block.row, *chunk, found));
      if (what.empty()) continue;
      if (chunk) what = hour_text(block.row) + ": " + what;
      found.bad.push_back(
          {meter, block.row.first, block.row.last, block.row.count, std::move(what)});
    }
    if (const MeterTail* tail = view.tail().find(meter); tail != nullptr) {
      found.unsealed += tail->readings.size();
      if (tail->readings.size() > 0 && tail->readings.sequence.front() <= last) {
        found.wrong.push_back(
            fmt::format("journal: readings of meter {} that are in a block, too", meter));
      }
    }
  }
  FITHOME_TRY_VOID(check_rollups(db, meters, found));
  found.readings += found.unsealed;
  // They are counted without gaps over all meters; the oldest may have been let go.
  const Sequence gone = static_cast<Sequence>(before) - 1;
  if (const Sequence last = view.tail().last(); found.readings + gone != last) {
    found.wrong.push_back(
        fmt::format("{} readings are there, of {} that were counted since the first",
                    found.readings, last - gone));
  }
  went(1);
  return found;
}

}  // namespace fithome::store
