// SPDX-License-Identifier: MIT
//
// /api/v1/energy: the ledger, and what it gained since midnight or another moment.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>

#include "api/answers.h"
#include "api/json.h"
#include "api/meters.h"
#include "store/store.h"

namespace fithome::api {
namespace {

using reading::Flow;
using reading::Ledger;
using reading::LineEnergy;

// Nanowatt-hours as watt-hours, exactly: 1234500000000 is 1234.5.
void append_wh(std::string& out, std::int64_t nwh) {
  constexpr std::int64_t kNano = 1'000'000'000;
  if (nwh < 0) out += '-';
  const std::int64_t fraction = std::abs(nwh % kNano);
  fmt::format_to(std::back_inserter(out), "{}", std::abs(nwh / kNano));
  if (fraction == 0) return;
  fmt::format_to(std::back_inserter(out), ".{:09}", fraction);
  while (out.back() == '0') out.pop_back();
}

void write_energy(JsonWriter& out, std::string_view key, const LineEnergy& energy) {
  out.key(key).begin_object();
  append_wh(out.key("import_wh").value(), energy.active.imported.nwh);
  append_wh(out.key("export_wh").value(), energy.active.exported.nwh);
  append_wh(out.key("reactive_import_varh").value(), energy.reactive.imported.nwh);
  append_wh(out.key("reactive_export_varh").value(), energy.reactive.exported.nwh);
  append_wh(out.key("apparent_vah").value(), energy.apparent.nwh);
  if (energy.corrected != Flow{}) {
    append_wh(out.key("corrected_import_wh").value(), energy.corrected.imported.nwh);
    append_wh(out.key("corrected_export_wh").value(), energy.corrected.exported.nwh);
  }
  out.end_object();
}

struct Totals {
  LineEnergy net, counted;
  std::array<LineEnergy, chip::kLines> lines;
};

LineEnergy gained(const LineEnergy& now, const LineEnergy& then) {
  const auto flow = [](const Flow& a, const Flow& b) {
    return Flow{a.imported - b.imported, a.exported - b.exported};
  };
  // What was set by hand in between is no energy.
  return {flow(flow(now.active, then.active), flow(now.corrected, then.corrected)),
          flow(now.reactive, then.reactive), now.apparent - then.apparent, Flow{}};
}

Totals totals(const Ledger& ledger) { return {ledger.net, ledger.counted(), ledger.lines}; }

Totals gained(const Ledger& now, const Ledger& then) {
  Totals share{gained(now.net, then.net), gained(now.counted(), then.counted()), {}};
  for (std::size_t line = 0; line < share.lines.size(); ++line) {
    share.lines[line] = gained(now.lines[line], then.lines[line]);
  }
  return share;
}

void write_totals(JsonWriter& out, const Totals& totals, const std::vector<bool>& in_use) {
  write_energy(out, "net", totals.net);
  write_energy(out, "counted", totals.counted);
  out.key("lines").begin_object();
  for (std::size_t line = 0; line < std::min(in_use.size(), totals.lines.size()); ++line) {
    if (in_use[line]) write_energy(out, line_name(line), totals.lines[line]);
  }
  out.end_object();
}

Result<void> write_share(JsonWriter& out, std::string_view key, const store::Reader& reader,
                         store::MeterId meter, const Ledger& now, UtcTime since,
                         const std::vector<bool>& in_use) {
  FITHOME_TRY(Ledger then, reader.ledger_at(since, meter));
  // The daemon's ledger may be a reading ahead of the store, never behind it.
  if (then.time > now.time) then = now;
  // A store that began later can only tell from its beginning on.
  out.key(key).begin_object().key("since").string(to_iso(std::max(since, then.time)));
  write_totals(out, gained(now, then), in_use);
  out.end_object();
  return {};
}

// What each object of the answer is about.
struct Asked {
  const store::Reader& reader;
  UtcTime midnight;
  std::optional<UtcTime> since;
};

Result<void> write_meter(JsonWriter& out, const Asked& asked, const MeterStatus& meter,
                         const Ledger& ledger) {
  write_totals(out, totals(ledger), meter.lines);
  FITHOME_TRY_VOID(
      write_share(out, "today", asked.reader, meter.id, ledger, asked.midnight, meter.lines));
  if (!asked.since) return {};
  return write_share(out, "since", asked.reader, meter.id, ledger, *asked.since, meter.lines);
}

void write_flow(JsonWriter& out, const Flow& flow) {
  append_wh(out.key("import_wh").value(), flow.imported.nwh);
  append_wh(out.key("export_wh").value(), flow.exported.nwh);
}

Result<void> write_house_share(JsonWriter& out, std::string_view key, const Asked& asked,
                               const Ledger& now, UtcTime since) {
  FITHOME_TRY(Ledger then, asked.reader.ledger_at(since, store::kHouse));
  if (then.time > now.time) then = now;
  out.key(key).begin_object().key("since").string(to_iso(std::max(since, then.time)));
  write_flow(out, gained(now.net, then.net).active);
  out.end_object();
  return {};
}

Result<void> write_house(JsonWriter& out, const Asked& asked, const Status& status,
                         const Ledger& ledger) {
  out.key("house").begin_object().key("sum").string(status.sum_text);
  write_flow(out, ledger.net.active);
  FITHOME_TRY_VOID(write_house_share(out, "today", asked, ledger, asked.midnight));
  if (asked.since) {
    FITHOME_TRY_VOID(write_house_share(out, "since", asked, ledger, *asked.since));
  }
  out.end_object();
  return {};
}

// As the daemon knows it, else as it was stored; nothing before the meter's first reading.
Result<std::optional<Ledger>> ledger_of(const store::Reader& reader, store::MeterId id,
                                        const std::optional<Ledger>& live) {
  if (live) return live;
  const auto stored = reader.ledger(id);
  if (stored) return std::optional(*stored);
  if (stored.error().code != Code::not_found) return Failure(stored.error());
  return std::optional<Ledger>();
}

void write_head(JsonWriter& out, const MeterStatus& meter, bool simulated, UtcTime time) {
  out.key("time").string(to_iso(time));
  out.key("meter").string(meter.name).key("simulated").boolean(simulated);
}

Result<std::vector<std::optional<Ledger>>> all_ledgers(const Source& source,
                                                       const store::Reader& reader,
                                                       const std::vector<MeterStatus>& meters) {
  const auto latest = source.live.latest();
  std::vector<std::optional<Ledger>> ledgers;
  for (std::size_t n = 0; n < meters.size(); ++n) {
    FITHOME_TRY(auto ledger, ledger_of(reader, meters[n].id, latest[n].ledger));
    ledgers.push_back(std::move(ledger));
  }
  return ledgers;
}

Result<void> write_all_meters(JsonWriter& out, const Asked& asked, bool simulated,
                              const std::vector<MeterStatus>& meters,
                              const std::vector<std::optional<Ledger>>& ledgers) {
  out.key("meters").begin_array();
  for (std::size_t n = 0; n < meters.size(); ++n) {
    if (!ledgers[n]) continue;
    out.begin_object();
    write_head(out, meters[n], simulated, ledgers[n]->time);
    FITHOME_TRY_VOID(write_meter(out, asked, meters[n], *ledgers[n]));
    out.end_object();
  }
  out.end_array();
  return {};
}

Result<std::string> energy_object(const Source& source, const Query& query) {
  FITHOME_TRY_VOID(query.only({"since", "meter"}));
  const UtcTime now = source.now();
  const Status status = source.live.status();
  const auto meters = meters_of(status);
  FITHOME_TRY(const auto place, meter_asked(query, meters));
  FITHOME_TRY(const store::Reader reader, store::Reader::open(source.data));
  Asked asked{reader, local_midnight(now), {}};
  if (query.get("since")) {
    FITHOME_TRY(asked.since, time_asked(query, "since", now, now));
  }
  FITHOME_TRY(const auto ledgers, all_ledgers(source, reader, meters));
  const auto& first = ledgers[place.value_or(0)];
  const bool any = std::ranges::any_of(ledgers, [](auto& each) { return each.has_value(); });
  if (place ? !first : !any) return fail(Code::not_found, "no energy has been counted yet");

  std::string body;
  JsonWriter out(body);
  out.begin_object();
  if (first) {
    const MeterStatus& meter = meters[place.value_or(0)];
    write_head(out, meter, status.simulated, first->time);
    FITHOME_TRY_VOID(write_meter(out, asked, meter, *first));
  } else {
    write_head(out, meters.front(), status.simulated, now);
  }
  if (!place && !status.sum.empty()) {
    FITHOME_TRY(const auto house, ledger_of(reader, store::kHouse, source.live.house_ledger()));
    if (house) FITHOME_TRY_VOID(write_house(out, asked, status, *house));
  }
  if (!place && several(status)) {
    FITHOME_TRY_VOID(write_all_meters(out, asked, status.simulated, meters, ledgers));
  }
  out.end_object();
  body += '\n';
  return body;
}

}  // namespace

Response energy_answer(const Source& source, const Query& query) {
  auto body = energy_object(source, query);
  if (body) return json(*std::move(body));
  if (body.error().code == Code::not_found) {
    return failure(503, Code::transient, "no reading yet, so no energy; wait a second");
  }
  return failure(body.error());
}

}  // namespace fithome::api
