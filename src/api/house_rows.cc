// SPDX-License-Identifier: MIT
#include "api/house_rows.h"

#include <map>

#include "api/meters.h"

namespace fithome::api {
namespace {

constexpr reading::ChannelId kPower = reading::house_channel(reading::Quantity::active_power);

store::Range range_of(const HouseTermOf& term, UtcTime from, UtcTime to) {
  return {.meter = term.meter, .from = from, .to = to, .channels = {term.channel}};
}

// What has been added up of an instant or a step, until all terms are in it.
struct Sum {
  std::size_t terms = 0;
  std::int64_t steps = 0;  // of readings
  double mean = 0;         // of steps
  std::uint32_t readings = 0;
  reading::Flags flags = 0;
};
using Sums = std::map<UtcTime, Sum>;

void add(Sums& sums, const HouseTermOf& term, std::size_t before, const store::Rolled& rolled) {
  if (rolled.values.front().count == 0) return;
  Sum& sum = sums[rolled.start];
  if (sum.terms != before) return;  // an earlier term has nothing here
  if (before > 0 && sum.readings != rolled.readings) sum.flags |= bit(reading::Flag::after_gap);
  sum.readings = before == 0 ? rolled.readings : std::min(sum.readings, rolled.readings);
  sum.mean += term.sign * rolled.values.front().mean;
  sum.flags |= rolled.flags;
  ++sum.terms;
}

void add(Sums& sums, const HouseTermOf& term, std::size_t before, const store::Chunk& chunk) {
  const store::Column& power = chunk.columns.front();
  for (std::size_t row = 0; row < chunk.size(); ++row) {
    if (power.present[row] == 0) continue;
    Sum& sum = sums[chunk.time[row]];
    if (sum.terms != before) continue;  // or the clock was set back, and it is there twice
    sum.steps += term.sign * std::int64_t{power.steps[row]};
    sum.flags |= chunk.flags[row];
    ++sum.terms;
  }
}

}  // namespace

std::vector<HouseTermOf> house_terms(const Status& status) {
  const auto meters = meters_of(status);
  std::vector<HouseTermOf> terms;
  for (const reading::HouseTerm& term : status.sum) {
    if (term.meter >= meters.size()) continue;
    terms.push_back({meters[term.meter].id, term.sign, reading::power_channel(term)});
  }
  return terms;
}

Result<std::vector<store::Rolled>> house_steps(const store::Reader& reader,
                                               const std::vector<HouseTermOf>& terms, UtcTime from,
                                               UtcTime to, std::chrono::milliseconds step) {
  Sums sums;
  for (std::size_t n = 0; n < terms.size(); ++n) {
    FITHOME_TRY(const auto steps, reader.rollup(range_of(terms[n], from, to), step));
    for (const store::Rolled& rolled : steps) add(sums, terms[n], n, rolled);
  }
  std::vector<store::Rolled> house;
  for (const auto& [start, sum] : sums) {
    if (sum.terms < terms.size()) continue;
    store::Rolled& rolled = house.emplace_back();
    rolled.start = start;
    rolled.readings = sum.readings;
    rolled.flags = sum.flags;
    rolled.values.push_back({.count = sum.readings, .mean = sum.mean});
  }
  return house;
}

Result<store::Chunk> house_readings(const store::Reader& reader,
                                    const std::vector<HouseTermOf>& terms, UtcTime from,
                                    UtcTime to) {
  Sums sums;
  for (std::size_t n = 0; n < terms.size(); ++n) {
    FITHOME_TRY(auto scan, reader.scan(range_of(terms[n], from, to)));
    while (true) {
      FITHOME_TRY(const store::Chunk chunk, scan.next());
      if (chunk.size() == 0) break;
      add(sums, terms[n], n, chunk);
    }
  }
  store::Chunk house;
  store::Column& power = house.columns.emplace_back(store::Column{kPower, {}, {}});
  for (const auto& [time, sum] : sums) {
    if (sum.terms < terms.size()) continue;
    house.time.push_back(time);
    house.flags.push_back(sum.flags);
    power.steps.push_back(static_cast<std::int32_t>(sum.steps));  // 14 times 1.5 MW fit
    power.present.push_back(1);
  }
  return house;
}

}  // namespace fithome::api
