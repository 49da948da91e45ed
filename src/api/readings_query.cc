// SPDX-License-Identifier: MIT
#include "api/readings_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "api/meters.h"

namespace fithome::api {
namespace {

using namespace std::chrono_literals;
using reading::ChannelId;

Result<std::vector<ChannelId>> parse_channels(std::string_view text) {
  std::vector<ChannelId> channels;
  while (true) {
    const std::string_view channel_name = text.substr(0, text.find(','));
    const auto id = reading::find_channel(channel_name);
    if (!id) {
      return fail(Code::invalid,
                  fmt::format("channels: no channel \"{}\"; see /api/v1/channels", channel_name));
    }
    if (std::ranges::find(channels, *id) != channels.end()) {
      return fail(Code::invalid, fmt::format("channels: \"{}\" is there twice", channel_name));
    }
    channels.push_back(*id);
    if (channel_name.size() == text.size()) return channels;
    text.remove_prefix(channel_name.size() + 1);
  }
}

Result<std::chrono::milliseconds> parse_every(std::string_view text) {
  const auto step = parse_duration(text);
  if (!step) return within("every", step.error());
  if (*step < std::chrono::seconds(1)) return fail(Code::invalid, "every: at least 1s");
  return *step;
}

// The shortest that makes at most `points` of the time asked for.
Result<std::chrono::milliseconds> step_for(std::string_view text, const ReadingsQuery& wanted) {
  constexpr std::array<std::chrono::seconds, 22> kSteps{
      1s,    2s, 5s, 10s, 15s, 30s, 1min, 2min, 5min, 10min, 15min,
      30min, 1h, 2h, 3h,  6h,  12h, 24h,  48h,  168h, 336h,  672h};
  std::uint32_t points = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), points);
  if (error != std::errc{} || end != text.data() + text.size() || points < 2 || points > 100'000) {
    return fail(Code::invalid, fmt::format("points: \"{}\"; say 2 to 100000", text));
  }
  // Steps begin where they do, so the time may begin and end in the middle of one.
  for (const auto step : kSteps) {
    if ((wanted.to - wanted.from - 1ms) / step + 2 <= points) return step;
  }
  return wanted.to - wanted.from;
}

// The value of a parameter that has two.
Result<bool> parse_choice(const Query& query, std::string_view parameter, std::string_view usual,
                          std::string_view other) {
  const auto text = query.get(parameter);
  if (!text || *text == usual) return false;
  if (*text == other) return true;
  return fail(Code::invalid,
              fmt::format("{}: \"{}\"; say {} or {}", parameter, *text, usual, other));
}

// One that is measured now, or was: its readings are still there.
Result<void> choose_meter(const Query& query, const Status& status,
                          const std::vector<store::Meter>& stored, ReadingsQuery& wanted) {
  const auto meters = meters_of(status);
  if (const auto name = query.get("meter")) {
    const auto former = std::ranges::find_if(
        stored, [&](const store::Meter& meter) { return meter.name == *name; });
    const bool measured = std::ranges::find(meters, *name, &MeterStatus::name) != meters.end();
    if (!measured && *name == kHouseName && !status.sum.empty()) {
      wanted.meter = store::kHouse;
      wanted.meter_name = *name;
      wanted.channels = {reading::house_channel(reading::Quantity::active_power)};
      return {};
    }
    if (!measured && former != stored.end()) {
      wanted.meter = former->id;
      wanted.meter_name = *name;
      wanted.channels = channels_in_use(std::vector<bool>(3, true));
      return {};
    }
  }
  FITHOME_TRY(const auto asked, meter_asked(query, meters));
  const MeterStatus& meter = meters[asked.value_or(0)];
  wanted.meter = meter.id;
  wanted.meter_name = meter.name;
  wanted.channels = channels_in_use(meter.lines);
  return {};
}

}  // namespace

Result<ReadingsQuery> parse_readings_query(const Query& query, const Status& status,
                                           const std::vector<store::Meter>& stored, UtcTime now) {
  FITHOME_TRY_VOID(
      query.only({"meter", "from", "to", "channels", "every", "points", "stats", "format"}));
  ReadingsQuery wanted;
  FITHOME_TRY(wanted.to, time_asked(query, "to", now, now));
  FITHOME_TRY(wanted.from, time_asked(query, "from", now, wanted.to - std::chrono::hours(1)));
  if (wanted.from >= wanted.to) {
    return fail(Code::invalid, fmt::format("from ({}) must be before to ({})", to_iso(wanted.from),
                                           to_iso(wanted.to)));
  }
  FITHOME_TRY_VOID(choose_meter(query, status, stored, wanted));
  if (const auto text = query.get("channels")) {
    FITHOME_TRY(wanted.channels, parse_channels(*text));
  }
  const bool of_house = wanted.meter == store::kHouse;
  if (of_house &&
      wanted.channels != std::vector{reading::house_channel(reading::Quantity::active_power)}) {
    return fail(Code::invalid, "channels: a house that is a sum of meters has p only");
  }
  if (query.get("every") && query.get("points")) {
    return fail(Code::invalid, "every, points: name one of them");
  }
  if (const auto text = query.get("points")) {
    FITHOME_TRY(wanted.every, step_for(*text, wanted));
  }
  if (const auto text = query.get("every"); text == "day") {
    if (of_house) return fail(Code::invalid, "every: a house that is a sum of meters has no days");
    wanted.every = 24h;
    wanted.days = true;
  } else if (text) {
    FITHOME_TRY(wanted.every, parse_every(*text));
  }
  FITHOME_TRY(const bool all_stats, parse_choice(query, "stats", "mean", "min,mean,max"));
  FITHOME_TRY(const bool csv, parse_choice(query, "format", "json", "csv"));
  if (all_stats && !wanted.every) {
    return fail(Code::invalid, "stats: min,mean,max needs every, such as every=1m");
  }
  if (all_stats && of_house) {
    return fail(Code::invalid, "stats: a house that is a sum of meters has the mean only");
  }
  if (all_stats) wanted.stats = ReadingsQuery::Stats::min_mean_max;
  if (csv) wanted.format = ReadingsQuery::Format::csv;
  return wanted;
}

}  // namespace fithome::api
