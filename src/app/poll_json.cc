// SPDX-License-Identifier: MIT
#include "app/poll_json.h"

#include <nlohmann/json.hpp>
#include <string_view>

namespace fithome::app {
namespace {

constexpr std::array<const char*, chip::kLines> kNames{"a", "b", "c"};

// Each field once, for both ways: `io` either writes to the JSON or reads from it.
template <class Line, class Io>
void line_fields(Line& line, Io io) {
  io("u", line.u.value);
  io("i", line.i.value);
  io("p", line.p.value);
  io("q", line.q.value);
  io("s", line.s.value);
  io("pf", line.pf);
  io("angle", line.angle.value);
  io("u_peak", line.u_peak.value);
  io("i_peak", line.i_peak.value);
  io("clipped", line.clipped);
}

template <class Sample, class Io>
void sample_fields(Sample& sample, Io io) {
  io("p", sample.p.value);
  io("q", sample.q.value);
  io("s", sample.s.value);
  io("pf", sample.pf);
  io("f", sample.f.value);
  io("temperature", sample.temperature.value);
  io("neutral", sample.neutral.value);
  io("incoherent", sample.incoherent);
  io("voltage_absent", sample.voltage_absent);
  io("retries", sample.retries);
  io("energy", sample.energy);
}

template <class State, class Io>
void state_fields(State& state, Io io) {
  io("live0", state.live0);
  io("live1", state.live1);
  io("latched0", state.latched0);
  io("latched1", state.latched1);
}

auto writer(Json& json) {
  return [&json](const char* name, const auto& value) { json[name] = value; };
}

auto reader(const Json& json) {
  return [&json](const char* name, auto& value) { json.at(name).get_to(value); };
}

reading::Flags flags_of(const Json& words) {
  reading::Flags flags = 0;
  for (const Json& word : words) {
    for (const auto& each : reading::kFlags) {
      if (word == each.name) flags |= bit(each.flag);
    }
  }
  return flags;
}

chip::Sample sample_of(const Json& json) {
  chip::Sample sample;
  sample_fields(sample, reader(json));
  state_fields(sample.state, reader(json.at("state")));
  const Json& lines = json.at("lines");
  for (std::size_t n = 0; n < kNames.size(); ++n) {
    if (!lines.contains(kNames[n])) continue;
    line_fields(sample.lines[n].emplace(), reader(lines.at(kNames[n])));
  }
  return sample;
}

Result<Poll> understand(const Json& json) {
  Poll poll;
  FITHOME_TRY(poll.time, parse_time(json.at("time").get<std::string>(), UtcTime{}));
  if (json.contains("missed")) {
    json.at("missed").get_to(poll.missed);
    return poll;
  }
  poll.flags = flags_of(json.at("flags"));
  poll.sample = sample_of(json);
  return poll;
}

}  // namespace

Json poll_json(const Poll& poll) {
  Json json{{"time", to_iso(poll.time)}};
  if (!poll.sample) {
    json["missed"] = poll.missed;
    return json;
  }
  sample_fields(*poll.sample, writer(json));
  json["state"] = Json::object();
  state_fields(poll.sample->state, writer(json["state"]));
  json["lines"] = Json::object();
  for (std::size_t n = 0; n < kNames.size(); ++n) {
    if (!poll.sample->lines[n]) continue;
    line_fields(*poll.sample->lines[n], writer(json["lines"][kNames[n]]));
  }
  json["flags"] = Json::array();
  for (const auto& each : reading::kFlags) {
    if (poll.flags & bit(each.flag)) json["flags"].push_back(each.name);
  }
  return json;
}

Result<Poll> parse_poll(const Json& json) {
  try {
    return understand(json);
  } catch (const Json::exception& error) {
    return fail(Code::corrupt, std::string("no poll as fithome writes it: ") + error.what());
  }
}

}  // namespace fithome::app
