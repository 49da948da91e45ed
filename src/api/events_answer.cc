// SPDX-License-Identifier: MIT
//
// /api/v1/events: what happened and what lasts, from the store.
#include <fmt/format.h>

#include <algorithm>

#include "api/answers.h"
#include "api/json.h"
#include "api/meters.h"
#include "base/number.h"
#include "store/store.h"

namespace fithome::api {
namespace {

constexpr std::size_t kUsualLimit = 1000;
constexpr std::size_t kMostEvents = 10'000;

struct EventsQuery {
  UtcTime from, to;
  std::vector<std::string> kinds;
  std::size_t limit = kUsualLimit;
};

// Kinds come and go with versions, so any word is one; an odd one finds nothing.
Result<std::vector<std::string>> kinds_of(std::string_view text) {
  std::vector<std::string> kinds;
  while (true) {
    const std::string_view one = text.substr(0, text.find(','));
    const bool word = !one.empty() && std::ranges::all_of(one, [](char c) {
      return (c >= 'a' && c <= 'z') || c == '_';
    });
    if (!word || kinds.size() == 32) {
      return fail(Code::invalid,
                  "kind: names with commas, such as kind=outage,sag; docs/api.md lists them");
    }
    kinds.emplace_back(one);
    if (one.size() == text.size()) return kinds;
    text.remove_prefix(one.size() + 1);
  }
}

Result<std::size_t> limit_of(std::string_view text) {
  const auto limit = parse_number<std::size_t>(text);
  if (limit && *limit >= 1 && *limit <= kMostEvents) return *limit;
  return fail(Code::invalid, fmt::format("limit: 1 to {}", kMostEvents));
}

// A clock that is not set is behind the newest reading; what begins this very moment is wanted too.
Result<EventsQuery> parse(const Query& query, UtcTime now) {
  FITHOME_TRY_VOID(query.only({"from", "to", "kind", "limit"}));
  EventsQuery wanted;
  FITHOME_TRY(wanted.to, time_asked(query, "to", now, now + std::chrono::seconds(1)));
  FITHOME_TRY(wanted.from, time_asked(query, "from", now, wanted.to - std::chrono::days(7)));
  if (wanted.from >= wanted.to) {
    return fail(Code::invalid, fmt::format("from ({}) must be before to ({})", to_iso(wanted.from),
                                           to_iso(wanted.to)));
  }
  if (const auto kinds = query.get("kind")) {
    FITHOME_TRY(wanted.kinds, kinds_of(*kinds));
  }
  if (const auto limit = query.get("limit")) {
    FITHOME_TRY(wanted.limit, limit_of(*limit));
  }
  return wanted;
}

Result<std::vector<store::Event>> find(const Source& source, const EventsQuery& wanted) {
  FITHOME_TRY(const auto reader, store::Reader::open(source.data));
  return reader.events(wanted.from, wanted.to, wanted.limit, wanted.kinds);
}

// A meter that left the configuration has no name here, and needs one only among others.
std::string meter_name(const Status& status, store::MeterId id) {
  const auto meter = std::ranges::find(status.meters, id, &MeterStatus::id);
  return meter == status.meters.end() || !several(status) ? "" : meter->name;
}

}  // namespace

void write_event(JsonWriter& out, const Status& status, const store::Event& event) {
  out.key("kind").string(event.kind).key("begin").string(to_iso(event.begin)).key("end");
  if (event.end) {
    out.string(to_iso(*event.end));
  } else {
    out.null();
  }
  out.key("cause").string(event.cause);
  if (const auto name = meter_name(status, event.meter); !name.empty()) {
    out.key("meter").string(name);
  }
  if (!event.reason.empty()) out.key("reason").string(event.reason);
  if (!event.channel) return;
  const auto& channel = reading::kChannels[*event.channel];
  if (channel.line >= 0) out.key("line").string(line_name(static_cast<std::size_t>(channel.line)));
  if (!event.worst) return;
  reading::append_decimal(out.key("worst").value(), *event.channel, *event.worst);
  out.key("unit").string(channel.unit);
}

Response events_answer(const Source& source, const Query& query) {
  UtcTime now = source.now();
  if (const auto newest = source.live.newest()) now = std::max(now, newest->time);
  const auto wanted = parse(query, now);
  if (!wanted) return failure(wanted.error());
  const auto events = find(source, *wanted);
  if (!events) return failure(events.error());
  const Status status = source.live.status();
  std::string body;
  JsonWriter out(body);
  out.begin_object()
      .key("simulated")
      .boolean(status.simulated)
      .key("from")
      .string(to_iso(wanted->from))
      .key("to")
      .string(to_iso(wanted->to));
  out.key("events").begin_array();
  for (auto event = events->rbegin(); event != events->rend(); ++event) {
    out.begin_object();
    write_event(out, status, *event);
    out.end_object();
  }
  out.end_array().end_object();
  body += '\n';
  return json(std::move(body));
}

}  // namespace fithome::api
