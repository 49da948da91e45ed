// SPDX-License-Identifier: MIT
#include "store/era.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "store/block.h"
#include "store/block_table.h"
#include "store/stamp.h"

namespace fithome::store {
namespace {

constexpr std::array<std::string_view, 3> kTrust{"unset", "unvouched", "vouched"};

std::optional<std::int64_t> number(std::string_view word) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return {};
  return value;
}

std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

struct Move {
  std::int64_t first, last, by;
};

Result<void> move(const Database& db, std::string_view sql, const Move& move) {
  FITHOME_TRY(Statement statement, db.prepare(sql));
  return statement.bind(move.first).bind(move.last).bind(move.by).run();
}

// Where the time is part of the key, one row must not land on another that has yet to move: all go
// through negative times, which no stamp has.
Result<void> move_key(const Database& db, std::string_view table, std::string_view column,
                      const Move& to) {
  FITHOME_TRY_VOID(move(
      db,
      fmt::format("UPDATE {0} SET {1} = -({1} + ?3) WHERE {1} BETWEEN ?1 AND ?2", table, column),
      to));
  return db.execute(
      fmt::format("UPDATE OR REPLACE {0} SET {1} = -{1} WHERE {1} < 0", table, column));
}

// Whole blocks; one may hold readings that stay too.
Result<void> move_block(const Database& db, const BlockRow& row, const Restamp& restamp) {
  FITHOME_TRY(Chunk chunk, load_block(db, row, all_channels()));
  bool moved = false;
  for (std::size_t n = 0; n < chunk.size(); ++n) {
    if (chunk.time[n] < restamp.from.first || chunk.time[n] > restamp.last) continue;
    chunk.time[n] += restamp.by;
    chunk.flags[n] = (chunk.flags[n] & ~restamp.clear) | restamp.set;
    moved = true;
  }
  return moved ? replace_block(db, row, chunk) : Result<void>();
}

Result<std::vector<BlockRow>> blocks_of(const Database& db, const Restamp& restamp) {
  FITHOME_TRY(Statement query, db.prepare("SELECT id, first_ms, last_ms, count, meter FROM block"
                                          " WHERE first_ms <= ?2 AND last_ms >= ?1"));
  Rows rows = query.bind(ms(restamp.from.first)).bind(ms(restamp.last)).rows();
  std::vector<BlockRow> blocks;
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) return blocks;
    blocks.push_back(read_block_row(rows, rows.integer32(4)));
  }
}

Result<void> move_readings(const Database& db, const Restamp& restamp) {
  FITHOME_TRY(const auto blocks, blocks_of(db, restamp));
  for (const BlockRow& row : blocks) FITHOME_TRY_VOID(move_block(db, row, restamp));
  return {};
}

}  // namespace

std::string to_text(const Era& era) {
  return fmt::format("{} {} {} {} {}", era.boot, era.offset.count(), ms(era.first),
                     era.before ? std::to_string(ms(*era.before)) : "-",
                     kTrust[static_cast<std::size_t>(era.trust)]);
}

std::optional<Era> parse_era(std::string_view text) {
  Era era;
  era.boot = take_word(text);
  const auto offset = number(take_word(text));
  const auto first = number(take_word(text));
  const std::string_view before = take_word(text);
  const std::string_view trust = take_word(text);
  if (!offset || !first || (before != "-" && !number(before))) return {};
  era.offset = std::chrono::milliseconds(*offset);
  era.first = from_ms(*first);
  if (before != "-") era.before = from_ms(*number(before));
  for (std::size_t n = 0; n < kTrust.size(); ++n) {
    if (trust != kTrust[n]) continue;
    era.trust = static_cast<Trust>(n);
    return era;
  }
  return {};
}

Result<std::optional<Era>> read_era(const Database& db) {
  FITHOME_TRY(const std::string text,
              db.text("SELECT coalesce((SELECT value FROM meta WHERE key = 'era'), '')"));
  return parse_era(text);
}

Result<void> write_era(const Database& db, const Era& era) {
  FITHOME_TRY(Statement statement, db.prepare("INSERT OR REPLACE INTO meta VALUES('era', ?)"));
  return statement.bind(to_text(era)).run();
}

Result<void> restamp(const Database& db, const Restamp& restamp) {
  FITHOME_TRY(const auto now, read_era(db));
  // Its begin and trust may be known better than the store was told yet; the offset tells it apart.
  if (now && now->boot == restamp.from.boot && now->offset == restamp.from.offset) {
    const Move to{ms(restamp.from.first), ms(restamp.last), restamp.by.count()};
    FITHOME_TRY_VOID(move_readings(db, restamp));
    FITHOME_TRY_VOID(
        move(db, "UPDATE ledger SET time_ms = time_ms + ?3 WHERE time_ms BETWEEN ?1 AND ?2", to));
    FITHOME_TRY_VOID(move_key(db, "ledger_mark", "time_ms", to));
    FITHOME_TRY_VOID(
        move(db, "UPDATE event SET end_ms = end_ms + ?3 WHERE end_ms BETWEEN ?1 AND ?2", to));
    FITHOME_TRY_VOID(move_key(db, "event", "begin_ms", to));
    FITHOME_TRY_VOID(move(
        db, "UPDATE calibration SET time_ms = time_ms + ?3 WHERE time_ms BETWEEN ?1 AND ?2", to));
  }
  return write_era(db, restamp.to);
}

}  // namespace fithome::store
