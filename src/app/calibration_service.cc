// SPDX-License-Identifier: MIT
#include "app/calibration_service.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "app/apply_settings.h"
#include "app/change_intent.h"
#include "app/control_meter.h"
#include "base/log.h"
#include "store/store.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

// A hundred frames and more, and then no reading before the gains have settled.
constexpr Nanoseconds kTakes = chip::kUnsettled + 60ms;
constexpr Nanoseconds kPatience = 15s;
constexpr Nanoseconds kStorePatience = 15s;
constexpr std::int64_t kMostNwh = 9'000'000'000'000'000'000;
constexpr std::size_t kLongestText = 1000;

Result<std::string> short_text(const Json& request, const char* name) {
  if (!request.contains(name)) return std::string();
  FITHOME_TRY(auto text, text_field(request, name));
  if (text.size() > kLongestText) {
    return fail(Code::invalid, fmt::format("\"{}\" is longer than {} bytes", name, kLongestText));
  }
  return text;
}

Result<store::Calibration> record_of(const Json& request) {
  store::Calibration record;
  FITHOME_TRY(record.kind, text_field(request, "kind"));
  FITHOME_TRY(record.line, short_text(request, "line"));
  FITHOME_TRY(record.reference, short_text(request, "reference"));
  FITHOME_TRY(record.note, short_text(request, "note"));
  if (request.contains("error_ppm")) {
    FITHOME_TRY(const auto ppm, whole_field(request, "error_ppm", -1'000'000, 1'000'000, 0));
    record.error_ppm = static_cast<std::int32_t>(ppm);
  }
  if (request.contains("undoes")) {
    FITHOME_TRY(const auto number, whole_field(request, "undoes", 1, INT32_MAX, 1));
    record.undoes = static_cast<std::uint64_t>(number);
  }
  return record;
}

Failure not_stored() {
  return fail(Code::transient,
              "the change is in effect but not on disk yet: the store is held up; see fithome "
              "status, it is tried again by itself");
}

}  // namespace

CalibrationService::CalibrationService(std::filesystem::path data, std::vector<Meter> meters,
                                       bool simulated, Errands& errands, HandOver& to)
    : data_(std::move(data)),
      meters_(std::move(meters)),
      simulated_(simulated),
      errands_(errands),
      to_(to) {
  for (const Meter& meter : meters_) names_.push_back(meter.name);
}

Result<std::size_t> CalibrationService::asked(const Json& request) const {
  return meter_asked(request, names_);
}

void CalibrationService::add_to(Operations& operations) {
  operations.add("calibration.current",
                 [this](const Json& request, Reply& reply, const std::stop_token&) {
                   return tell(request, reply);
                 });
  operations.add("calibration.apply",
                 [this](const Json& request, Reply& reply, const std::stop_token& stop) {
                   return apply(request, reply, stop);
                 });
  operations.add("ledger.set",
                 [this](const Json& request, Reply& reply, const std::stop_token& stop) {
                   return set_ledger(request, reply, stop);
                 });
}

Result<void> CalibrationService::tell(const Json& request, Reply& reply) const {
  FITHOME_TRY(const std::size_t at, asked(request));
  const std::lock_guard lock(mutex_);
  const Meter& meter = meters_[at];
  const chip::ChipConfig& chip = meter.current.chip;
  return reply.data({{"meter_id", meter.id},
                     {"settings", Json::parse(to_json(meter.current))},
                     {"configured", Json::parse(to_json(meter.configured))},
                     {"wiring", wiring_name(chip.wiring)},
                     {"grid", chip.grid == chip::Grid::hz60 ? 60 : 50},
                     {"nominal_v", chip.nominal.value},
                     {"simulated", simulated_}});
}

Result<void> CalibrationService::apply(const Json& request, Reply& reply, std::stop_token stop) {
  FITHOME_TRY(store::Calibration record, record_of(request));
  FITHOME_TRY(const std::size_t at, asked(request));
  const std::lock_guard lock(mutex_);
  Meter& meter = meters_[at];
  record.meter = meter.id;
  FITHOME_TRY(const MeterSettings before, from_json(request.at("before").dump(), meter.configured));
  FITHOME_TRY(const MeterSettings after,
              from_json(request.at("settings").dump(), meter.configured));
  if (to_json(before) != to_json(meter.current)) {
    return fail(Code::transient, "others changed the calibration meanwhile; begin again");
  }
  record.before = to_json(meter.current);
  record.after = to_json(after);
  record.configured = to_json(meter.configured);

  FITHOME_TRY(ChangeIntent intent, ChangeIntent::note(data_, meter.id, meter.current, after));
  Result<void> done;
  std::uint64_t number = 0;
  FITHOME_TRY_VOID(errands_.run(
      [&](Bench& bench) {
        done = apply_settings(bench.chip, bench.ledger, *bench.rules, after);
        if (!done && !bench.chip.ready()) intent.keep();
        if (!done) return;
        record.time = to_stamp(bench.clock.utc());
        number = to_.give(Change{.meter = meter.id,
                                 .calibration = record,
                                 .event = calibration_event(record, meter.current, after)});
      },
      stop, {.takes = kTakes, .patience = kPatience, .meter = at}));
  FITHOME_TRY_VOID(std::move(done));
  log_info("calibration: {}", difference_text(meter.current, after));
  meter.current = after;
  if (!to_.wait_stored(number, kStorePatience, stop)) {
    intent.keep();
    return not_stored();
  }
  FITHOME_TRY(const auto reader, store::Reader::open(data_));
  FITHOME_TRY(const auto all, reader.calibrations(meter.id));
  return reply.data({{"id", all.back().id}, {"first_sequence", all.back().first_sequence}});
}

