// SPDX-License-Identifier: MIT
//
// Makes a small store from what it is told, for the test of docs/store-format.md.
//
// Use:     store_sample DIR < readings; a line is `time_ms flags` and the steps of all channels,
// "-"
//          where absent. The last 1,000 of them are not sealed. A few known totals, events, a
//          cursor and an era are added.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <sstream>

#include "store/store.h"

namespace {

using fithome::UtcTime;
using fithome::reading::Reading;

Reading parse(const std::string& line) {
  std::istringstream in(line);
  Reading reading;
  std::int64_t time = 0;
  in >> time >> reading.flags;
  reading.time = UtcTime(std::chrono::milliseconds(time));
  std::string word;
  for (auto& steps : reading.steps) {
    in >> word;
    if (word != "-") steps = std::stoi(word);
  }
  return reading;
}

fithome::reading::Ledger ledger_at(UtcTime time) {
  fithome::reading::Ledger ledger;
  ledger.time = time;
  ledger.lines[0].active.imported.nwh = 1'000'000'001;
  ledger.lines[1].active.exported.nwh = 1'000'000'002;
  ledger.lines[2].reactive.imported.nwh = 1'000'000'003;
  ledger.net.reactive.exported.nwh = 1'000'000'004;
  ledger.net.apparent.nwh = 1'000'000'005;
  ledger.net_remainder = {-6, 7};
  using fithome::chip::EnergyKind;
  ledger.booked[fithome::chip::energy_total(EnergyKind::active_export)] = 8;
  ledger.booked[fithome::chip::energy_of(EnergyKind::apparent, 2)] = 9;
  return ledger;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::vector<Reading> readings;
  for (std::string line; std::getline(std::cin, line);) readings.push_back(parse(line));
  auto store = fithome::store::Store::open(argv[1]);
  if (!store || readings.empty()) return 1;
  const UtcTime begin = readings.front().time;
  const auto ledger = ledger_at(readings.back().time);
  const std::vector<fithome::store::Event> events{
      {.kind = "start", .begin = begin, .end = begin, .cause = "by the test"},
      {.kind = "gap", .begin = begin, .end = {}, .cause = "lasts"},
      {.kind = "sag",
       .begin = begin,
       .end = begin,
       .cause = "low",
       .reason = "grid",
       .channel = fithome::reading::find_channel("u_c"),
       .worst = 9912}};
  const fithome::store::Era era{.boot = "8f1c",
                                .offset = std::chrono::milliseconds(1234),
                                .first = begin,
                                .trust = fithome::store::Trust::unvouched};
  const std::vector<fithome::store::Cursor> cursors{{"mqtt", 3}};
  const auto all = std::span<const Reading>(readings);
  const std::size_t sealed = all.size() - std::min<std::size_t>(all.size(), 1000);
  if (!store->append({.readings = all.first(sealed), .ledger = &ledger})) return 1;
  const auto done = store->append({.readings = all.subspan(sealed),
                                   .ledger = &ledger,
                                   .events = events,
                                   .cursors = cursors,
                                   .era = &era});
  if (!done) return 1;
  fmt::print("{}\n", store->site());
  return 0;
}
