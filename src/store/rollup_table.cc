// SPDX-License-Identifier: MIT
#include "store/rollup_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/log.h"
#include "store/block.h"
#include "store/block_table.h"
#include "store/rollup_steps.h"
#include "store/schema.h"
#include "store/stamp.h"

namespace fithome::store {
namespace {

using reading::kChannels;
using reading::Summary;
using std::chrono::hours;

/// Into the table, on top of what is there.
Result<void> add_to(const Database& db, const Level& level, MeterId meter,
                    const Gathered& gathered) {
  FITHOME_TRY(Statement step,
              db.prepare(fmt::format("INSERT INTO {}(meter, start_ms, readings, flags)"
                                     " VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                                     " readings = readings + excluded.readings,"
                                     " flags = flags | excluded.flags",
                                     level.table)));
  FITHOME_TRY(Statement value,
              db.prepare(fmt::format("INSERT INTO {}(meter, channel, start_ms, count, min, sum,"
                                     " max) VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                                     " count = count + excluded.count, min = min(min,"
                                     " excluded.min), sum = sum + excluded.sum,"
                                     " max = max(max, excluded.max)",
                                     level.values)));
  for (const auto& [start, of] : gathered.steps()) {
    FITHOME_TRY_VOID(
        step.bind(meter).bind(ms(start)).bind(of.readings).bind(std::int64_t{of.flags}).run());
  }
  // A channel after the other, as the table has them.
  for (const reading::Channel& channel : kChannels) {
    const auto id = static_cast<std::size_t>(&channel - kChannels.data());
    for (const auto& [start, of] : gathered.steps()) {
      const Summary& sum = of.values[id];
      if (sum.count() == 0) continue;
      FITHOME_TRY_VOID(value.bind(meter)
                           .bind(channel.name)
                           .bind(ms(start))
                           .bind(sum.count())
                           .bind(sum.min())
                           .bind(sum.sum())
                           .bind(sum.max())
                           .run());
    }
  }
  return {};
}

Result<void> refill_level(const Database& db, const Level& level, MeterId meter,
                          const Span& touched) {
  const Span whole{level.begin(touched.from), level.next(level.begin(touched.to))};
  for (const std::string_view table : {level.table, level.values}) {
    FITHOME_TRY(Statement remove,
                db.prepare(fmt::format("DELETE FROM {} WHERE meter = ? AND start_ms >= ?"
                                       " AND start_ms < ?",
                                       table)));
    FITHOME_TRY_VOID(remove.bind(meter).bind(ms(whole.from)).bind(ms(whole.to)).run());
  }
  Gathered gathered(level);
  FITHOME_TRY_VOID(each_minutes(
      db, meter, whole, all_channels(),
      [&gathered](const Minutes& minutes, std::size_t row) { gathered.add(minutes, row); }));
  return add_to(db, level, meter, gathered);
}

Result<void> insert_minutes(const Database& db, MeterId meter, std::int64_t block,
                            const Chunk& readings, const Minutes& minutes) {
  const auto [first, last] = std::ranges::minmax(readings.time);
  FITHOME_TRY(Statement insert,
              db.prepare("INSERT OR REPLACE INTO minutes(block, meter, first_ms, last_ms, data)"
                         " VALUES(?, ?, ?, ?, ?)"));
  return insert.bind(block)
      .bind(meter)
      .bind(ms(first))
      .bind(ms(last))
      .bind(encode_minutes(minutes))
      .run();
}

UtcTime hour_begin(UtcTime time) {
  return UtcTime(std::chrono::floor<hours>(time.time_since_epoch()));
}
UtcTime hour_next(UtcTime begin) { return begin + hours(1); }
// A day has 23 to 25 hours: half of one behind its end is in the next.
UtcTime day_next(UtcTime begin) { return local_midnight(begin + hours(36)); }

/// From the first minute to the last; nothing where there is none.
Result<std::optional<Span>> all_minutes(const Database& db, MeterId meter) {
  FITHOME_TRY(Statement query,
              db.prepare("SELECT min(first_ms), max(last_ms) FROM minutes WHERE meter = ?"));
  Rows rows = query.bind(meter).rows();
  FITHOME_TRY([[maybe_unused]] const bool row, rows.next());
  if (rows.null(0)) return std::optional<Span>();
  return std::optional(Span{from_ms(rows.integer(0)), from_ms(rows.integer(1))});
}

// A day at a time is not much to hold; ten years would be.
constexpr auto kAtOnce = std::chrono::days(40);

Result<void> refill_all(const Database& db, const Level& level, MeterId meter) {
  FITHOME_TRY(const auto all, all_minutes(db, meter));
  for (const std::string_view table : {level.table, level.values}) {
    FITHOME_TRY(Statement remove, db.prepare(fmt::format("DELETE FROM {} WHERE meter = ?", table)));
    FITHOME_TRY_VOID(remove.bind(meter).run());
  }
  if (!all) return {};
  for (UtcTime at = level.begin(all->from); at <= all->to;) {
    const UtcTime end = level.begin(at + kAtOnce);
    Gathered gathered(level);
    FITHOME_TRY_VOID(each_minutes(
        db, meter, {at, end}, all_channels(),
        [&gathered](const Minutes& minutes, std::size_t row) { gathered.add(minutes, row); }));
    FITHOME_TRY_VOID(add_to(db, level, meter, gathered));
    at = end;
  }
  return {};
}

struct BlockId {
  BlockRow row;
  std::vector<std::byte> minutes;  // as they are kept
};

Result<std::optional<BlockId>> block_after(Statement& query, std::int64_t id) {
  Rows rows = query.bind(id).rows();
  FITHOME_TRY(const bool more, rows.next());
  if (!more) return std::optional<BlockId>();
  return std::optional(BlockId{read_block_row(rows, rows.integer32(4)), rows.blob(5)});
}

/// Minutes that are what they should be are not touched.
Result<void> rebuild_minutes(const Database& db, const Went& went, Rebuilt& done) {
  FITHOME_TRY(const std::int64_t blocks, db.integer("SELECT count(*) FROM block"));
  FITHOME_TRY(Statement query,
              db.prepare("SELECT b.id, b.first_ms, b.last_ms, b.count, b.meter, m.data"
                         " FROM block b LEFT JOIN minutes m ON m.block = b.id"
                         " WHERE b.id > ? ORDER BY b.id LIMIT 1"));
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
  while (true) {
    FITHOME_TRY(const auto block, block_after(query, last));
    if (!block) return {};
    last = block->row.id;
    if (!went(static_cast<double>(done.blocks) / static_cast<double>(blocks))) {
      return fail(Code::transient, "stopped; the store is as it was");
    }
    ++done.blocks;
    const auto chunk = load_block(db, block->row, all_channels());
    if (!chunk) {
      if (chunk.error().code != Code::corrupt) return Failure(chunk.error());
      done.bad.push_back(chunk.error().what);
      continue;
    }
    const Minutes minutes = minutes_of(*chunk);
    if (encode_minutes(minutes) == block->minutes) continue;
    ++done.mended;
    FITHOME_TRY_VOID(insert_minutes(db, block->row.meter, block->row.id, *chunk, minutes));
  }
}

}  // namespace

const Level kHours{"hour", "rollup_hour", "rollup_hour_value", hour_begin, hour_next};
const Level kDays{"day", "rollup_day", "rollup_day_value", local_midnight, day_next};

Result<std::int64_t> next_block_id(const Database& db) {
  return db.integer(
      "SELECT 1 + max((SELECT ifnull(max(id), 0) FROM block),"
      " (SELECT ifnull(max(block), 0) FROM minutes))");
}

Result<void> keep_rollups(const Database& db, MeterId meter, std::int64_t block,
                          const Chunk& readings) {
  const Minutes minutes = minutes_of(readings);
  FITHOME_TRY_VOID(insert_minutes(db, meter, block, readings, minutes));
  for (const Level* level : {&kHours, &kDays}) {
    Gathered gathered(*level);
    gathered.add(minutes);
    FITHOME_TRY_VOID(add_to(db, *level, meter, gathered));
  }
  return {};
}

Result<void> replace_minutes(const Database& db, MeterId meter, std::int64_t block,
                             const Chunk& readings) {
  return insert_minutes(db, meter, block, readings, minutes_of(readings));
}

Result<void> refill(const Database& db, MeterId meter, const Span& span) {
  FITHOME_TRY_VOID(refill_level(db, kHours, meter, span));
  return refill_level(db, kDays, meter, span);
}

Result<std::size_t> foreign_days(const Database& db) {
  FITHOME_TRY(Statement query, db.prepare("SELECT DISTINCT start_ms FROM rollup_day"));
  Rows rows = query.rows();
  std::size_t foreign = 0;
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) return foreign;
    const UtcTime start = from_ms(rows.integer(0));
    if (local_midnight(start) != start) ++foreign;
  }
}

