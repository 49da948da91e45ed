// SPDX-License-Identifier: MIT
#include "exports/steps.h"

#include <algorithm>
#include <limits>

#include "exports/frames.h"

namespace fithome::exports {
namespace {

using reading::Quantity;
using std::chrono::milliseconds;

constexpr milliseconds kDay = std::chrono::hours(24);
// No zone's clock is put forward or back within one.
constexpr milliseconds kQuarter = std::chrono::minutes(15);
constexpr double kMillisecondsAnHour = 3'600'000;

bool has_energy(reading::ChannelId id) {
  const Quantity quantity = reading::kChannels[id].quantity;
  return quantity == Quantity::active_power || quantity == Quantity::reactive_power;
}

milliseconds floor_to(milliseconds time, milliseconds step) {
  return time - (time % step + step) % step;
}

/// The local midnight at which the week, month or year of `time` begins.
UtcTime calendar_begin(UtcTime time, Every::Calendar calendar) {
  const auto day = std::chrono::floor<std::chrono::days>(time + local_offset(time));
  std::chrono::year_month_day begin(day);
  if (calendar == Every::Calendar::week) {
    begin = day - (std::chrono::weekday(day) - std::chrono::Monday);
  } else {
    const auto month = calendar == Every::Calendar::year ? std::chrono::January : begin.month();
    begin = begin.year() / month / 1;
  }
  return from_local(static_cast<int>(begin.year()),
                    static_cast<int>(static_cast<unsigned>(begin.month())),
                    static_cast<int>(static_cast<unsigned>(begin.day())), 0, 0, 0);
}

}  // namespace

UtcTime step_begin(UtcTime time, const Every& every) {
  if (every.calendar != Every::Calendar::none) return calendar_begin(time, every.calendar);
  const milliseconds step = every.time;
  const UtcTime midnight = local_midnight(time);
  if (step % kDay == milliseconds(0)) {
    // Local days are counted by their noon, which is on no other day whatever the zone.
    const auto day = std::chrono::floor<std::chrono::days>(midnight + kDay / 2).time_since_epoch();
    const auto over = (day.count() % (step / kDay) + step / kDay) % (step / kDay);
    UtcTime begin = midnight;
    for (std::int64_t n = 0; n < over; ++n) begin = local_midnight(begin - milliseconds(1));
    return begin;
  }
  const milliseconds offset = local_offset(time);
  return UtcTime(floor_to(time.time_since_epoch() + offset, step) - offset);
}

std::vector<Column> StepMaker::columns(const std::vector<Wanted>& wanted) {
  std::vector<Column> columns;
  for (const Wanted& one : wanted) {
    const reading::Channel& channel = reading::kChannels[one.channel];
    columns.push_back({one.name, channel.decimals, one.channel, Column::Kind::value});
    columns.push_back({one.name + "_min", channel.decimals, one.channel, Column::Kind::min});
    columns.push_back({one.name + "_max", channel.decimals, one.channel, Column::Kind::max});
    if (has_energy(one.channel)) {
      columns.push_back({one.name + (channel.unit == "W" ? "_wh" : "_varh"), 3, one.channel,
                         Column::Kind::energy});
    }
  }
  return columns;
}

StepMaker::StepMaker(const Every& step, const std::vector<Wanted>& wanted)
    : step_(step), columns_(columns(wanted)), sums_(wanted.size()) {}

void StepMaker::begin_at(UtcTime time, Frame& out) {
  if (readings_ > 0 && time < looked_until_) return;
  const UtcTime begin = step_begin(time, step_);
  looked_until_ = UtcTime(floor_to(time.time_since_epoch(), kQuarter)) + kQuarter;
  const bool short_one = step_.calendar == Every::Calendar::none && step_.time < kQuarter;
  if (short_one) looked_until_ = std::min(looked_until_, begin + step_.time);
  if (readings_ > 0 && begin <= begin_) return;
  finish(out);
  begin_ = begin;
}

void StepMaker::add(const store::Chunk& chunk, Frame& out) {
  for (std::size_t row = 0; row < chunk.size(); ++row) {
    const UtcTime time = chunk.time[row];
    begin_at(time, out);
    milliseconds since{0};
    if (before_ && time - *before_ <= kLongestTick) since = time - *before_;
    before_ = time;
    ++readings_;
    flags_ |= chunk.flags[row];
    for (std::size_t n = 0; n < sums_.size(); ++n) {
      if (chunk.columns[n].present[row] == 0) continue;
      const std::int32_t value = chunk.columns[n].steps[row];
      Sum& sum = sums_[n];
      sum.least = sum.count == 0 ? value : std::min(sum.least, value);
      sum.greatest = sum.count == 0 ? value : std::max(sum.greatest, value);
      sum.sum += value;
      sum.energy += std::int64_t{value} * since.count();
      ++sum.count;
    }
  }
}

void StepMaker::finish(Frame& out) {
  if (readings_ == 0) return;
  out.time.push_back(begin_);
  out.flags.push_back(flags_);
  std::size_t column = 0;
  for (Sum& sum : sums_) {
    const double scale =
        reading::power_of_ten(reading::kChannels[columns_[column].channel].decimals);
    const auto put = [&](double steps) {
      out.values[column++].push_back(sum.count == 0 ? std::numeric_limits<double>::quiet_NaN()
                                                    : steps / scale);
    };
    const bool energy = has_energy(columns_[column].channel);
    put(static_cast<double>(sum.sum) / sum.count);
    put(sum.least);
    put(sum.greatest);
    if (energy) put(static_cast<double>(sum.energy) / kMillisecondsAnHour);
    sum = {};
  }
  readings_ = 0;
  flags_ = 0;
}

}  // namespace fithome::exports
