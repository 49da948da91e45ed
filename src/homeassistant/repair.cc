// SPDX-License-Identifier: MIT
#include "homeassistant/repair.h"

#include <fmt/format.h>

#include <algorithm>

namespace fithome::homeassistant {
namespace {

using std::chrono::hours;

UtcTime whole_hour(UtcTime time) { return std::chrono::floor<hours>(time); }

}  // namespace

Result<reading::Ledger> Ledgers::at(UtcTime time, store::MeterId meter) {
  const auto seen = seen_.find({meter, time});
  if (seen != seen_.end()) return seen->second;
  FITHOME_TRY(const reading::Ledger ledger, at_(time, meter));
  seen_.emplace(std::pair(meter, time), ledger);
  return ledger;
}

Result<Ledgers::Known> Ledgers::known(store::MeterId meter) {
  const auto seen = known_.find(meter);
  if (seen != known_.end()) return seen->second;
  FITHOME_TRY(const reading::Ledger first, at_(UtcTime::min(), meter));
  FITHOME_TRY(const reading::Ledger last, at_(UtcTime::max(), meter));
  const Known known{whole_hour(first.time), whole_hour(last.time)};
  known_.emplace(meter, known);
  return known;
}

Result<std::vector<Hour>> Ledgers::hours(const Statistic& statistic, UtcTime base, UtcTime from,
                                         UtcTime to) {
  FITHOME_TRY(const reading::Ledger begin, at(base, statistic.meter));
  std::vector<reading::Energy> totals;
  for (UtcTime time = from; time <= to; time += std::chrono::hours(1)) {
    FITHOME_TRY(const reading::Ledger ledger, at(time, statistic.meter));
    totals.push_back(counted_of(statistic, ledger));
  }
  return hours_of(from, totals, counted_of(statistic, begin));
}

Result<std::vector<Hour>> Ledgers::sensor_hours(const Statistic& statistic, const Offsets& offsets,
                                                UtcTime from, UtcTime to) {
  std::vector<Hour> all;
  for (const Offset& offset : offsets.hours) {
    if (offset.start < from || offset.start >= to) continue;
    const UtcTime end = offset.start + std::chrono::hours(1);
    FITHOME_TRY(const reading::Ledger ledger, at(end, statistic.meter));
    all.push_back(sensor_hour(offset, counted_of(statistic, ledger)));
  }
  return all;
}

Result<Compared> compare(Client& client, Ledgers& ledgers, const Statistic& statistic,
                         const Span& span) {
  FITHOME_TRY(const Ledgers::Known known, ledgers.known(statistic.meter));
  Compared compared;
  FITHOME_TRY(compared.theirs, client.hours(statistic, known.first, known.end));
  if (statistic.of_sensor) {
    const UtcTime from = std::max(known.first, span.from.value_or(known.first));
    const UtcTime to = std::min(known.end, span.to.value_or(known.end));
    const Offsets offsets = offsets_of(compared.theirs);
    compared.unknown = offsets.unknown;
    FITHOME_TRY(const auto ours, ledgers.sensor_hours(statistic, offsets, from, to));
    compared.wrong = differences(ours, compared.theirs, from, to);
    return compared;
  }
  const bool none = compared.theirs.empty();
  const UtcTime recent = std::max<UtcTime>(known.first, known.end - kUnlessTold);
  const UtcTime has = none ? recent : compared.theirs.front().start;
  const UtcTime from = std::max(known.first, whole_hour(span.from.value_or(has)));
  const UtcTime to = std::min(known.end, span.to.value_or(known.end));
  FITHOME_TRY(const auto ours, ledgers.hours(statistic, none ? from : has, from, to));
  compared.wrong = differences(ours, compared.theirs, from, to);
  return compared;
}

Result<std::size_t> repair(Client& client, Ledgers& ledgers, const Statistic& statistic,
                           const Span& span, Clock& clock) {
  FITHOME_TRY(const Compared before, compare(client, ledgers, statistic, span));
  if (before.wrong.empty()) return 0;
  std::vector<Hour> missing;
  for (const Difference& wrong : before.wrong) missing.push_back(wrong.ours);
  const UtcTime first = missing.front().start;
  if (!statistic.of_sensor && !before.theirs.empty() && first < before.theirs.front().start) {
    // Sums begin earlier now: all that it has is told anew.
    FITHOME_TRY(const Ledgers::Known known, ledgers.known(statistic.meter));
    FITHOME_TRY(missing, ledgers.hours(statistic, first, first, known.end));
  }
  FITHOME_TRY_VOID(client.import(statistic, missing));

  constexpr std::chrono::milliseconds kLook{200};
  const Monotonic end = clock.monotonic() + kSettles;
  while (true) {
    FITHOME_TRY(const auto theirs,
                client.hours(statistic, missing.front().start, missing.back().start + hours(1)));
    if (differences(missing, theirs, UtcTime::min(), UtcTime::max()).empty()) break;
    if (clock.monotonic() >= end) {
      return fail(Code::transient,
                  fmt::format("Home Assistant took {} hours of {} but does not show them; its log "
                              "may say why (recorder). Try again in a minute",
                              missing.size(), statistic.id));
    }
    clock.wait_for(kLook, {});
  }
  return missing.size();
}

}  // namespace fithome::homeassistant
