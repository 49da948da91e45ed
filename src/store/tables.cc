// SPDX-License-Identifier: MIT
#include "store/tables.h"

#include <fmt/format.h>

#include "store/block_table.h"
#include "store/era.h"
#include "store/schema.h"
#include "store/stamp.h"

namespace fithome::store {
namespace {

Result<void> keep_calibration(const Database& db, const Calibration& calibration, Sequence first) {
  FITHOME_TRY(Statement insert,
              db.prepare("INSERT INTO calibration(meter, first_sequence, time_ms, kind, line,"
                         " reference, before, after, configured, error_ppm, note) VALUES(?, ?, ?,"
                         " ?, nullif(?, ''), nullif(?, ''), ?, ?, ?, ?, nullif(?, ''))"));
  FITHOME_TRY_VOID(insert.bind(calibration.meter)
                       .bind(first)
                       .bind(ms(calibration.time))
                       .bind(calibration.kind)
                       .bind(calibration.line)
                       .bind(calibration.reference)
                       .bind(calibration.before)
                       .bind(calibration.after)
                       .bind(calibration.configured)
                       .bind(calibration.error_ppm)
                       .bind(calibration.note)
                       .run());
  if (!calibration.undoes) return {};
  FITHOME_TRY(Statement undo, db.prepare("UPDATE calibration SET undone_by = last_insert_rowid()"
                                         " WHERE id = ?"));
  return undo.bind(*calibration.undoes).run();
}

Result<void> keep_event(const Database& db, const Event& event) {
  FITHOME_TRY(Statement insert,
              db.prepare("INSERT OR REPLACE INTO event(meter, kind, begin_ms, end_ms, cause,"
                         " reason, channel, worst) VALUES(?, ?, ?, ?, ?, ?, ?, ?)"));
  const auto end = event.end ? std::optional(ms(*event.end)) : std::nullopt;
  return insert.bind(event.meter)
      .bind(event.kind)
      .bind(ms(event.begin))
      .bind(end)
      .bind(event.cause)
      .bind(event.reason)
      .bind(event.channel ? reading::kChannels[*event.channel].name : "")
      .bind(event.worst)
      .run();
}

Result<void> keep_ledger(const Database& db, std::string_view table, MeterId meter,
                         const reading::Ledger& ledger) {
  FITHOME_TRY(Statement insert,
              db.prepare(fmt::format("INSERT OR REPLACE INTO {}({}) VALUES({})", table,
                                     ledger_columns(), placeholders(kLedgerFields))));
  insert.bind(meter).bind(ms(ledger.time));
  each_number(ledger, [&insert](auto, auto, auto, auto number) { insert.bind(number); });
  return insert.run();
}

Result<void> keep_skews(const Database& db, const std::map<std::int64_t, QuarterSkew>& skews) {
  FITHOME_TRY(Statement insert,
              db.prepare("INSERT INTO skew(quarter, worst_us, ticks) VALUES(?, ?, ?)"
                         " ON CONFLICT(quarter) DO UPDATE SET ticks = ticks + excluded.ticks,"
                         " worst_us = max(worst_us, excluded.worst_us)"));
  for (const auto& [quarter, skew] : skews) {
    FITHOME_TRY_VOID(insert.bind(quarter).bind(skew.worst_us).bind(skew.ticks).run());
  }
  return {};
}

}  // namespace

Result<void> keep_meter(const Database& db, MeterId meter) {
  FITHOME_TRY(Statement row, db.prepare("INSERT INTO meter(id) VALUES(?)"));
  FITHOME_TRY_VOID(row.bind(meter).run());
  FITHOME_TRY(Statement insert, db.prepare("INSERT INTO channel(meter, id, name, line, unit,"
                                           " decimals) VALUES(?, ?, ?, nullif(?, ''), ?, ?)"));
  for (std::size_t id = 0; id < reading::kChannels.size(); ++id) {
    const reading::Channel& channel = reading::kChannels[id];
    const std::string line(channel.line < 0 ? 0 : 1, chip::line_letter(channel.line));
    FITHOME_TRY_VOID(insert.bind(meter)
                         .bind(id)
                         .bind(channel.name)
                         .bind(line)
                         .bind(channel.unit)
                         .bind(channel.decimals)
                         .run());
  }
  return {};
}

Result<void> keep_for_database(const Database& db, const Batch& batch, Sequence first) {
  if (batch.era != nullptr) FITHOME_TRY_VOID(write_era(db, *batch.era));
  for (const Calibration& calibration : batch.calibrations) {
    FITHOME_TRY_VOID(keep_calibration(db, calibration, first));
  }
  for (const Event& event : batch.events) FITHOME_TRY_VOID(keep_event(db, event));
  FITHOME_TRY(Statement cursor,
              db.prepare("INSERT OR REPLACE INTO cursor(name, taken) VALUES(?, ?)"));
  for (const auto& [name, taken] : batch.cursors) {
    FITHOME_TRY_VOID(cursor.bind(name).bind(taken).run());
  }
  return {};
}

Result<void> keep_record(const Database& db, std::int64_t number,
                         std::span<const std::byte> record) {
  FITHOME_TRY(Statement update, db.prepare("UPDATE journal SET number = ?, record = ?"));
  return update.bind(number).bind(record).run();
}

Result<void> keep_tail(const Database& db, const Tail& tail) {
  for (const auto& [id, of] : tail.meters()) {
    FITHOME_TRY_VOID(keep_blocks(db, id, of.readings));
    for (const reading::Ledger& mark : of.marks) {
      FITHOME_TRY_VOID(keep_ledger(db, "ledger_mark", id, mark));
    }
    if (of.latest.ledger) FITHOME_TRY_VOID(keep_ledger(db, "ledger", id, *of.latest.ledger));
  }
  FITHOME_TRY_VOID(keep_skews(db, tail.skews()));
  FITHOME_TRY(Statement update, db.prepare("UPDATE journal SET generation = generation + 1,"
                                           " sequence = ?, number = 0, record = NULL"));
  return update.bind(tail.last()).run();
}

}  // namespace fithome::store
