// SPDX-License-Identifier: MIT
//
// A Home Assistant for tests: it keeps statistics, and answers as the real one does.
//
// Threads: one
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/time.h"
#include "homeassistant/wire.h"

namespace fithome::homeassistant {

/// What is behind the wire; it outlives the connections to it.
struct FakeHomeAssistant {
  using Json = nlohmann::json;

  std::string version = "2026.11.0";
  std::string token = "right";
  std::map<std::string, std::map<std::string, Json>> rows;  // statistic, start: state and sum
  std::map<std::string, Json> metadata;
  Json registry = Json::array();   // of entities
  std::vector<std::string> asked;  // types of the messages, in order
  bool forgets = false;            // it takes hours, and does not keep them
  /// In place of its answer, where it returns any.
  std::function<std::vector<std::string>(const Json& request)> instead;

  std::vector<std::string> answers(const Json& request) {
    asked.push_back(request.value("type", ""));
    if (instead) {
      if (auto these = instead(request); !these.empty()) return these;
    }
    if (asked.back() == "auth") {
      const bool right = request["access_token"] == token;
      return {Json{{"type", right ? "auth_ok" : "auth_invalid"}, {"ha_version", version}}.dump()};
    }
    Json result;
    if (asked.back() == "config/entity_registry/list") result = registry;
    if (asked.back() == "recorder/get_statistics_metadata") result = kept_of(request);
    if (asked.back() == "recorder/import_statistics") import(request);
    if (asked.back() == "recorder/statistics_during_period") result = rows_of(request);
    return {Json{{"id", request["id"]}, {"type", "result"}, {"success", true}, {"result", result}}
                .dump()};
  }

 private:
  void import(const Json& request) {
    const std::string id = request["metadata"]["statistic_id"];
    metadata[id] = request["metadata"];
    if (forgets) return;
    for (const Json& row : request["stats"]) rows[id][row["start"]] = row;
  }

  Json kept_of(const Json& request) {
    Json found = Json::array();
    for (const Json& id : request["statistic_ids"]) {
      const auto about = metadata.find(id);
      if (about == metadata.end()) continue;
      found.push_back({{"statistic_id", id},
                       {"source", about->second["source"]},
                       {"statistics_unit_of_measurement", about->second["unit_of_measurement"]}});
    }
    return found;
  }

  Json rows_of(const Json& request) {
    const std::string id = request["statistic_ids"][0];
    Json found = Json::array();
    for (const auto& [start, row] : rows[id]) {
      if (start < request["start_time"] || start >= request["end_time"]) continue;
      const auto time = parse_time(start, {}).value().time_since_epoch().count();
      found.push_back({{"start", time}, {"state", row["state"]}, {"sum", row["sum"]}});
    }
    return found.empty() ? Json::object() : Json{{id, found}};
  }
};

class FakeWire final : public Wire {
 public:
  explicit FakeWire(FakeHomeAssistant& behind) : behind_(behind) {
    using Json = nlohmann::json;
    waiting_.push_back(Json{{"type", "auth_required"}, {"ha_version", behind.version}}.dump());
  }
  Result<void> send(std::string_view message) override {
    for (std::string& answer : behind_.answers(nlohmann::json::parse(message))) {
      waiting_.push_back(std::move(answer));
    }
    return {};
  }
  Result<std::string> receive() override {
    if (waiting_.empty()) return fail(Code::transient, "it broke off");
    std::string next = std::move(waiting_.front());
    waiting_.pop_front();
    return next;
  }

 private:
  FakeHomeAssistant& behind_;
  std::deque<std::string> waiting_;
};

}  // namespace fithome::homeassistant
