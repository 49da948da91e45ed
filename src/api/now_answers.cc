// SPDX-License-Identifier: MIT
//
// /api/v1/now, /api/v1/status, /api/v1/channels: from the running daemon.
#include <algorithm>

#include "api/answers.h"
#include "api/json.h"
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

void write_faults(JsonWriter& out, const std::vector<Fault>& faults) {
  out.key("faults").begin_array();
  for (const Fault& fault : faults) {
    out.begin_object().key("name").string(fault.name).key("since").string(to_iso(fault.since));
    out.key("what").string(fault.what).key("remedy").string(fault.remedy).end_object();
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

void write_events(JsonWriter& out, const std::vector<store::Event>& events) {
  out.key("events").begin_array();
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    out.begin_object();
    write_event(out, *event);
    out.end_object();
  }
  out.end_array();
}

// A store that cannot be read is told of by `null`: the status must come all the same.
void write_store_and_events(JsonWriter& out, const Source& source) {
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
    UtcTime end = source.now();
    if (const auto newest = source.live.newest()) end = std::max(end, newest->time);
    end += std::chrono::seconds(1);
    if (auto found = reader->events(end - kEventTime, end, kEvents)) events = *std::move(found);
  }
  write_events(out, events);
}

}  // namespace

std::string_view line_name(std::size_t line) {
  constexpr std::string_view kNames = "abc";
  return kNames.substr(line, 1);
}

bool in_use(const Status& status, reading::ChannelId channel) {
  const int line = kChannels[channel].line;
  if (line < 0) return true;
  const auto index = static_cast<std::size_t>(line);
  return index < status.lines.size() && status.lines[index];
}

std::optional<std::string> now_object(const Source& source) {
  const auto newest = source.live.newest();
  if (!newest) return {};
  const Status status = source.live.status();
  std::string body;
  body.reserve(1024);
  JsonWriter out(body);
  out.begin_object().key("time").string(to_iso(newest->time));
  out.key("meter").string(status.meter).key("simulated").boolean(status.simulated);
  out.key("age_s").number(seconds_between(newest->time, source.now()), 3);
  for (reading::ChannelId id = 0; id < kChannels.size(); ++id) {
    if (!in_use(status, id)) continue;
    out.key(kChannels[id].name);
    if (newest->steps[id]) {
      reading::append_decimal(out.value(), id, *newest->steps[id]);
    } else {
      out.null();
    }
  }
  out.key("flags");
  write_flag_names(out, newest->flags);
  out.end_object();
  return body;
}

Response now_answer(const Source& source, const Query& query) {
  if (const auto known = query.only({}); !known) return failure(known.error());
  auto body = now_object(source);
  if (!body) {
    return failure(503, Code::transient,
                   "no reading yet; wait a second, or see /api/v1/status for what is wrong");
  }
  *body += '\n';
  return json(*std::move(body));
}

Response status_answer(const Source& source, const Query& query) {
  if (const auto known = query.only({}); !known) return failure(known.error());
  const Status status = source.live.status();
  std::string body;
  JsonWriter out(body);
  out.begin_object().key("version").string(status.version);
  out.key("healthy").boolean(status.faults.empty()).key("simulated").boolean(status.simulated);
  out.key("house").string(status.house).key("device").string(status.device);
  out.key("wiring").string(status.wiring).key("lines").begin_array();
  for (std::size_t line = 0; line < status.lines.size(); ++line) {
    if (status.lines[line]) out.string(line_name(line));
  }
  out.end_array().key("site").string(status.site).key("meter").string(status.meter);
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
  write_faults(out, status.faults);
  write_store_and_events(out, source);
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