Result<void> mend_days(const Database& db) {
  FITHOME_TRY(const std::size_t foreign, foreign_days(db));
  if (foreign == 0) return {};
  log_info("store: the kept days begin at the midnights of another time zone; they are made anew");
  FITHOME_TRY(const auto meters, meter_ids(db));
  for (const MeterId meter : meters) FITHOME_TRY_VOID(refill_all(db, kDays, meter));
  return {};
}

Result<void> each_minutes(const Database& db, MeterId meter, const Span& span,
                          std::span<const reading::ChannelId> channels,
                          const std::function<void(const Minutes&, std::size_t row)>& take) {
  FITHOME_TRY(Statement query, db.prepare("SELECT data FROM minutes WHERE meter = ?"
                                          " AND first_ms < ? AND last_ms >= ? ORDER BY first_ms"));
  Rows rows = query.bind(meter).bind(ms(span.to)).bind(ms(span.from)).rows();
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) return {};
    FITHOME_TRY(const Minutes minutes, decode_minutes(rows.blob(0), channels));
    for (std::size_t row = 0; row < minutes.size(); ++row) {
      if (minutes.start[row] >= span.from && minutes.start[row] < span.to) take(minutes, row);
    }
  }
}

Result<Rebuilt> rebuild_all(const Database& db, const Went& went) {
  Rebuilt done;
  FITHOME_TRY_VOID(rebuild_minutes(db, went, done));
  FITHOME_TRY(const auto meters, meter_ids(db));
  for (const MeterId meter : meters) {
    for (const Level* level : {&kHours, &kDays}) {
      FITHOME_TRY_VOID(refill_all(db, *level, meter));
    }
  }
  went(1);
  return done;
}

}  // namespace fithome::store
