// SPDX-License-Identifier: MIT
//
// What is asked for is put together from hours, minutes and readings: from the coarsest that fits.
#include <fmt/format.h>

#include <map>

#include "reading/aggregate.h"
#include "store/block.h"
#include "store/block_table.h"
#include "store/reader_impl.h"
#include "store/rollup_table.h"

namespace fithome::store {
namespace {

using reading::Summary;
using std::chrono::milliseconds;

constexpr std::uint64_t kMostSteps = 100'000;

/// The start of the step that `time` lies in, counted from the epoch, before it too.
UtcTime step_start(UtcTime time, milliseconds step) {
  const std::int64_t into = ms(time) % step.count();
  return time - milliseconds(into < 0 ? into + step.count() : into);
}
UtcTime next_start(UtcTime time, milliseconds step) {
  const UtcTime start = step_start(time, step);
  return start == time ? time : start + step;
}

Result<void> check_steps(const Bounds& bounds, milliseconds step) {
  const auto span = static_cast<std::uint64_t>(ms(bounds.last)) -
                    static_cast<std::uint64_t>(ms(step_start(bounds.first, step)));
  const std::uint64_t steps = span / static_cast<std::uint64_t>(step.count()) + 1;
  if (steps <= kMostSteps) return {};
  return fail(Code::invalid, fmt::format("{} steps are too many (at most {}); ask for a shorter "
                                         "time or longer steps",
                                         steps, kMostSteps));
}

/// Steps as they fill, from wherever.
class Steps {
 public:
  Steps(milliseconds step, std::span<const reading::ChannelId> channels)
      : step_(step), channels_(channels) {}

  void add_rows(const Chunk& chunk, const Span& span) {
    for (std::size_t row = 0; row < chunk.size(); ++row) {
      if (chunk.time[row] < span.from || chunk.time[row] >= span.to) continue;
      Step& step = at(chunk.time[row]);
      ++step.readings;
      step.flags |= chunk.flags[row];
      for (std::size_t n = 0; n < channels_.size(); ++n) {
        const Column& column = chunk.columns[n];
        if (column.present[row] != 0) step.sums[n].add(column.steps[row]);
      }
    }
  }
  /// Of a tail, which has all channels in the order of their numbers.
  void add_tail(const Chunk& tail, const Span& span) {
    for (std::size_t row = 0; row < tail.size(); ++row) {
      if (tail.time[row] < span.from || tail.time[row] >= span.to) continue;
      Step& step = at(tail.time[row]);
      ++step.readings;
      step.flags |= tail.flags[row];
      for (std::size_t n = 0; n < channels_.size(); ++n) {
        const Column& column = tail.columns[channels_[n]];
        if (column.present[row] != 0) step.sums[n].add(column.steps[row]);
      }
    }
  }
  void add_minute(const Minutes& minutes, std::size_t row) {
    Step& step = at(minutes.start[row]);
    step.readings += minutes.readings[row];
    step.flags |= minutes.flags[row];
    for (std::size_t n = 0; n < channels_.size(); ++n) {
      step.sums[n].add(minutes.columns[n].values[row]);
    }
  }
  void add_readings(UtcTime start, std::uint32_t readings, reading::Flags flags) {
    Step& step = at(start);
    step.readings += readings;
    step.flags |= flags;
  }
  void add_value(UtcTime start, std::size_t channel, const Summary& value) {
    at(start).sums[channel].add(value);
  }

  std::vector<Rolled> finish() const {
    std::vector<Rolled> done;
    done.reserve(steps_.size());
    for (const auto& [start, step] : steps_) {
      Rolled& rolled = done.emplace_back(start, step.readings, step.flags);
      for (std::size_t n = 0; n < channels_.size(); ++n) {
        const auto value = step.sums[n].in_unit(channels_[n]);
        rolled.values.push_back({value.count, value.min, value.mean, value.max});
      }
    }
    return done;
  }

 private:
  struct Step {
    std::uint32_t readings = 0;
    reading::Flags flags = 0;
    std::vector<Summary> sums;
  };
  Step& at(UtcTime time) {
    if (now_ != nullptr && time >= begin_ && time < begin_ + step_) return *now_;
    // `step_` 0: each start is a step of its own.
    begin_ = step_.count() == 0 ? time : step_start(time, step_);
    now_ = &steps_[begin_];
    if (now_->sums.empty()) now_->sums.resize(channels_.size());
    return *now_;
  }

