// SPDX-License-Identifier: MIT
//
// The API's own routes over a store that no daemon serves: only what a daemon alone could know is
// made up here, from the newest reading.
#include <fmt/format.h>

#include "api/live.h"
#include "api/routes.h"
#include "app/client_reports.h"
#include "app/client_source.h"
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

  std::optional<reading::Reading> newest() const override { return newest_; }
  std::optional<reading::Ledger> ledger() const override { return ledger_; }
  api::Status status() const override { return status_; }
  void on_reading(std::function<void()>) override {}

 private:
  std::optional<reading::Reading> newest_;
  std::optional<reading::Ledger> ledger_;
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

Result<Snapshot> Snapshot::take(const store::Reader& reader, UtcTime now, api::Status status) {
  Snapshot seen;
  FITHOME_TRY(seen.newest_, reader.newest());
  seen.status_ = std::move(status);
  if (!seen.newest_) {
    seen.status_.lines.assign(chip::kLines, false);
    return seen;
  }
  FITHOME_TRY(seen.ledger_, reader.ledger());
  const reading::Reading& newest = *seen.newest_;
  seen.status_.simulated = (newest.flags & bit(reading::Flag::simulated)) != 0;
  seen.status_.lines = lines_with_values(newest);
  seen.status_.wiring = wiring_of(seen.status_.lines);
  seen.status_.last_reading = newest.time;
  if (!seen.status_.simulated && now - newest.time > kStale) {
    seen.status_.faults.push_back({"no_new_readings", newest.time,
                                   "no daemon has stored a reading here since",
                                   "start it: systemctl start fithome, or fithome run", ""});
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
      const auto newest = seen.newest();
      if (!newest || newest->time == shown) continue;
      shown = newest->time;
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
    const api::Routes routes({seen, clock, data_}, false);
    return body_of(routes.answer({.method = "GET", .target = target}));
  }

  store::Reader reader_;
  std::filesystem::path data_;
  api::Status known_;
  SystemClock clock_;
};

}  // namespace

Result<std::unique_ptr<Source>> open_store(const std::filesystem::path& data,
                                           const Config& config) {
  FITHOME_TRY(auto reader, store::Reader::open(data));
  FITHOME_TRY(const store::Info info, reader.info());
  api::Status known;
  known.version = kVersion;
  known.site = info.site;
  known.meter = config.meter().name;
  known.data = data.string();
  known.interval_s = std::chrono::duration<double>(config.interval).count();
  return std::unique_ptr<Source>(
      std::make_unique<StoreSource>(std::move(reader), data, std::move(known)));
}

}  // namespace fithome::app
