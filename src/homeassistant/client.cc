// SPDX-License-Identifier: MIT
#include "homeassistant/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

namespace fithome::homeassistant {
namespace {

using nlohmann::json;

constexpr std::size_t kHoursAMessage = 1000;         // 80 kB; it takes 4 MB
constexpr std::chrono::hours kHoursAsked{366 * 24};  // 1 MB
constexpr std::string_view kRecorder = "recorder";   // of what it keeps itself
constexpr int kMostOthers = 1000;                    // messages that are no answer of ours
constexpr std::size_t kMostQuoted = 200;

constexpr const char* kNewToken =
    "make one in Home Assistant (your name at the bottom left, Security, Long-lived access tokens) "
    "and put it into the file that homeassistant.token_file names";

Failure no_home_assistant() {
  return fail(Code::invalid,
              "what answers is no Home Assistant, or one that fithome does not understand; is "
              "homeassistant.url the address a browser shows for it?");
}

// Text of a member, empty where there is none: it may be anybody's rubbish.
std::string text_in(const json& of, const char* key) {
  const auto found = of.is_object() ? of.find(key) : of.end();
  if (!of.is_object() || found == of.end() || !found->is_string()) return {};
  return found->get<std::string>();
}

// One line of something that is quoted, and not too much of it.
std::string quoted(std::string text) {
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  if (text.size() > kMostQuoted) text.resize(kMostQuoted);
  return text;
}

Failure refused(const std::string& what, const json& answer) {
  const auto found = answer.find("error");
  const json& error = found != answer.end() ? *found : answer;
  const std::string code = text_in(error, "code");
  if (code == "unauthorized") {
    return fail(Code::invalid, fmt::format("the token is not of an administrator, who alone may "
                                           "import; {}",
                                           kNewToken));
  }
  if (code == "unknown_command") {
    return fail(Code::unsupported,
                fmt::format("Home Assistant does not know {}; it is too old, or its configuration "
                            "lacks `recorder:` (or `default_config:`)",
                            what));
  }
  return fail(Code::invalid, fmt::format("Home Assistant refused {}: {} ({})", what,
                                         quoted(text_in(error, "message")), quoted(code)));
}

std::optional<Hour> hour_of(const json& row) {
  if (!row.is_object()) return {};
  const auto number = [&row](const char* key) -> std::optional<double> {
    const auto found = row.find(key);
    if (found == row.end() || !found->is_number()) return {};
    return found->get<double>();
  };
  constexpr double kLongAgo = 0, kFarAway = 1e14;  // milliseconds
  const auto start = number("start");
  const auto state = number("state");
  const auto sum = number("sum");
  if (!start || !(*start >= kLongAgo) || *start > kFarAway || !state || !sum) return {};
  return Hour{UtcTime(std::chrono::milliseconds(static_cast<std::int64_t>(*start))), *state, *sum};
}

}  // namespace

Result<Client> Client::log_in(std::unique_ptr<Wire> wire, const std::string& token) {
  if (token.empty()) {
    return fail(Code::invalid, fmt::format("there is no token for Home Assistant; {}", kNewToken));
  }
  Client client(std::move(wire));
  FITHOME_TRY(const json greeting, client.receive());
  if (text_in(greeting, "type") != "auth_required") return no_home_assistant();
  client.version_ = quoted(text_in(greeting, "ha_version"));
  const json login{{"type", "auth"}, {"access_token", token}};
  FITHOME_TRY_VOID(client.wire_->send(login.dump(-1, ' ', true, json::error_handler_t::replace)));
  FITHOME_TRY(const json answer, client.receive());
  const std::string type = text_in(answer, "type");
  if (type == "auth_invalid") {
    return fail(Code::invalid, fmt::format("Home Assistant refused the token; {}", kNewToken));
  }
  if (type != "auth_ok") return no_home_assistant();
  if (!client.since(2023, 3)) {
    return fail(Code::unsupported,
                fmt::format("Home Assistant {} is too old; fithome needs 2023.3 or newer",
                            client.version_));
  }
  return client;
}

Result<json> Client::receive() {
  FITHOME_TRY(const std::string text, wire_->receive());
  json message = json::parse(text, nullptr, false);
  if (!message.is_object()) return no_home_assistant();
  return message;
}

Result<json> Client::ask(json request) {
  const std::string what = text_in(request, "type");
  request["id"] = ++last_id_;
  FITHOME_TRY_VOID(wire_->send(request.dump(-1, ' ', true, json::error_handler_t::replace)));
  for (int others = 0; others < kMostOthers; ++others) {
    FITHOME_TRY(json answer, receive());
    const auto id = answer.find("id");
    if (id == answer.end() || *id != last_id_ || text_in(answer, "type") != "result") continue;
    const auto success = answer.find("success");
    if (success == answer.end() || *success != true) return refused(what, answer);
    return std::move(answer["result"]);
  }
  return no_home_assistant();
}

bool Client::since(int year, int month) const {
  int its_year = 0, its_month = 0;
  const char* end = version_.data() + version_.size();
  const auto dot = std::from_chars(version_.data(), end, its_year);
  if (dot.ec != std::errc() || dot.ptr == end || *dot.ptr != '.') return true;
  if (std::from_chars(dot.ptr + 1, end, its_month).ec != std::errc()) return true;
  return std::pair(its_year, its_month) >= std::pair(year, month);
}

Result<std::vector<Hour>> Client::hours(const Statistic& statistic, UtcTime from, UtcTime to) {
  std::vector<Hour> all;
  for (UtcTime begin = from; begin < to; begin += kHoursAsked) {
    const UtcTime end = std::min<UtcTime>(begin + kHoursAsked, to);
    FITHOME_TRY(const json result, ask({{"type", "recorder/statistics_during_period"},
                                        {"start_time", to_iso(begin)},
                                        {"end_time", to_iso(end)},
                                        {"statistic_ids", {statistic.id}},
                                        {"period", "hour"},
                                        {"types", {"state", "sum"}},
                                        {"units", {{"energy", "kWh"}}}}));
    if (!result.is_object()) return no_home_assistant();
    const auto rows = result.find(statistic.id);
    if (rows == result.end()) continue;
    if (!rows->is_array()) return no_home_assistant();
    for (const json& row : *rows) {
      const auto hour = hour_of(row);  // one without a sum is as none
      if (hour && hour->start >= begin && hour->start < end) all.push_back(*hour);
    }
  }
  std::ranges::sort(all, {}, &Hour::start);
  return all;
}

Result<std::vector<Statistic>> Client::sensors(std::span<const Statistic> of) {
  FITHOME_TRY(const json entities, ask({{"type", "config/entity_registry/list"}}));
  if (!entities.is_array()) return no_home_assistant();
  std::map<std::string, Statistic> found;  // by its id
  for (const json& entity : entities) {
    if (text_in(entity, "platform") != "mqtt") continue;
    const auto known = std::ranges::find(of, text_in(entity, "unique_id"), &Statistic::sensor);
    if (known == of.end()) continue;
    Statistic one = *known;
    one.id = text_in(entity, "entity_id");
    one.of_sensor = true;
    found[one.id] = std::move(one);
  }
  if (found.empty()) return std::vector<Statistic>();
  json ids = json::array();
  for (const auto& [id, one] : found) ids.push_back(id);
  FITHOME_TRY(const json kept, ask({{"type", "recorder/get_statistics_metadata"},
                                    {"statistic_ids", std::move(ids)}}));
  if (!kept.is_array()) return no_home_assistant();
  std::vector<Statistic> all;
  for (const json& about : kept) {
    const auto one = found.find(text_in(about, "statistic_id"));
    if (one == found.end() || text_in(about, "source") != kRecorder) continue;
    if (text_in(about, "statistics_unit_of_measurement") == "kWh") all.push_back(one->second);
  }
  return all;
}

Result<void> Client::import(const Statistic& statistic, std::span<const Hour> hours) {
  json about{{"statistic_id", statistic.id},
             {"source", statistic.of_sensor ? kRecorder : kSource},
             {"name", statistic.of_sensor ? json() : json(statistic.name)},
             {"unit_of_measurement", "kWh"},
             {"has_sum", true}};
  if (since(2025, 11)) {
    about["mean_type"] = 0;
    about["unit_class"] = "energy";
  } else {
    about["has_mean"] = false;
  }
  while (!hours.empty()) {
    const auto share = hours.first(std::min(hours.size(), kHoursAMessage));
    hours = hours.subspan(share.size());
    json rows = json::array();
    for (const Hour& hour : share) {
      rows.push_back({{"start", to_iso(hour.start)}, {"state", hour.state}, {"sum", hour.sum}});
    }
    FITHOME_TRY_VOID(ask(
        {{"type", "recorder/import_statistics"}, {"metadata", about}, {"stats", std::move(rows)}}));
  }
  return {};
}

}  // namespace fithome::homeassistant
