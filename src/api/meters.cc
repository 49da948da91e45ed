// SPDX-License-Identifier: MIT
#include "api/meters.h"

#include <fmt/format.h>

#include <algorithm>

namespace fithome::api {

std::vector<MeterStatus> meters_of(const Status& status) {
  if (!status.meters.empty()) return status.meters;
  MeterStatus one;
  one.id = status.meter_id;
  one.name = status.meter;
  one.device = status.device;
  one.wiring = status.wiring;
  one.lines = status.lines;
  return {one};
}

Result<std::optional<std::size_t>> meter_asked(const Query& query,
                                               const std::vector<MeterStatus>& meters) {
  const auto name = query.get("meter");
  if (!name) return std::optional<std::size_t>();
  const auto found = std::ranges::find(meters, *name, &MeterStatus::name);
  if (found != meters.end()) return std::optional<std::size_t>(found - meters.begin());
  std::string known;
  for (const MeterStatus& meter : meters) {
    known += fmt::format("{}{}", known.empty() ? "" : ", ", meter.name);
  }
  return fail(Code::invalid, fmt::format("meter: no meter \"{}\"; there {} {}", *name,
                                         meters.size() == 1 ? "is" : "are", known));
}

bool in_use(const std::vector<bool>& lines, reading::ChannelId channel) {
  const int line = reading::kChannels[channel].line;
  if (line < 0) return true;
  const auto index = static_cast<std::size_t>(line);
  return index < lines.size() && lines[index];
}

std::vector<reading::ChannelId> channels_in_use(const std::vector<bool>& lines) {
  std::vector<reading::ChannelId> channels;
  for (reading::ChannelId id = 0; id < reading::kChannelCount; ++id) {
    if (in_use(lines, id)) channels.push_back(id);
  }
  return channels;
}

std::optional<Watts> house_power(const Status& status, const std::vector<Latest>& latest) {
  std::vector<std::optional<reading::Reading>> readings;
  for (const Latest& each : latest) readings.push_back(each.reading);
  return reading::house_power(status.sum, readings);
}

void write_house_now(JsonWriter& out, const Status& status, const std::vector<Latest>& latest) {
  out.key("house").begin_object().key("sum").string(status.sum_text).key("p");
  if (const auto power = house_power(status, latest)) {
    out.number(power->value, 2);
  } else {
    out.null();
  }
  UtcTime newest{};
  for (const Latest& each : latest) {
    if (each.reading) newest = std::max(newest, each.reading->time);
  }
  const auto meters = meters_of(status);
  out.key("missing").begin_array();
  for (std::size_t n = 0; n < std::min(meters.size(), latest.size()); ++n) {
    const bool wanted =
        std::ranges::find(status.sum, n, &reading::HouseTerm::meter) != status.sum.end();
    const auto& reading = latest[n].reading;
    if (wanted && (!reading || reading->time != newest)) out.string(meters[n].name);
  }
  out.end_array().end_object();
}

}  // namespace fithome::api
