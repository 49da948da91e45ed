// SPDX-License-Identifier: MIT
#include "app/workbench.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/control_client.h"
#include "app/meter_ids.h"

namespace fithome::app {
namespace {

using Json = nlohmann::json;

// What `number` changed is put back, where it still stands as that left it.
Result<void> put_back(const Json& before, const Json& after, Json& now, std::uint64_t number) {
  for (const auto& [name, was] : before.items()) {
    if (!after.contains(name) || after[name] == was) continue;
    if (was.is_object()) {
      FITHOME_TRY_VOID(put_back(was, after[name], now[name], number));
      continue;
    }
    if (now[name] != after[name]) {
      return fail(
          Code::invalid,
          fmt::format("{} was changed again after number {}; undo that first", name, number));
    }
    now[name] = was;
  }
  return {};
}

bool can_be_undone(const store::Calibration& of) {
  return !of.undone_by && of.kind != "configuration" && of.kind != "undo";
}

}  // namespace

Result<std::unique_ptr<Workbench>> open_workbench(const Which& which, std::stop_token stop) {
  FITHOME_TRY(const bool listens, daemon_listens(which.data));
  if (listens) return open_daemon_workbench(which, std::move(stop));
  return open_own_workbench(which, true, std::move(stop));
}

Result<std::size_t> place_in(const Config& config, const std::string& meter) {
  if (meter.empty()) return std::size_t{0};
  const auto found = std::ranges::find(config.meters, meter, &MeterConfig::name);
  if (found != config.meters.end()) {
    return static_cast<std::size_t>(found - config.meters.begin());
  }
  std::vector<std::string_view> names;
  for (const MeterConfig& each : config.meters) names.push_back(each.name);
  return fail(Code::not_found, fmt::format("the configuration has no meter \"{}\"; it has {}",
                                           meter, fmt::join(names, ", ")));
}

Result<store::MeterId> number_of(const Which& which, const store::Reader& reader) {
  FITHOME_TRY(const auto stored, reader.meters());
  const auto named = std::ranges::find(stored, which.meter, &store::Meter::name);
  if (!which.meter.empty() && named != stored.end()) return named->id;
  FITHOME_TRY(const std::size_t place, place_in(which.config, which.meter));
  FITHOME_TRY(const MeterIds known, meter_ids(which.config.meters, stored));
  return known.ids[place];
}

Result<Undo> undo_of(const std::vector<store::Calibration>& history, const MeterSettings& current,
                     std::optional<std::uint64_t> number) {
  const auto found = std::ranges::find_if(history.rbegin(), history.rend(), [&](const auto& of) {
    return number ? of.id == *number : can_be_undone(of);
  });
  if (found == history.rend()) {
    return fail(Code::not_found,
                number ? fmt::format("there is no calibration number {}; see fithome calibrate "
                                     "history",
                                     *number)
                       : "there is no calibration to undo");
  }
  if (!can_be_undone(*found)) {
    return fail(
        Code::invalid,
        found->undone_by
            ? fmt::format("number {} was undone by number {} already", found->id, *found->undone_by)
            : fmt::format("number {} is no calibration but an entry of kind {}; change the "
                          "configuration, or calibrate again",
                          found->id, found->kind));
  }
  const Json before = Json::parse(found->before, nullptr, false);
  const Json after = Json::parse(found->after, nullptr, false);
  Json now = Json::parse(to_json(current));
  if (!before.is_object() || !after.is_object()) {
    return fail(Code::corrupt, fmt::format("calibration number {} cannot be read", found->id));
  }
  FITHOME_TRY_VOID(put_back(before, after, now, found->id));
  FITHOME_TRY(auto settings, from_json(now.dump(), current));
  return Undo{std::move(settings), found->id};
}

}  // namespace fithome::app