  milliseconds step_;
  std::span<const reading::ChannelId> channels_;
  UtcTime begin_{};
  Step* now_ = nullptr;
  std::map<UtcTime, Step> steps_;
};

Result<void> add_blocks(const Database& db, BlockLoader& blocks, MeterId meter, const Span& span,
                        std::span<const reading::ChannelId> channels, Steps& to) {
  if (span.from >= span.to) return {};
  FITHOME_TRY(BlockWalk walk,
              BlockWalk::begin(db, {.meter = meter, .from = span.from, .to = span.to}));
  while (true) {
    FITHOME_TRY(const auto row, walk.next());
    if (!row) return {};
    FITHOME_TRY(const auto chunk, blocks.load(db, *row, channels));
    if (chunk) to.add_rows(*chunk, span);
  }
}

Result<void> add_minutes(const Database& db, MeterId meter, const Span& span,
                         std::span<const reading::ChannelId> channels, Steps& to) {
  if (span.from >= span.to) return {};
  return each_minutes(db, meter, span, channels, [&to](const Minutes& minutes, std::size_t row) {
    to.add_minute(minutes, row);
  });
}

Result<void> add_level(const Database& db, const Level& level, MeterId meter, const Span& span,
                       std::span<const reading::ChannelId> channels, Steps& to) {
  if (span.from >= span.to) return {};
  {
    FITHOME_TRY(Statement query,
                db.prepare(fmt::format("SELECT start_ms, readings, flags FROM {} WHERE meter = ?"
                                       " AND start_ms >= ? AND start_ms < ? ORDER BY start_ms",
                                       level.table)));
    Rows rows = query.bind(meter).bind(ms(span.from)).bind(ms(span.to)).rows();
    while (true) {
      FITHOME_TRY(const bool more, rows.next());
      if (!more) break;
      to.add_readings(from_ms(rows.integer(0)), static_cast<std::uint32_t>(rows.integer(1)),
                      static_cast<reading::Flags>(rows.integer(2)));
    }
  }
  FITHOME_TRY(Statement query,
              db.prepare(fmt::format("SELECT start_ms, count, sum, min, max FROM {}"
                                     " WHERE meter = ? AND channel = ? AND start_ms >= ?"
                                     " AND start_ms < ? ORDER BY start_ms",
                                     level.values)));
  for (std::size_t n = 0; n < channels.size(); ++n) {
    Rows rows = query.bind(meter)
                    .bind(reading::kChannels[channels[n]].name)
                    .bind(ms(span.from))
                    .bind(ms(span.to))
                    .rows();
    while (true) {
      FITHOME_TRY(const bool more, rows.next());
      if (!more) break;
      to.add_value(from_ms(rows.integer(0)), n,
                   Summary(static_cast<std::uint32_t>(rows.integer(1)), rows.integer(2),
                           rows.integer32(3), rows.integer32(4)));
    }
  }
  return {};
}

/// A time cut into what hours, minutes and readings serve; the outer ones may be empty.
struct Pieces {
  Span readings_before, minutes_before, hours, minutes_behind, readings_behind;
};

Pieces cut(const Span& span, milliseconds step) {
  constexpr milliseconds minute = std::chrono::minutes(1);
  constexpr milliseconds hour = std::chrono::hours(1);
  const auto within = [&span](UtcTime time) { return std::clamp(time, span.from, span.to); };
  const bool by_minutes = step % minute == milliseconds(0);
  const bool by_hours = step % hour == milliseconds(0);
  const UtcTime first_minute = by_minutes ? within(next_start(span.from, minute)) : span.to;
  const UtcTime last_minute = std::max(first_minute, within(step_start(span.to, minute)));
  const UtcTime first_hour =
      by_hours ? std::min(next_start(first_minute, hour), last_minute) : last_minute;
  const UtcTime last_hour = std::max(first_hour, step_start(last_minute, hour));
  return {{span.from, first_minute},
          {first_minute, first_hour},
          {first_hour, last_hour},
          {last_hour, last_minute},
          {last_minute, span.to}};
}

Range with_channels(const Range& asked) {
  Range range = asked;
  if (range.channels.empty()) {
    range.channels.assign(all_channels().begin(), all_channels().end());
  }
  return range;
}

}  // namespace

Result<std::vector<Rolled>> Reader::rollup(const Range& asked, milliseconds step) const {
  if (step.count() <= 0) return fail(Code::invalid, "a roll-up's step must be longer than 0");
  FITHOME_TRY_VOID(check_channels(asked.channels));
  const Range range = with_channels(asked);
  FITHOME_TRY(const View view, impl_->view());
  FITHOME_TRY(const auto bounds, impl_->bounds(view, range));
  if (!bounds) return std::vector<Rolled>();
  FITHOME_TRY_VOID(check_steps(*bounds, step));

  // Where nothing comes before or behind, the minutes there are whole.
  const Span span{std::max(range.from, minute_begin(bounds->first)),
                  std::min(range.to, minute_begin(bounds->last) + std::chrono::minutes(1))};
  const Pieces pieces = cut(span, step);
  const Database& db = impl_->db;
  Steps steps(step, range.channels);
  FITHOME_TRY_VOID(
      add_blocks(db, impl_->blocks, range.meter, pieces.readings_before, range.channels, steps));
  FITHOME_TRY_VOID(add_minutes(db, range.meter, pieces.minutes_before, range.channels, steps));
  FITHOME_TRY_VOID(add_level(db, kHours, range.meter, pieces.hours, range.channels, steps));
  FITHOME_TRY_VOID(add_minutes(db, range.meter, pieces.minutes_behind, range.channels, steps));
  FITHOME_TRY_VOID(
      add_blocks(db, impl_->blocks, range.meter, pieces.readings_behind, range.channels, steps));
  if (const MeterTail* tail = view.tail().find(range.meter); tail != nullptr) {
    steps.add_tail(tail->readings, span);
  }
  return steps.finish();
}

Result<std::vector<Rolled>> Reader::days(const Range& asked) const {
  FITHOME_TRY_VOID(check_channels(asked.channels));
  const Range range = with_channels(asked);
  FITHOME_TRY(const View view, impl_->view());
  FITHOME_TRY(const auto bounds, impl_->bounds(view, range));
  if (!bounds) return std::vector<Rolled>();
  const Span span{kDays.begin(bounds->first), kDays.next(kDays.begin(bounds->last))};
  Steps steps(milliseconds(0), range.channels);
  FITHOME_TRY_VOID(add_level(impl_->db, kDays, range.meter, span, range.channels, steps));
  // The tail, an hour as a rule, lies in one day or two.
  if (const MeterTail* tail = view.tail().find(range.meter); tail != nullptr) {
    Chunk by_day = tail->readings;
    for (UtcTime& time : by_day.time) time = kDays.begin(time);
    steps.add_tail(by_day, span);
  }
  return steps.finish();
}

}  // namespace fithome::store
