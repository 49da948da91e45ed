// SPDX-License-Identifier: MIT
#include "reading/house.h"

#include <algorithm>
#include <utility>

namespace fithome::reading {
namespace {

// Active energy of a term: told apart by the meter, and with what it has not told apart yet.
struct Amount {
  Flow active;
  std::int64_t net_nwh = 0;
};

Amount amount_of(const HouseTerm& term, const Ledger& ledger) {
  const Flow flow =
      measured(term.line ? ledger.lines[static_cast<std::size_t>(*term.line)] : ledger.net);
  const std::int64_t untold = term.line ? 0 : ledger.net_remainder[0];
  return {flow, flow.imported.nwh - flow.exported.nwh + untold};
}

// What the term gained, with the sign it has in the house.
Amount gain_of(const HouseTerm& term, const HouseStep& step) {
  const Amount now = amount_of(term, *step.now);
  const Amount before = amount_of(term, *step.before);
  Amount gain{
      {now.active.imported - before.active.imported, now.active.exported - before.active.exported},
      now.net_nwh - before.net_nwh};
  if (term.sign < 0) {
    std::swap(gain.active.imported, gain.active.exported);
    gain.net_nwh = -gain.net_nwh;
  }
  return gain;
}

}  // namespace

ChannelId power_channel(const HouseTerm& term) {
  return term.line ? line_channel(Quantity::active_power, *term.line)
                   : house_channel(Quantity::active_power);
}

std::optional<Watts> house_power(const HouseSum& sum,
                                 std::span<const std::optional<Reading>> newest) {
  std::int64_t steps = 0;  // of one size, so that nothing is rounded
  std::optional<UtcTime> time;
  for (const HouseTerm& term : sum) {
    if (term.meter >= newest.size() || !newest[term.meter]) return {};
    const Reading& reading = *newest[term.meter];
    const auto& power = reading.steps[power_channel(term)];
    if (!power || (time && *time != reading.time)) return {};
    time = reading.time;
    steps += term.sign * std::int64_t{*power};
  }
  if (!time) return {};
  return Watts{static_cast<double>(steps) * step(house_channel(Quantity::active_power))};
}

void book_house(Ledger& house, const HouseSum& sum, std::span<const HouseStep> steps,
                UtcTime time) {
  bool whole = true;
  for (const HouseTerm& term : sum) {
    const HouseStep& step = steps[term.meter];
    if (step.now == nullptr) {
      whole = false;
      continue;
    }
    const Amount gain = gain_of(term, step);
    if (sum.size() == 1) {
      house.net.active.imported.nwh += gain.active.imported.nwh;
      house.net.active.exported.nwh += gain.active.exported.nwh;
    } else {
      house.net_remainder[0] += gain.net_nwh;
    }
  }
  if (whole && sum.size() > 1) tell_apart(house.net.active, house.net_remainder[0]);
  house.time = time;
}

Ledger first_house_ledger(const HouseSum& sum, std::span<const Ledger> meters) {
  Ledger house;
  if (sum.size() != 1 || sum[0].meter >= meters.size()) return house;
  const Ledger nothing;
  const HouseStep step{&nothing, &meters[sum[0].meter]};
  const Amount all = gain_of(sum[0], step);
  house.net.active = all.active;
  return house;
}

}  // namespace fithome::reading
