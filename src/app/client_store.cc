// SPDX-License-Identifier: MIT
//
// The API's own routes over a store that no daemon serves: only what a daemon alone could know is
// made up here, from the newest reading.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "api/live.h"
#include "api/routes.h"
#include "app/client_reports.h"
#include "app/client_source.h"
#include "app/house_sum.h"
#include "app/version.h"
#include "base/clock.h"
#include "store/store.h"

namespace fithome::app {
namespace {

constexpr std::chrono::minutes kStale{1};
constexpr std::chrono::milliseconds kLook{500};  // how often a watched store is looked at

// What the store holds at this moment.
class Snapshot final : public api::Live {
 public:
  static Result<Snapshot> take(const store::Reader& reader, UtcTime now, api::Status status);

  std::optional<reading::Reading> newest() const override { return latest_.front().reading; }
  std::optional<reading::Ledger> ledger() const override { return latest_.front().ledger; }
  std::vector<api::Latest> latest() const override { return latest_; }
  std::optional<reading::Ledger> house_ledger() const override { return house_; }
  api::Status status() const override { return status_; }
  void on_reading(std::function<void()>) override {}

 private:
  Result<void> look_at(const store::Reader& reader, api::MeterStatus& meter);

  std::vector<api::Latest> latest_;  // one a meter
  std::optional<reading::Ledger> house_;
  api::Status status_;
};

std::vector<bool> lines_with_values(const reading::Reading& reading) {
  std::vector<bool> lines(chip::kLines, false);
  for (std::size_t id = 0; id < reading.steps.size(); ++id) {
    const int line = reading::kChannels[id].line;
    if (line >= 0 && reading.steps[id]) lines[static_cast<std::size_t>(line)] = true;
  }
  return lines;
}

std::string_view wiring_of(const std::vector<bool>& lines) {
  for (const auto wiring :
       {chip::Wiring::single_phase, chip::Wiring::split_phase, chip::Wiring::three_phase}) {
    const auto used = chip::lines_of(wiring);
    if (std::equal(used.begin(), used.end(), lines.begin(), lines.end()))
      return wiring_name(wiring);
  }
  return "";
}

// What is not there yet is no error here.
template <class T>
Result<std::optional<T>> if_any(Result<T> found) {
  if (found) return std::optional(*std::move(found));
  if (found.error().code != Code::not_found) return Failure(std::move(found).error());
  return std::optional<T>();
}

Result<void> Snapshot::look_at(const store::Reader& reader, api::MeterStatus& meter) {
  api::Latest& latest = latest_.emplace_back();
  FITHOME_TRY(latest.reading, reader.newest(meter.id));
  FITHOME_TRY(latest.ledger, if_any(reader.ledger(meter.id)));
  if (!latest.reading) {
    meter.lines.assign(chip::kLines, false);
    return {};
  }
  meter.lines = lines_with_values(*latest.reading);
  meter.wiring = wiring_of(meter.lines);
  const bool simulated = (latest.reading->flags & bit(reading::Flag::simulated)) != 0;
  status_.simulated = status_.simulated || simulated;
  status_.last_reading =
      std::max(status_.last_reading.value_or(latest.reading->time), latest.reading->time);
  return {};
}

Result<Snapshot> Snapshot::take(const store::Reader& reader, UtcTime now, api::Status status) {
  Snapshot seen;
  seen.status_ = std::move(status);
  for (api::MeterStatus& meter : seen.status_.meters) {
    FITHOME_TRY_VOID(seen.look_at(reader, meter));
  }
  FITHOME_TRY(const auto cursors, reader.cursors());
  FITHOME_TRY(const store::Sequence last, reader.last_sequence());
  for (const store::Cursor& cursor : cursors) {
    seen.status_.sinks.push_back({.name = cursor.name,
                                  .taken = cursor.taken,
                                  .backlog = last - std::min(last, cursor.taken)});
  }
  FITHOME_TRY(seen.house_, if_any(reader.ledger(store::kHouse)));
  const api::MeterStatus& first = seen.status_.meters.front();
  seen.status_.lines = first.lines;
  seen.status_.wiring = first.wiring;
  const auto newest = seen.status_.last_reading;
  if (newest && !seen.status_.simulated && now - *newest > kStale) {
    seen.status_.faults.push_back({"no_new_readings", *newest,
                                   "no daemon has stored a reading here since",
                                   "start it: systemctl start fithome, or fithome run"});
  }
  return seen;
}

Result<std::string> body_of(api::Response response) {
  std::string body;
  if (auto* pull = std::get_if<api::Pull>(&response.body)) {
    while (true) {
      FITHOME_TRY(const bool more, (*pull)(body));
      if (!more) break;
    }
  } else if (auto* text = std::get_if<std::string>(&response.body)) {
    body = std::move(*text);
  }
  if (response.status >= 400) return parse_failure(body, response.status);
  return body;
}

class StoreSource final : public Source {
 public:
  StoreSource(store::Reader reader, std::filesystem::path data, api::Status known)
      : reader_(std::move(reader)), data_(std::move(data)), known_(std::move(known)) {}

