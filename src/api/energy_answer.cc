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
                         const Ledger& now, UtcTime since, const std::vector<bool>& in_use) {
  FITHOME_TRY(Ledger then, reader.ledger_at(since));
  // The daemon's ledger may be a reading ahead of the store, never behind it.
  if (then.time > now.time) then = now;
  // A store that began later can only tell from its beginning on.
  out.key(key).begin_object().key("since").string(to_iso(std::max(since, then.time)));
  write_totals(out, gained(now, then), in_use);
  out.end_object();
  return {};
}

Result<std::string> energy_object(const Source& source, const Query& query) {
  FITHOME_TRY_VOID(query.only({"since"}));
  const UtcTime now = source.now();
  std::optional<UtcTime> since;
  if (const auto text = query.get("since")) {
    const auto time = parse_time(*text, now);
    if (!time) return within("since", time.error());
    since = *time;
  }
  FITHOME_TRY(const store::Reader reader, store::Reader::open(source.data));
  std::optional<Ledger> ledger = source.live.ledger();
  if (!ledger) {
    FITHOME_TRY(ledger, reader.ledger());
  }
  const Status status = source.live.status();

  std::string body;
  JsonWriter out(body);
  out.begin_object().key("time").string(to_iso(ledger->time));
  out.key("meter").string(status.meter).key("simulated").boolean(status.simulated);
  write_totals(out, totals(*ledger), status.lines);
  FITHOME_TRY_VOID(write_share(out, "today", reader, *ledger, local_midnight(now), status.lines));
  if (since) {
    FITHOME_TRY_VOID(write_share(out, "since", reader, *ledger, *since, status.lines));
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
