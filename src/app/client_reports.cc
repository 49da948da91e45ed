// SPDX-License-Identifier: MIT
#include "app/client_reports.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace fithome::app {
namespace {

using Json = nlohmann::json;

Failure no_answer() {
  return fail(Code::unsupported, "the answer is none of fithome's; is the daemon much newer?");
}

// An object; or discarded where the text is none. Nothing here throws.
Json object_of(std::string_view body) {
  Json json = Json::parse(body.begin(), body.end(), nullptr, false);
  return json.is_object() ? json : Json(Json::value_t::discarded);
}

const Json& member(const Json& json, std::string_view key) {
  static const Json kAbsent;
  const auto found = json.find(key);
  return found == json.end() ? kAbsent : *found;
}

std::string text(const Json& json, std::string_view key) {
  const Json& value = member(json, key);
  return value.is_string() ? value.get<std::string>() : "";
}

double number(const Json& json, std::string_view key) {
  const Json& value = member(json, key);
  return value.is_number() ? value.get<double>() : 0;
}

std::uint64_t count(const Json& json, std::string_view key) {
  const Json& value = member(json, key);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

bool yes(const Json& json, std::string_view key) {
  const Json& value = member(json, key);
  return value.is_boolean() && value.get<bool>();
}

std::optional<UtcTime> time(const Json& json, std::string_view key) {
  const auto parsed = parse_time(text(json, key), UtcTime{});
  if (!parsed) return {};
  return *parsed;
}

reading::Energy energy(const Json& json, std::string_view key) {
  return {std::llround(number(json, key) * 1e9)};
}

reading::Flags flags_of(const Json& json) {
  reading::Flags flags = 0;
  for (const Json& each : member(json, "flags")) {
    for (const auto& flag : reading::kFlags) {
      if (each.is_string() && each.get<std::string>() == flag.name) flags |= bit(flag.flag);
    }
  }
  return flags;
}

std::vector<NamedEnergy> amounts_of(const Json& json) {
  std::vector<NamedEnergy> amounts;
  const auto keep = [&](const std::string& name, const Json& from) {
    if (!from.is_object()) return;
    amounts.push_back({name, {energy(from, "import_wh"), energy(from, "export_wh")}});
  };
  keep("net", member(json, "net"));
  keep("counted", member(json, "counted"));
  const Json& lines = member(json, "lines");
  for (auto line = lines.begin(); line != lines.end() && lines.is_object(); ++line) {
    keep(line.key(), line.value());
  }
  return amounts;
}

std::optional<store::Info> info_of(const Json& json) {
  if (!json.is_object()) return {};
  store::Info info;
  info.format = static_cast<int>(std::min<std::uint64_t>(count(json, "format"), 1'000'000));
  info.readings = count(json, "readings");
  info.first = time(json, "first");
  info.last = time(json, "last");
  info.bytes = count(json, "bytes");
  return info;
}

std::vector<api::Fault> faults_of(const Json& json) {
  std::vector<api::Fault> faults;
  for (const Json& each : member(json, "faults")) {
    faults.push_back({text(each, "name"), time(each, "since").value_or(UtcTime{}),
                      text(each, "what"), text(each, "remedy"), text(each, "meter")});
  }
  return faults;
}

// The API names a line and a unit where the store names a channel.
void set_channel(store::Event& event, const Json& json) {
  const std::string line = text(json, "line");
  const std::string unit = text(json, "unit");
  const std::string u_or_i = unit == "A" || event.kind == "over_current" ? "i_" : "u_";
  event.channel = line.empty() ? (unit == "Hz" ? reading::find_channel("f") : std::nullopt)
                               : reading::find_channel(u_or_i + line);
  if (!event.channel || !member(json, "worst").is_number()) return;
  event.worst = static_cast<std::int32_t>(
      std::lround(std::clamp(number(json, "worst") / reading::step(*event.channel), -2e9, 2e9)));
}

std::vector<store::Event> events_of(const Json& json) {
  std::vector<store::Event> events;
  for (const Json& each : member(json, "events")) {
    store::Event event;
    event.kind = text(each, "kind");
    event.begin = time(each, "begin").value_or(UtcTime{});
    event.end = time(each, "end");
    event.cause = text(each, "cause");
    event.reason = text(each, "reason");
    set_channel(event, each);
    events.push_back(std::move(event));
  }
  return events;
}

api::MeterStatus meter_of(const Json& json) {
  api::MeterStatus meter;
  meter.id = static_cast<store::MeterId>(std::min<std::uint64_t>(count(json, "id"), 1'000'000));
  meter.name = text(json, "meter");
  meter.device = text(json, "device");
  meter.wiring = text(json, "wiring");
  meter.missed = count(json, "missed");
  meter.spi_errors = count(json, "spi_errors");
  meter.spi_retries = count(json, "spi_retries");
  meter.chip_resets = count(json, "chip_resets");
  return meter;
}

api::Status status_of(const Json& json) {
  api::Status status;
  status.version = text(json, "version");
  status.simulated = yes(json, "simulated");
  status.house = text(json, "house");
  status.device = text(json, "device");
  status.wiring = text(json, "wiring");
  status.site = text(json, "site");
  status.meter = text(json, "meter");
  status.data = text(json, "data");
  status.interval_s = number(json, "interval_s");
  status.uptime_s = number(json, "uptime_s");
  status.last_reading = time(json, "last_reading");
  status.readings = count(json, "readings");
  status.missed = count(json, "missed");
  status.dropped = count(json, "dropped");
  status.spi_errors = count(json, "spi_errors");
  status.spi_retries = count(json, "spi_retries");
  status.chip_resets = count(json, "chip_resets");
  status.store_errors = count(json, "store_errors");
  status.late_worst_s = number(json, "late_worst_s");
  status.late_ticks = count(json, "late_ticks");
  status.faults = faults_of(json);
  status.sum_text = text(json, "sum");
  status.skew_s = number(json, "skew_s");
  status.skew_worst_s = number(json, "skew_worst_s");
  return status;
}

}  // namespace

namespace {

Now now_of(const Json& json) {
  Now now;
  now.meter = text(json, "meter");
  now.simulated = yes(json, "simulated");
  if (const auto taken = time(json, "time")) {
    now.age_s = number(json, "age_s");
    now.reading.time = *taken;
  }
  now.reading.flags = flags_of(json);
  for (reading::ChannelId id = 0; id < reading::kChannelCount; ++id) {
    const auto found = json.find(reading::kChannels[id].name);
    if (found == json.end()) continue;
    now.channels.push_back(id);
    if (found->is_number()) now.reading.set(id, found->get<double>());
  }
  const Json& names = member(json, "line_names");
  for (std::size_t line = 0; line < now.line_names.size() && names.is_object(); ++line) {
    now.line_names[line] = text(names, std::string_view("abc").substr(line, 1));
  }
  return now;
}

HouseNow house_of(const Json& json) {
  HouseNow house;
  house.sum = text(json, "sum");
  if (member(json, "p").is_number()) house.power = Watts{number(json, "p")};
  for (const Json& each : member(json, "missing")) {
    if (each.is_string()) house.missing.push_back(each.get<std::string>());
  }
  return house;
}

EnergyReport energy_of(const Json& json) {
  EnergyReport report;
  report.time = time(json, "time").value_or(UtcTime{});
  report.meter = text(json, "meter");
  report.simulated = yes(json, "simulated");
  for (const char* key : {"today", "since"}) {
    const Json& share = member(json, key);
    if (share.is_object()) report.shares.push_back({time(share, "since"), amounts_of(share)});
  }
  report.shares.push_back({{}, amounts_of(json)});
  return report;
}

std::vector<EnergyShare> house_shares(const Json& house) {
  std::vector<EnergyShare> shares;
  const auto add = [&](const std::optional<UtcTime>& since, const Json& of) {
    shares.push_back({since, {{"net", {energy(of, "import_wh"), energy(of, "export_wh")}}}});
  };
  for (const char* key : {"today", "since"}) {
    const Json& share = member(house, key);
    if (share.is_object()) add(time(share, "since"), share);
  }
  add({}, house);
  return shares;
}

}  // namespace

Result<NowReport> parse_now(std::string_view body) {
  const Json json = object_of(body);
  const bool any = !json.is_discarded() && (time(json, "time") || json.contains("meters"));
  if (!any) return no_answer();
  NowReport report{.first = now_of(json), .house = {}, .meters = {}};
  if (member(json, "house").is_object()) report.house = house_of(json["house"]);
  for (const Json& meter : member(json, "meters")) {
    if (meter.is_object()) report.meters.push_back(now_of(meter));
  }
  return report;
}

Result<EnergyReport> parse_energy(std::string_view body) {
  const Json json = object_of(body);
  const bool any = !json.is_discarded() && time(json, "time") &&
                   (member(json, "net").is_object() || json.contains("meters"));
  if (!any) return no_answer();
  EnergyReport report = energy_of(json);
  for (const Json& meter : member(json, "meters")) {
    if (meter.is_object()) report.meters.push_back(energy_of(meter));
  }
  const Json& house = member(json, "house");
  if (!house.is_object()) return report;
  report.sum = text(house, "sum");
  report.house = house_shares(house);
  return report;
}

Result<StatusReport> parse_status(std::string_view body) {
  const Json json = object_of(body);
  if (json.is_discarded() || !json.contains("version") || !member(json, "faults").is_array()) {
    return no_answer();
  }
  StatusReport report;
  report.status = status_of(json);
  report.last_reading_age_s = number(json, "last_reading_age_s");
  if (json.contains("memory_bytes") && json["memory_bytes"].is_number_unsigned()) {
    report.memory_bytes = count(json, "memory_bytes");
  }
  report.store = info_of(member(json, "store"));
  report.events = events_of(json);
  for (const Json& event : member(json, "events")) {
    report.event_meters.push_back(event.is_object() ? text(event, "meter") : "");
  }
  for (const Json& meter : member(json, "meters")) {
    if (!meter.is_object()) continue;
    report.status.meters.push_back(meter_of(meter));
    report.last_readings.push_back(time(meter, "last_reading"));
  }
  return report;
}

Result<EventsReport> parse_events(std::string_view body) {
  const Json json = object_of(body);
  if (json.is_discarded() || !time(json, "from") || !member(json, "events").is_array()) {
    return no_answer();
  }
  EventsReport report{
      *time(json, "from"), time(json, "to").value_or(UtcTime{}), events_of(json), {}};
  for (const Json& event : member(json, "events")) {
    report.event_meters.push_back(event.is_object() ? text(event, "meter") : "");
  }
  return report;
}

Failure parse_failure(std::string_view body, int status) {
  const Json json = object_of(body);
  const Json& error = json.is_discarded() ? json : member(json, "error");
  if (!error.is_object()) {
    return fail(Code::unsupported,
                fmt::format("answered with HTTP status {}: is this a fithome?", status));
  }
  const std::string code = text(error, "code");
  for (const auto each : {Code::transient, Code::not_found, Code::invalid, Code::corrupt}) {
    if (code == name(each)) return fail(each, text(error, "what"));
  }
  return fail(Code::unsupported, text(error, "what"));
}

}  // namespace fithome::app
