// SPDX-License-Identifier: MIT
//
// /api/v1/now, /api/v1/status, /api/v1/channels: from the running daemon.
#include <algorithm>

#include "api/answers.h"
#include "api/json.h"
#include "api/meters.h"
#include "api/process.h"
#include "store/store.h"

namespace fithome::api {
namespace {

using reading::kChannels;

double seconds_between(UtcTime begin, UtcTime end) {
  return std::max(0.0, std::chrono::duration<double>(end - begin).count());
}

void write_flag_names(JsonWriter& out, reading::Flags flags) {
  out.begin_array();
  for (const auto& flag : reading::kFlags) {
    if ((flags & reading::bit(flag.flag)) != 0) out.string(flag.name);
  }
  out.end_array();
}

void write_time(JsonWriter& out, const std::optional<UtcTime>& time) {
  if (time) {
    out.string(to_iso(*time));
  } else {
    out.null();
  }
}

void write_counts(JsonWriter& out, const Status& status) {
  const auto count = [&](std::string_view key, std::uint64_t value) {
    out.key(key).integer(static_cast<std::int64_t>(value));
  };
  count("readings", status.readings);
  count("missed", status.missed);
  count("dropped", status.dropped);
  count("spi_errors", status.spi_errors);
  count("spi_retries", status.spi_retries);
  count("chip_resets", status.chip_resets);
  count("store_errors", status.store_errors);
  out.key("late_worst_s").number(status.late_worst_s, 6);
  count("late_ticks", status.late_ticks);
  out.key("memory_bytes");
  if (const auto process = this_process()) {
    out.integer(static_cast<std::int64_t>(process->resident_bytes));
  } else {
    out.null();
  }
}

// Names of the lines that have one: {"c": "roof"}.
void write_line_names(JsonWriter& out, const MeterStatus& meter) {
  out.key("line_names").begin_object();
  for (std::size_t line = 0; line < meter.line_names.size(); ++line) {
    if (!meter.line_names[line].empty()) {
      out.key(line_name(line)).string(meter.line_names[line]);
    }
  }
  out.end_object();
}

void write_line_letters(JsonWriter& out, const std::vector<bool>& lines) {
  out.begin_array();
  for (std::size_t line = 0; line < lines.size(); ++line) {
    if (lines[line]) out.string(line_name(line));
  }
  out.end_array();
}

// Each meter's share of what the counts above say of all.
void write_meters(JsonWriter& out, const Status& status, const std::vector<Latest>& latest) {
  out.key("skew_s").number(status.skew_s, 6).key("skew_worst_s").number(status.skew_worst_s, 6);
  out.key("meters").begin_array();
  for (std::size_t n = 0; n < status.meters.size(); ++n) {
    const MeterStatus& meter = status.meters[n];
    const auto count = [&](std::string_view key, std::uint64_t value) {
      out.key(key).integer(static_cast<std::int64_t>(value));
    };
    out.begin_object().key("meter").string(meter.name).key("id").integer(meter.id);
    out.key("device").string(meter.device).key("wiring").string(meter.wiring).key("lines");
    write_line_letters(out, meter.lines);
    write_line_names(out, meter);
    out.key("last_reading");
    const auto& reading = latest[n].reading;
    write_time(out, reading ? std::optional(reading->time) : std::nullopt);
    count("missed", meter.missed);
    count("spi_errors", meter.spi_errors);
    count("spi_retries", meter.spi_retries);
    count("chip_resets", meter.chip_resets);
    out.end_object();
  }
  out.end_array();
}

void write_faults(JsonWriter& out, const std::vector<Fault>& faults) {
  out.key("faults").begin_array();
  for (const Fault& fault : faults) {
    out.begin_object().key("name").string(fault.name).key("since").string(to_iso(fault.since));
    out.key("what").string(fault.what).key("remedy").string(fault.remedy);
    if (!fault.meter.empty()) out.key("meter").string(fault.meter);
    out.end_object();
  }
  out.end_array();
}

void write_store(JsonWriter& out, const store::Info& info) {
  out.begin_object().key("readings").integer(static_cast<std::int64_t>(info.readings));
  out.key("bytes").integer(static_cast<std::int64_t>(info.bytes)).key("first");
  write_time(out, info.first);
  out.key("last");
  write_time(out, info.last);
  out.key("format").integer(info.format).end_object();
}

// A meter that left the configuration has no name here, and needs one only among others.
std::string meter_name(const Status& status, store::MeterId id) {
  const auto meter = std::ranges::find(status.meters, id, &MeterStatus::id);
  return meter == status.meters.end() || !several(status) ? "" : meter->name;
}

void write_events(JsonWriter& out, const Status& status, const std::vector<store::Event>& events) {
  out.key("events").begin_array();
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    out.begin_object().key("kind").string(event->kind).key("begin").string(to_iso(event->begin));
    out.key("end");
    write_time(out, event->end);
    out.key("cause").string(event->cause);
    if (const auto name = meter_name(status, event->meter); !name.empty()) {
      out.key("meter").string(name);
    }
    out.end_object();
  }
  out.end_array();
}

// A store that cannot be read is told of by `null`: the status must come all the same.
void write_store_and_events(JsonWriter& out, const Source& source, const Status& status) {
  constexpr auto kEventTime = std::chrono::days(7);
  constexpr std::size_t kEvents = 20;
  const auto reader = store::Reader::open(source.data);
  out.key("store");
  const auto info = reader ? reader->info() : Result<store::Info>(Failure(reader.error()));
  if (info) {
    write_store(out, *info);
  } else {
    out.null();
  }
  std::vector<store::Event> events;
  if (reader) {
    // One that begins this very moment is wanted too.
    const UtcTime end = source.now() + std::chrono::seconds(1);
    if (auto found = reader->events(end - kEventTime, end, kEvents)) events = *std::move(found);
  }
  write_events(out, status, events);
}

}  // namespace

