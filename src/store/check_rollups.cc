// SPDX-License-Identifier: MIT
#include "store/check_rollups.h"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <string>

#include "store/block.h"
#include "store/rollup_steps.h"
#include "store/stamp.h"

namespace fithome::store {
namespace {

using reading::kChannelCount;

/// A row of a level and its values: readings, flags, then count, min, sum and max of each channel.
using StepNumbers = std::array<std::int64_t, 2 + 4 * kChannelCount>;

StepNumbers numbers_of(const LevelStep& step) {
  StepNumbers numbers{static_cast<std::int64_t>(step.readings), step.flags};
  for (std::size_t id = 0; id < kChannelCount; ++id) {
    const reading::Summary& of = step.values[id];
    if (of.count() == 0) continue;
    numbers[2 + 4 * id] = of.count();
    numbers[3 + 4 * id] = of.min();
    numbers[4 + 4 * id] = of.sum();
    numbers[5 + 4 * id] = of.max();
  }
  return numbers;
}

using StepRows = std::map<UtcTime, StepNumbers>;

/// A channel after the other, as the table has them.
Result<void> add_values(const Database& db, const Level& level, MeterId meter, const Span& span,
                        StepRows& to) {
  FITHOME_TRY(Statement query,
              db.prepare(fmt::format("SELECT start_ms, count, min, sum, max FROM {} WHERE meter = ?"
                                     " AND channel = ? AND start_ms >= ? AND start_ms < ?",
                                     level.values)));
  for (std::size_t id = 0; id < kChannelCount; ++id) {
    query.bind(meter).bind(reading::kChannels[id].name).bind(ms(span.from)).bind(ms(span.to));
    Rows rows = query.rows();
    while (true) {
      FITHOME_TRY(const bool more, rows.next());
      if (!more) break;
      StepNumbers& step = to[from_ms(rows.integer(0))];
      for (std::size_t n = 0; n < 4; ++n) {
        step[2 + 4 * id + n] = rows.integer(static_cast<int>(n) + 1);
      }
    }
  }
  return {};
}

Result<StepRows> kept_steps(const Database& db, const Level& level, MeterId meter,
                            const Span& span) {
  StepRows kept;
  FITHOME_TRY(Statement query,
              db.prepare(fmt::format("SELECT start_ms, readings, flags FROM {}"
                                     " WHERE meter = ? AND start_ms >= ? AND start_ms < ?",
                                     level.table)));
  Rows rows = query.bind(meter).bind(ms(span.from)).bind(ms(span.to)).rows();
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) break;
    kept[from_ms(rows.integer(0))] = {rows.integer(1), rows.integer(2)};
  }
  FITHOME_TRY_VOID(add_values(db, level, meter, span, kept));
  return kept;
}

/// The steps of one level and meter, as they follow one another.
class LevelCheck {
 public:
  LevelCheck(const Database& db, const Level& level, MeterId meter, Checked& found)
      : db_(db), level_(level), meter_(meter), found_(found), gathered_(level) {}

  /// Damaged minutes are an error: of what comes behind them it cannot be said.
  Result<void> run() {
    FITHOME_TRY(Statement query,
                db_.prepare("SELECT data FROM minutes WHERE meter = ? ORDER BY first_ms"));
    Rows rows = query.bind(meter_).rows();
    while (true) {
      FITHOME_TRY(const bool more, rows.next());
      if (!more) break;
      FITHOME_TRY(const Minutes minutes, decode_minutes(rows.blob(0), all_channels()));
      // Of what lies before, nothing more comes.
      if (gathered_.steps().size() > kAtOnce) {
        FITHOME_TRY_VOID(compare_before(level_.begin(minutes.start.front())));
      }
      gathered_.add(minutes);
    }
    FITHOME_TRY_VOID(compare_before(UtcTime::max()));
    if (unnamed_ > 0) name(fmt::format("{} more {}s: as wrong", unnamed_, level_.name));
    return {};
  }

 private:
  static constexpr std::size_t kAtOnce = 1000;
  static constexpr std::size_t kMostNamed = 20;

  Result<void> compare_before(UtcTime end) {
    FITHOME_TRY(StepRows kept, kept_steps(db_, level_, meter_, {compared_, end}));
    compared_ = end;
    for (const auto& [start, step] : gathered_.take_before(end)) {
      const auto row = kept.extract(start);
      if (row.empty()) {
        wrong(start, "missing");
      } else if (row.mapped() != numbers_of(step)) {
        wrong(start, "not what its minutes come to");
      }
    }
    for (const auto& [start, row] : kept) wrong(start, "there are no minutes of it");
    return {};
  }

  void wrong(UtcTime start, std::string_view what) {
    if (named_++ >= kMostNamed) {
      ++unnamed_;
    } else {
      name(fmt::format("the {} from {}: {}", level_.name, to_iso(start), what));
    }
  }
  void name(const std::string& what) {
    found_.wrong.push_back(fmt::format(
        "roll-ups of meter {}, {}; \"fithome store rebuild\" makes them anew", meter_, what));
  }

  const Database& db_;
  const Level& level_;
  MeterId meter_;
  Checked& found_;
  Gathered gathered_;
  UtcTime compared_ = UtcTime::min();
  std::size_t named_ = 0, unnamed_ = 0;
};

}  // namespace

Result<void> check_rollups(const Database& db, std::span<const MeterId> meters, Checked& found) {
  FITHOME_TRY(const std::size_t foreign, foreign_days(db));
  // A copy from elsewhere, or a shell with a TZ of its own: the days are those of the house. One
  // such day alone has rather been changed.
  const bool elsewhere = foreign > 1;
  for (const MeterId meter : meters) {
    auto done = LevelCheck(db, kHours, meter, found).run();
    if (done && !elsewhere) done = LevelCheck(db, kDays, meter, found).run();
    if (done) continue;
    if (done.error().code != Code::corrupt) return done;
    found.wrong.push_back(fmt::format(
        "roll-ups of meter {}: hours and days cannot be checked: {}; \"fithome store rebuild\" "
        "makes what it can anew",
        meter, done.error().what));
  }
  return {};
}

}  // namespace fithome::store