Result<void> CalibrationService::set_ledger(const Json& request, Reply& reply,
                                            std::stop_token stop) {
  FITHOME_TRY(const std::string line, short_text(request, "line"));
  FITHOME_TRY(const std::string note, short_text(request, "note"));
  std::optional<std::int64_t> imported;
  std::optional<std::int64_t> exported;
  if (request.contains("import_nwh")) {
    FITHOME_TRY(imported, whole_field(request, "import_nwh", 0, kMostNwh, 0));
  }
  if (request.contains("export_nwh")) {
    FITHOME_TRY(exported, whole_field(request, "export_nwh", 0, kMostNwh, 0));
  }
  if (reading::Ledger unused; place_of(unused, line) == nullptr || (!imported && !exported)) {
    return fail(Code::invalid, "say which line (a, b, c, or none for the house) and what to set");
  }
  FITHOME_TRY(const std::size_t at, asked(request));
  const bool of_meter = request.contains("meter") || !line.empty();
  const std::lock_guard lock(mutex_);
  reading::LineEnergy before;
  reading::LineEnergy after;
  std::uint64_t number = 0;
  FITHOME_TRY_VOID(errands_.run(
      [&](Bench& bench) {
        const bool of_sum = bench.house != nullptr && !of_meter;
        reading::Ledger& ledger = of_sum ? *bench.house : bench.ledger;
        reading::LineEnergy& energy = *place_of(ledger, line);
        before = energy;
        set_total(energy, {imported.value_or(energy.active.imported.nwh)},
                  {exported.value_or(energy.active.exported.nwh)});
        after = energy;
        store::Event event = ledger_event(line, before, after, note, to_stamp(bench.clock.utc()));
        event.meter = meters_[at].id;
        number = to_.give(Change{.meter = of_sum ? store::kHouse : meters_[at].id,
                                 .ledger = ledger,
                                 .event = std::move(event)});
      },
      stop, {.meter = at}));
  if (!to_.wait_stored(number, kStorePatience, stop)) return not_stored();
  return reply.data({{"import_before_nwh", before.active.imported.nwh},
                     {"export_before_nwh", before.active.exported.nwh},
                     {"import_nwh", after.active.imported.nwh},
                     {"export_nwh", after.active.exported.nwh}});
}

store::Event ledger_event(const std::string& line, const reading::LineEnergy& before,
                          const reading::LineEnergy& after, const std::string& note, UtcTime now) {
  const auto kwh = [](reading::Energy energy) { return energy.wh() / 1000; };
  std::string cause = fmt::format(
      "{} set by hand: from the grid {:.3f} -> {:.3f} kWh, to the grid {:.3f} -> {:.3f} kWh",
      line.empty() ? "house" : "line " + line, kwh(before.active.imported),
      kwh(after.active.imported), kwh(before.active.exported), kwh(after.active.exported));
  if (!note.empty()) cause += "; " + note;
  return {.kind = "ledger_set", .begin = now, .end = now, .cause = cause};
}

store::Event calibration_event(const store::Calibration& calibration, const MeterSettings& before,
                               const MeterSettings& after) {
  std::string cause = fmt::format("{}: {}", calibration.kind, difference_text(before, after));
  if (!calibration.reference.empty()) cause += ", by " + calibration.reference;
  if (!calibration.note.empty()) cause += "; " + calibration.note;
  return {.meter = calibration.meter,
          .kind = "calibration",
          .begin = calibration.time,
          .end = calibration.time,
          .cause = std::move(cause)};
}

reading::LineEnergy* place_of(reading::Ledger& ledger, std::string_view line) {
  if (line.empty()) return &ledger.net;
  if (line.size() != 1 || line[0] < 'a' || line[0] >= 'a' + chip::kLines) return nullptr;
  return &ledger.lines[static_cast<std::size_t>(line[0] - 'a')];
}

}  // namespace fithome::app