std::string_view line_name(std::size_t line) {
  constexpr std::string_view kNames = "abc";
  return kNames.substr(line, 1);
}

bool in_use(const Status& status, reading::ChannelId channel) {
  return std::ranges::any_of(
      meters_of(status), [&](const MeterStatus& meter) { return in_use(meter.lines, channel); });
}

std::optional<UtcTime> newest_time(const std::vector<Latest>& latest) {
  std::optional<UtcTime> newest;
  for (const Latest& each : latest) {
    if (!each.reading) continue;
    newest = std::max(newest.value_or(each.reading->time), each.reading->time);
  }
  return newest;
}

namespace {

// The members of the object of one meter; all channels null where it said nothing yet.
void write_now(JsonWriter& out, const Source& source, const MeterStatus& meter, bool simulated,
               const std::optional<reading::Reading>& newest) {
  out.key("time");
  write_time(out, newest ? std::optional(newest->time) : std::nullopt);
  out.key("meter").string(meter.name).key("simulated").boolean(simulated);
  out.key("age_s");
  if (newest) {
    out.number(seconds_between(newest->time, source.now()), 3);
  } else {
    out.null();
  }
  for (reading::ChannelId id = 0; id < kChannels.size(); ++id) {
    if (!in_use(meter.lines, id)) continue;
    out.key(kChannels[id].name);
    if (newest && newest->steps[id]) {
      reading::append_decimal(out.value(), id, *newest->steps[id]);
    } else {
      out.null();
    }
  }
  out.key("flags");
  write_flag_names(out, newest ? newest->flags : 0);
}

std::string now_of_one(const Source& source, const Status& status, const MeterStatus& meter,
                       const reading::Reading& newest) {
  std::string body;
  body.reserve(1024);
  JsonWriter out(body);
  out.begin_object();
  write_now(out, source, meter, status.simulated, newest);
  out.end_object();
  return body;
}

// Of the first meter as ever, then what only a house of several or of a sum has.
std::string now_of_all(const Source& source, const Status& status,
                       const std::vector<Latest>& latest) {
  const auto meters = meters_of(status);
  std::string body;
  JsonWriter out(body);
  out.begin_object();
  write_now(out, source, meters.front(), status.simulated, latest.front().reading);
  if (!status.sum.empty()) write_house_now(out, status, latest);
  if (several(status)) {
    out.key("meters").begin_array();
    for (std::size_t n = 0; n < std::min(meters.size(), latest.size()); ++n) {
      out.begin_object();
      write_now(out, source, meters[n], status.simulated, latest[n].reading);
      write_line_names(out, meters[n]);
      out.end_object();
    }
    out.end_array();
  }
  out.end_object();
  return body;
}

}  // namespace

