// SPDX-License-Identifier: MIT
//
// /api/v1/sinks: how far those are to whom readings are handed on.
#include "api/answers.h"

namespace fithome::api {
namespace {

void write_time(JsonWriter& out, std::string_view key, const std::optional<UtcTime>& time) {
  out.key(key);
  if (time) {
    out.string(to_iso(*time));
  } else {
    out.null();
  }
}

void write_sink(JsonWriter& out, const sinks::SinkState& sink) {
  const auto count = [&](std::string_view key, std::uint64_t value) {
    out.key(key).integer(static_cast<std::int64_t>(value));
  };
  out.begin_object().key("name").string(sink.name).key("target").string(sink.target);
  out.key("state").string(name(sink.doing));
  count("taken", sink.taken);
  count("backlog", sink.backlog);
  count("delivered", sink.delivered);
  count("refused", sink.refused);
  count("failures", sink.failures);
  write_time(out, "last_success", sink.last_success);
  write_time(out, "last_failure", sink.last_failure);
  out.key("last_error");
  if (sink.last_error.empty()) {
    out.null();
  } else {
    out.string(sink.last_error);
  }
  out.end_object();
}

}  // namespace

Response sinks_answer(const Source& source, const Query& query) {
  if (const auto known = query.only({}); !known) return failure(known.error());
  std::string body;
  JsonWriter out(body);
  const Status status = source.live.status();
  out.begin_object().key("simulated").boolean(status.simulated).key("sinks").begin_array();
  for (const sinks::SinkState& sink : status.sinks) write_sink(out, sink);
  out.end_array().end_object();
  body += '\n';
  return json(std::move(body));
}

}  // namespace fithome::api