  Result<std::string> get(const std::string& target) override {
    FITHOME_TRY(const Snapshot seen, look());
    return answer(seen, target);
  }

  Result<void> watch(std::function<bool(std::string_view now)> take,
                     std::stop_token stop) override {
    std::optional<UtcTime> shown;
    do {
      FITHOME_TRY(const Snapshot seen, look());
      const auto newest = seen.status().last_reading;
      if (!newest || newest == shown) continue;
      shown = newest;
      FITHOME_TRY(const std::string now, answer(seen, "/api/v1/now"));
      if (!take(now)) return {};
    } while (clock_.wait_for(kLook, stop));
    return {};
  }

 private:
  Result<Snapshot> look() { return Snapshot::take(reader_, to_stamp(clock_.utc()), known_); }

  // In a simulated house it is as late as its last reading.
  Result<std::string> answer(const Snapshot& seen, const std::string& target) {
    const api::Status status = seen.status();
    const bool past = status.simulated && status.last_reading;
    const ManualClock then(past ? *status.last_reading : UtcTime{});
    const Clock& clock = past ? static_cast<const Clock&>(then) : clock_;
    const auto damaged = [this](const std::string& what) {
      if (told_.insert(what).second) fmt::print(stderr, "left out: {}\n", what);
    };
    const api::Routes routes({seen, clock, data_, nullptr, damaged}, false);
    return body_of(routes.answer({.method = "GET", .target = target}));
  }

  store::Reader reader_;
  std::filesystem::path data_;
  api::Status known_;
  SystemClock clock_;
  std::set<std::string> told_;
};

// Those of the configuration in its order, then what else the store has.
std::vector<MeterConfig> meters_in(const std::vector<store::Meter>& stored, const Config& config,
                                   std::vector<store::MeterId>& ids) {
  std::vector<MeterConfig> meters;
  const auto add = [&](const store::Meter& meter, MeterConfig known) {
    if (std::ranges::find(ids, meter.id) != ids.end()) return;
    known.name = meter.name.value_or(config.meter().name);
    ids.push_back(meter.id);
    meters.push_back(std::move(known));
  };
  for (const MeterConfig& known : config.meters) {
    const auto found = std::ranges::find_if(
        stored, [&](const store::Meter& meter) { return meter.name == known.name; });
    if (found != stored.end()) add(*found, known);
  }
  for (const store::Meter& meter : stored) add(meter, {});
  return meters;
}

// The sum names lines by their letters, so any meter may be taken for one of three phases.
void add_house(api::Status& known, std::vector<MeterConfig> meters,
               const std::optional<std::string>& house) {
  for (MeterConfig& meter : meters) meter.chip.wiring = chip::Wiring::three_phase;
  if (!house) return;
  const auto sum = parse_house_sum(*house, meters);
  if (!sum) return;
  known.sum = *sum;
  known.sum_text = house_sum_text(*sum, meters);
}

}  // namespace

Result<std::unique_ptr<Source>> open_store(const std::filesystem::path& data,
                                           const Config& config) {
  FITHOME_TRY(auto reader, store::Reader::open(data));
  FITHOME_TRY(const store::Info info, reader.info());
  FITHOME_TRY(auto stored, reader.meters());
  FITHOME_TRY(const auto house, reader.house());
  if (stored.empty()) stored.emplace_back();
  api::Status known;
  known.version = kVersion;
  known.site = info.site;
  known.data = data.string();
  known.interval_s = std::chrono::duration<double>(config.interval).count();
  std::vector<store::MeterId> ids;
  const auto meters = meters_in(stored, config, ids);
  for (std::size_t n = 0; n < meters.size(); ++n) {
    api::MeterStatus& meter = known.meters.emplace_back();
    meter.id = ids[n];
    meter.name = meters[n].name;
    meter.line_names.assign(meters[n].line_names.begin(), meters[n].line_names.end());
  }
  known.meter_id = known.meters.front().id;
  known.meter = known.meters.front().name;
  add_house(known, meters, house);
  return std::unique_ptr<Source>(
      std::make_unique<StoreSource>(std::move(reader), data, std::move(known)));
}

}  // namespace fithome::app