std::optional<std::string> now_object(const Source& source) {
  const auto latest = source.live.latest();
  if (!newest_time(latest)) return {};
  return now_of_all(source, source.live.status(), latest);
}

Response now_answer(const Source& source, const Query& query) {
  if (const auto known = query.only({"meter"}); !known) return failure(known.error());
  const Status status = source.live.status();
  const auto meters = meters_of(status);
  const auto asked = meter_asked(query, meters);
  if (!asked) return failure(asked.error());
  const auto latest = source.live.latest();
  const auto& newest = latest[asked->value_or(0)].reading;
  if (*asked ? !newest : !newest_time(latest)) {
    return failure(503, Code::transient,
                   "no reading yet; wait a second, or see /api/v1/status for what is wrong");
  }
  std::string body = *asked ? now_of_one(source, status, meters[**asked], *newest)
                            : now_of_all(source, status, latest);
  body += '\n';
  return json(std::move(body));
}

Response status_answer(const Source& source, const Query& query) {
  if (const auto known = query.only({}); !known) return failure(known.error());
  const Status status = source.live.status();
  std::string body;
  JsonWriter out(body);
  out.begin_object().key("version").string(status.version);
  out.key("healthy").boolean(status.faults.empty()).key("simulated").boolean(status.simulated);
  out.key("house").string(status.house).key("device").string(status.device);
  out.key("wiring").string(status.wiring).key("lines");
  write_line_letters(out, status.lines);
  out.key("site").string(status.site).key("meter").string(status.meter);
  out.key("data").string(status.data).key("interval_s").number(status.interval_s, 3);
  out.key("uptime_s").number(status.uptime_s, 3).key("last_reading");
  write_time(out, status.last_reading);
  out.key("last_reading_age_s");
  if (status.last_reading) {
    out.number(seconds_between(*status.last_reading, source.now()), 3);
  } else {
    out.null();
  }
  write_counts(out, status);
  if (!status.sum.empty()) out.key("sum").string(status.sum_text);
  if (several(status)) write_meters(out, status, source.live.latest());
  write_faults(out, status.faults);
  write_store_and_events(out, source, status);
  out.end_object();
  body += '\n';
  return json(std::move(body));
}

Response channels_answer(const Source& source, const Query& query) {
  if (const auto known = query.only({}); !known) return failure(known.error());
  const Status status = source.live.status();
  std::string body;
  JsonWriter out(body);
  out.begin_object().key("channels").begin_array();
  for (reading::ChannelId id = 0; id < kChannels.size(); ++id) {
    const auto& channel = kChannels[id];
    out.begin_object().key("name").string(channel.name).key("unit").string(channel.unit);
    out.key("decimals").integer(channel.decimals).key("line");
    if (channel.line < 0) {
      out.null();
    } else {
      out.string(line_name(static_cast<std::size_t>(channel.line)));
    }
    out.key("aggregate").string("mean").key("meaning").string(channel.meaning);
    out.key("in_use").boolean(in_use(status, id)).end_object();
  }
  out.end_array().key("flags").begin_array();
  for (std::size_t n = 0; n < reading::kFlags.size(); ++n) {
    const auto& flag = reading::kFlags[n];
    int bit = 0;
    while ((reading::bit(flag.flag) >> bit) != 1) ++bit;
    out.begin_object().key("bit").integer(bit).key("name").string(flag.name);
    out.key("meaning").string(flag.meaning).end_object();
  }
  out.end_array().end_object();
  body += '\n';
  return json(std::move(body));
}

}  // namespace fithome::api
