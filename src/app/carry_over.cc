// SPDX-License-Identifier: MIT
#include "app/carry_over.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace fithome::app {
namespace {

using reading::Energy;
using reading::Ledger;
using reading::LineEnergy;

// At the end of each, a store keeps the totals.
using Mark = std::chrono::duration<std::int64_t, std::ratio<900>>;

// As they were counted: what was set by hand may be lower.
std::array<Energy, 5> totals_of(const LineEnergy& energy) {
  const reading::Flow active = measured(energy);
  return {active.imported, active.exported, energy.reactive.imported, energy.reactive.exported,
          energy.apparent};
}

bool lower(const LineEnergy& now, const LineEnergy& before) {
  const auto is = totals_of(now), was = totals_of(before);
  return !std::ranges::equal(is, was, std::ranges::greater_equal{}, &Energy::nwh, &Energy::nwh);
}

bool lower(const Ledger& now, const Ledger& before) {
  return lower(now.net, before.net) ||
         !std::ranges::equal(now.lines, before.lines,
                             [](const auto& is, const auto& was) { return !lower(is, was); });
}

// Of a meter that has counted nothing.
Result<Ledger> ledger_of(const store::Reader& reader, store::MeterId meter) {
  auto ledger = reader.ledger(meter);
  if (!ledger && ledger.error().code == Code::not_found) return Ledger{};
  return ledger;
}

store::Event event_of(const Carried& carried) {
  const auto kwh = [](Energy energy) { return energy.wh() / 1000; };
  const reading::Flow& from = carried.before.net.active;
  const reading::Flow& to = carried.now.net.active;
  return {.meter = carried.meter,
          .kind = "ledger_set",
          .begin = carried.now.time,
          .end = carried.now.time,
          .cause = fmt::format("totals carried over to a copy that was put back: from the grid "
                               "{:.3f} -> {:.3f} kWh, to the grid {:.3f} -> {:.3f} kWh",
                               kwh(from.imported), kwh(to.imported), kwh(from.exported),
                               kwh(to.exported)),
          .reason = "carried_over"};
}

// The totals as they stood at the end of each quarter since, then as they stand. An event is of a
// meter, and the house is none.
Result<void> carry(const store::Reader& from, store::Store& to, const Carried& carried) {
  UtcTime last = carried.before.time;
  const auto append = [&](const Ledger& ledger, std::span<const store::Event> events) {
    last = ledger.time;
    return to.append({.meter = carried.meter, .ledger = &ledger, .events = events});
  };
  FITHOME_TRY(const Ledger first, from.ledger_at(last, carried.meter));
  std::vector<UtcTime> ends;
  for (UtcTime end = std::chrono::ceil<Mark>(std::max(last, first.time)); end < carried.now.time;
       end += Mark(1)) {
    ends.push_back(end);
  }
  FITHOME_TRY(const auto marks, from.ledgers_at(ends, carried.meter));
  for (const Ledger& then : marks) {
    if (then.time > last) FITHOME_TRY_VOID(append(then, {}));
  }
  const store::Event event = event_of(carried);
  const std::size_t events = carried.meter == store::kHouse ? 0 : 1;
  FITHOME_TRY_VOID(append(carried.now, {&event, events}));
  return {};
}

// Each by the name it has there, as it is found by the daemon.
Result<void> name_like(const store::Reader& from, const store::Reader& copy, store::Store& to) {
  FITHOME_TRY(const auto named, from.meters());
  FITHOME_TRY(const auto there, copy.meters());
  for (const store::Meter& meter : named) {
    const bool known = std::ranges::find(there, meter.id, &store::Meter::id) != there.end();
    if (meter.name && !known) FITHOME_TRY_VOID(to.name_meter(meter.id, *meter.name));
  }
  FITHOME_TRY(const auto house, from.house());
  FITHOME_TRY(const auto of_copy, copy.house());
  if (house && !of_copy) FITHOME_TRY_VOID(to.name_meter(store::kHouse, *house));
  return {};
}

}  // namespace

Result<std::vector<Carried>> carry_over(const std::filesystem::path& aside,
                                        const std::filesystem::path& data) {
  FITHOME_TRY(const auto from, store::Reader::open(aside));
  FITHOME_TRY(const auto copy, store::Reader::open(data));
  FITHOME_TRY(const store::Info its, from.info());
  FITHOME_TRY(const store::Info ours, copy.info());
  if (its.site != ours.site) return std::vector<Carried>();

  std::vector<store::MeterId> ids{store::kHouse};
  FITHOME_TRY(const auto meters, from.meters());
  for (const store::Meter& meter : meters) ids.push_back(meter.id);
  std::vector<Carried> all;
  for (const store::MeterId id : ids) {
    FITHOME_TRY(const Ledger before, ledger_of(copy, id));
    FITHOME_TRY(const Ledger there, ledger_of(from, id));
    if (there.time > before.time) all.push_back({id, before, there, lower(there, before)});
  }
  if (all.empty()) return all;

  FITHOME_TRY(auto to, store::Store::open(data));
  FITHOME_TRY_VOID(name_like(from, copy, to));
  for (const Carried& one : all) {
    if (!one.lower) FITHOME_TRY_VOID(carry(from, to, one));
  }
  FITHOME_TRY_VOID(to.sync());
  return all;
}

}  // namespace fithome::app
