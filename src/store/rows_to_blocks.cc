// SPDX-License-Identifier: MIT
#include "store/rows_to_blocks.h"

#include <fmt/format.h>

#include "base/log.h"
#include "store/block.h"
#include "store/block_table.h"
#include "store/chunk.h"
#include "store/schema.h"
#include "store/stamp.h"

namespace fithome::store {
namespace {

// The channels of formats 1 and 2, whatever channels there are today.
constexpr std::string_view kColumns =
    "p, q, s, pf, f, temp, u_a, i_a, p_a, q_a, s_a, pf_a, u_b, i_b, p_b, q_b, s_b, pf_b,"
    " u_c, i_c, p_c, q_c, s_c, pf_c";
static_assert(reading::kChannelCount == 24, "a new channel: name those of old by their names");

void take_row(const Rows& rows, Chunk& chunk) {
  chunk.sequence.push_back(static_cast<Sequence>(rows.integer(0)));
  chunk.time.push_back(from_ms(rows.integer(1)));
  chunk.flags.push_back(static_cast<reading::Flags>(rows.integer(2)));
  int at = 3;
  for (Column& column : chunk.columns) {
    column.steps.push_back(rows.integer32(at));  // SQLite reads an absent one as 0
    column.present.push_back(rows.null(at) ? 0 : 1);
    ++at;
  }
}

Result<void> meter_to_blocks(const Database& db, MeterId meter) {
  FITHOME_TRY(Statement query,
              db.prepare(fmt::format("SELECT sequence, time_ms, flags, {} FROM reading NOT INDEXED"
                                     " WHERE meter = ? ORDER BY sequence",
                                     kColumns)));
  Rows rows = query.bind(meter).rows();
  Chunk chunk = empty_chunk(all_channels());
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (more) take_row(rows, chunk);
    if (chunk.size() == kChunkReadings || (!more && chunk.size() > 0)) {
      FITHOME_TRY_VOID(keep_blocks(db, meter, chunk));
      chunk = empty_chunk(all_channels());
    }
    if (!more) return {};
  }
}

}  // namespace

Result<void> rows_to_blocks(const Database& db) {
  FITHOME_TRY(const std::int64_t last, db.integer("SELECT max(sequence) FROM reading"));
  if (last > 0) log_info("store: {} readings are packed into blocks, once; wait", last);
  FITHOME_TRY(const auto meters, meter_ids(db));
  for (const MeterId meter : meters) FITHOME_TRY_VOID(meter_to_blocks(db, meter));
  return db.execute(fmt::format("UPDATE journal SET sequence = {}; DROP TABLE reading", last));
}

}  // namespace fithome::store
