// SPDX-License-Identifier: MIT
#include "app/past.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/house_sum.h"
#include "app/meter_ids.h"
#include "base/log.h"

namespace fithome::app {

Result<void> never_mixed(const store::Reader& reader, const std::filesystem::path& data,
                         bool simulated) {
  FITHOME_TRY(const auto meters, reader.meters());
  for (const store::Meter& meter : meters) {
    FITHOME_TRY(const auto newest, reader.newest(meter.id));
    if (!newest) continue;
    const bool was_simulated = newest->flags & bit(reading::Flag::simulated);
    if (was_simulated == simulated) return {};
    return fail(Code::invalid,
                fmt::format("{} holds readings of a {} house, and this one is {}; they are never "
                            "mixed: choose another --data",
                            data.string(), was_simulated ? "simulated" : "real",
                            simulated ? "simulated" : "real"));
  }
  return {};
}

Result<std::vector<Past>> pasts_of(store::Store& store, const store::Reader& reader,
                                   const Config& config, HandOver& to, UtcTime now) {
  FITHOME_TRY(const auto stored, reader.meters());
  FITHOME_TRY(const MeterIds known, meter_ids(config.meters, stored));
  for (const MeterIds::Change& change : known.changes) {
    FITHOME_TRY_VOID(store.name_meter(change.id, change.name));
    if (change.what.empty()) continue;
    log_info("{}", change.what);
    to.give({.meter = change.id, .kind = "meter", .begin = now, .end = now, .cause = change.what});
  }
  std::vector<Past> pasts;
  for (const store::MeterId id : known.ids) {
    Past& past = pasts.emplace_back();
    past.id = id;
    FITHOME_TRY(auto calibrations, reader.calibrations(id));
    if (!calibrations.empty()) past.calibration = std::move(calibrations.back());
    FITHOME_TRY(const auto newest, reader.newest(id));
    if (newest) past.newest = newest->time;
    auto ledger = reader.ledger(id);  // may be without a reading: app/carry_over.h
    if (!ledger && ledger.error().code == Code::not_found) continue;
    FITHOME_TRY(past.ledger, std::move(ledger));
  }
  return pasts;
}

Result<void> open_house(SamplerConfig& of, store::Store& store, const store::Reader& reader,
                        const Config& config, const std::vector<Past>& pasts, HandOver& to,
                        UtcTime now) {
  if (config.meters.size() == 1 && config.house.empty()) return {};
  const auto sum = parse_house_sum(config.house, config.meters);
  FITHOME_CHECK(sum, "a house that was not checked");
  of.sum = *sum;
  const std::string text = house_sum_by_letters(of.sum, config.meters);
  FITHOME_TRY(const auto before, reader.house());
  if (before != text) FITHOME_TRY_VOID(store.name_meter(store::kHouse, text));
  if (before && before != text) {
    const std::string what =
        fmt::format("the house was {}, and is {} from now on; its totals go on", *before, text);
    log_info("{}", what);
    to.give({.meter = pasts[0].id, .kind = "house", .begin = now, .end = now, .cause = what});
  }
  const auto stored = reader.ledger(store::kHouse);
  if (stored) {
    of.house = *stored;
    return {};
  }
  if (stored.error().code != Code::not_found) return Failure(stored.error());
  std::vector<reading::Ledger> ledgers;
  for (const Past& past : pasts) ledgers.push_back(past.ledger);
  of.house = reading::first_house_ledger(of.sum, ledgers);
  return {};
}

Result<void> end_what_lasted(const store::Reader& reader, const std::vector<Past>& pasts,
                             const Absence& absence, HandOver& to) {
  FITHOME_TRY(auto lasting, reader.open_events());
  for (store::Event& event : lasting) {
    event.end = event.begin;
    const auto past = std::ranges::find(pasts, event.meter, &Past::id);
    if (past != pasts.end() && past->newest) event.end = std::max(*event.end, *past->newest);
    if (absence.since) event.end = std::max(*event.end, *absence.since);
    event.cause += "; it was not over when fithome ended";
    to.give(std::move(event));
  }
  return {};
}

}  // namespace fithome::app
