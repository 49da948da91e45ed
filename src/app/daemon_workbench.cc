// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/control_client.h"
#include "app/poll_json.h"
#include "app/workbench.h"
#include "calibrate/statistics.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostSkipped = 30;  // polls without a good window, one after the other

Json request_of(const MeterSettings& before, const MeterSettings& after, const ChangeNote& note) {
  Json request{{"op", "calibration.apply"},
               {"before", Json::parse(to_json(before))},
               {"settings", Json::parse(to_json(after))},
               {"kind", note.kind},
               {"line", note.line},
               {"reference", note.reference},
               {"note", note.note}};
  if (note.error_ppm) request["error_ppm"] = *note.error_ppm;
  if (note.undoes) request["undoes"] = *note.undoes;
  return request;
}

class DaemonWorkbench final : public Workbench {
 public:
  DaemonWorkbench(const Which& which, store::MeterId id, MeterSettings settings, bool simulated,
                  std::stop_token stop)
      : data_(which.data),
        meter_(which.meter),
        id_(id),
        settings_(std::move(settings)),
        simulated_(simulated),
        stop_(std::move(stop)) {}

  const MeterSettings& settings() const override { return settings_; }
  std::string describe() const override { return "the daemon that keeps " + data_.string(); }
  bool simulated() const override { return simulated_; }

  Result<std::vector<chip::Sample>> windows(
      std::size_t count, const std::function<void(const chip::Sample&)>& seen) override {
    calibrate::Windows windows;
    std::size_t skipped = 0;
    std::string why;
    Result<void> understood;
    FITHOME_TRY_VOID(
        ask_daemon(data_, about_meter({{"op", "samples"}, {"count", 100'000}}, meter_), asking(),
                   [&](const Json& line) {
                     const auto poll = parse_poll(line);
                     if (!poll) {
                       understood = Failure(poll.error());
                       return false;
                     }
                     const bool good = poll->sample && !poll->sample->incoherent;
                     if (!good)
                       why = poll->sample ? "powers disagree with one another" : poll->missed;
                     if (!good && ++skipped >= kMostSkipped) return false;
                     if (good && windows.add(*poll->sample, poll->time.time_since_epoch())) {
                       skipped = 0;
                       seen(*poll->sample);
                     }
                     return windows.size() < count;
                   }));
    FITHOME_TRY_VOID(std::move(understood));
    if (windows.size() < count) {
      return fail(Code::transient,
                  stop_.stop_requested() ? "stopped" : "the meter gives no readings: " + why);
    }
    return std::vector(windows.samples().begin(), windows.samples().end());
  }

  Result<std::uint64_t> apply(const MeterSettings& after, const ChangeNote& note) override {
    FITHOME_TRY(
        const Json answer,
        ask_daemon(data_, about_meter(request_of(settings_, after, note), meter_), asking()));
    settings_ = after;
    return answer.at("id").get<std::uint64_t>();
  }

  Result<std::vector<store::Calibration>> history() override {
    FITHOME_TRY(const auto reader, store::Reader::open(data_));
    return reader.calibrations(id_);
  }

  Result<LedgerSet> set_ledger(const LedgerChange& change) override {
    Json request{{"op", "ledger.set"}, {"line", change.line}, {"note", change.note}};
    if (change.import_nwh) request["import_nwh"] = *change.import_nwh;
    if (change.export_nwh) request["export_nwh"] = *change.export_nwh;
    FITHOME_TRY(const Json answer, ask_daemon(data_, about_meter(request, meter_), asking()));
    const auto flow = [&](const char* in, const char* out) {
      return reading::Flow{{answer.at(in).get<std::int64_t>()},
                           {answer.at(out).get<std::int64_t>()}};
    };
    return LedgerSet{flow("import_before_nwh", "export_before_nwh"),
                     flow("import_nwh", "export_nwh")};
  }

 private:
  // An interval may be a minute.
  Asking asking() const { return {.patience = 10min, .stop = stop_}; }

  std::filesystem::path data_;
  std::string meter_;
  store::MeterId id_;
  MeterSettings settings_;
  bool simulated_;
  std::stop_token stop_;
};

chip::Wiring wiring_of(const std::string& name) {
  for (const auto wiring : {chip::Wiring::split_phase, chip::Wiring::three_phase}) {
    if (wiring_name(wiring) == name) return wiring;
  }
  return chip::Wiring::single_phase;
}

}  // namespace

Result<std::unique_ptr<Workbench>> open_daemon_workbench(const Which& which, std::stop_token stop) {
  const Json request{{"op", "calibration.current"}};
  FITHOME_TRY(const Json answer, ask_daemon(which.data, about_meter(request, which.meter)));
  MeterSettings base;  // all that counts of it is the daemon's
  base.chip.wiring = wiring_of(answer.at("wiring").get<std::string>());
  base.chip.grid = answer.at("grid") == 50 ? chip::Grid::hz50 : chip::Grid::hz60;
  base.chip.nominal = Volts{answer.at("nominal_v").get<double>()};
  FITHOME_TRY(auto settings, from_json(answer.at("settings").dump(), base));
  return std::make_unique<DaemonWorkbench>(which, answer.at("meter_id").get<store::MeterId>(),
                                           std::move(settings), answer.at("simulated").get<bool>(),
                                           std::move(stop));
}

}  // namespace fithome::app
