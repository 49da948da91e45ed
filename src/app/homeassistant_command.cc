// SPDX-License-Identifier: MIT
#include "app/homeassistant_command.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "api/json.h"
#include "app/meter_ids.h"
#include "app/secret.h"
#include "base/clock.h"
#include "homeassistant/repair.h"
#include "store/store.h"

namespace fithome::app {
namespace {

using homeassistant::Compared;
using homeassistant::Difference;
using homeassistant::Hour;
using homeassistant::Statistic;

constexpr std::chrono::seconds kAnswersWithin{30};

// Of a statistic, what came of the command.
struct Told {
  Statistic statistic;
  Compared compared;
  std::size_t imported = 0;
};

// The meters as the daemon announces them over MQTT, as far as their energy goes.
Result<api::Status> known_of(const store::Reader& reader, const Config& config) {
  FITHOME_TRY(const store::Info info, reader.info());
  FITHOME_TRY(const auto stored, reader.meters());
  FITHOME_TRY(const MeterIds numbers, meter_ids(config.meters, stored));
  FITHOME_TRY(const auto house, reader.house());
  api::Status status;
  status.site = info.site;
  for (std::size_t n = 0; n < config.meters.size(); ++n) {
    const MeterConfig& meter = config.meters[n];
    if (!reader.ledger(numbers.ids[n])) continue;  // it has counted nothing yet
    api::MeterStatus& known = status.meters.emplace_back();
    known.id = numbers.ids[n];
    known.name = meter.name;
    const auto lines = chip::lines_of(meter.chip.wiring);
    known.lines.assign(lines.begin(), lines.end());
    known.line_names.assign(meter.line_names.begin(), meter.line_names.end());
    FITHOME_TRY(const auto newest, reader.newest(known.id));
    const bool simulated = newest && (newest->flags & bit(reading::Flag::simulated)) != 0;
    status.simulated = status.simulated || simulated;
  }
  if (house && reader.ledger(store::kHouse)) status.sum = {reading::HouseTerm{}};
  return status;
}

std::string summary(const Told& told) {
  const auto& theirs = told.compared.theirs;
  std::string out = fmt::format("{}  {}{}\n  ", told.statistic.id, told.statistic.name,
                                told.statistic.of_sensor ? ", its own" : "");
  if (theirs.empty()) return out + "it has no hours of this yet\n";
  return out + fmt::format("{} hours, from {} to {}\n", theirs.size(),
                           to_local_text(theirs.front().start),
                           to_local_text(theirs.back().start + std::chrono::hours(1)));
}

bool goes_on(const Difference& last, const Difference& next) {
  return next.ours.start == last.ours.start + std::chrono::hours(1) &&
         next.theirs.has_value() == last.theirs.has_value();
}

// Hours that follow one another in a line.
std::string wrong_text(const std::vector<Difference>& wrong) {
  std::string out;
  for (std::size_t begin = 0, end = 0; begin < wrong.size(); begin = end) {
    double most = 0;
    for (end = begin; end < wrong.size(); ++end) {
      if (end > begin && !goes_on(wrong[end - 1], wrong[end])) break;
      const Difference& one = wrong[end];
      if (one.theirs) most = std::max(most, std::abs(one.theirs->sum - one.ours.sum));
    }
    const Difference& first = wrong[begin];
    const UtcTime until = wrong[end - 1].ours.start + std::chrono::hours(1);
    out += fmt::format("  {} to {}: {} hour{} ", to_local_text(first.ours.start),
                       to_local_text(until), end - begin, end - begin == 1 ? "" : "s");
    out += first.theirs ? fmt::format("not right, by up to {:.6f} kWh\n", most) : "missing\n";
  }
  return out;
}

std::string as_text(const HomeAssistantCommand& command, const std::string& version,
                    const std::string& url, const std::vector<Told>& all) {
  using What = HomeAssistantCommand::What;
  std::string out = fmt::format("Home Assistant {} at {}; the token is good\n", version, url);
  std::size_t wrong = 0, imported = 0;
  for (const Told& told : all) {
    out += summary(told);
    wrong += told.compared.wrong.size();
    imported += told.imported;
    if (command.what == What::check) out += wrong_text(told.compared.wrong);
    if (told.compared.unknown > 0) {
      out += fmt::format("  {} hours are missing where its sum began anew; they are left alone\n",
                         told.compared.unknown);
    }
    if (told.imported > 0) out += fmt::format("  {} hours imported\n", told.imported);
  }
  if (command.what == What::repair) {
    return out + (imported == 0 ? "nothing was missing\n"
                                : fmt::format("{} hours imported, and read back\n", imported));
  }
  if (command.what == What::check && wrong == 0) return out + "as in the ledger\n";
  if (wrong == 0) return out;
  return out +
         fmt::format("{} hours are missing or not right: fithome homeassistant repair\n", wrong);
}

void write_hour(api::JsonWriter& json, const char* key, const Hour& hour) {
  constexpr int kDecimals = 12;  // nanowatt-hours
  json.key(key).begin_object().key("state").number(hour.state, kDecimals);
  json.key("sum").number(hour.sum, kDecimals).end_object();
}

std::string as_json(const std::string& version, const std::string& url,
                    const std::vector<Told>& all) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().key("version").string(version).key("url").string(url);
  json.key("statistics").begin_array();
  for (const Told& told : all) {
    const auto& theirs = told.compared.theirs;
    json.begin_object().key("id").string(told.statistic.id).key("name").string(told.statistic.name);
    json.key("hours").integer(static_cast<std::int64_t>(theirs.size()));
    if (!theirs.empty()) {
      json.key("from").string(to_iso(theirs.front().start));
      json.key("to").string(to_iso(theirs.back().start + std::chrono::hours(1)));
    }
    json.key("of_sensor").boolean(told.statistic.of_sensor);
    json.key("unknown").integer(static_cast<std::int64_t>(told.compared.unknown));
    json.key("imported").integer(static_cast<std::int64_t>(told.imported));
    json.key("wrong").begin_array();
    for (const Difference& wrong : told.compared.wrong) {
      json.begin_object().key("start").string(to_iso(wrong.ours.start));
      write_hour(json, "ledger", wrong.ours);
      if (wrong.theirs) write_hour(json, "home_assistant", *wrong.theirs);
      json.end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return out + "\n";
}

Result<homeassistant::Span> asked_for(const HomeAssistantCommand& command, UtcTime now) {
  homeassistant::Span span;
  if (command.from) {
    FITHOME_TRY(const UtcTime from, parse_time(*command.from, now));
    span.from = from;
  }
  if (command.to) {
    FITHOME_TRY(const UtcTime to, parse_time(*command.to, now));
    span.to = to;
  }
  return span;
}

Result<homeassistant::Client> log_in(const HomeAssistantConfig& config) {
  if (config.url.empty()) {
    return fail(Code::invalid,
                "no Home Assistant is configured; say `url = \"http://HOST:8123\"` below "
                "[homeassistant]: docs/home-assistant.md");
  }
  FITHOME_TRY(const std::string token, find_secret("homeassistant_token", config.token_file));
  FITHOME_TRY(auto wire, homeassistant::open_wire(config.url, kAnswersWithin));
  return homeassistant::Client::log_in(std::move(wire), token);
}

}  // namespace

Result<int> run_homeassistant(const HomeAssistantCommand& command, const Config& config,
                              UtcTime now, const Terminal& terminal) {
  using What = HomeAssistantCommand::What;
  FITHOME_TRY(auto client, log_in(config.homeassistant));
  FITHOME_TRY(const auto reader, store::Reader::open(command.data.value_or(config.data)));
  FITHOME_TRY(const api::Status known, known_of(reader, config));
  if (known.meters.empty()) {
    return fail(Code::not_found, "no energy has been counted yet; is the daemon running?");
  }
  homeassistant::Ledgers ledgers(
      [&reader](UtcTime time, store::MeterId meter) { return reader.ledger_at(time, meter); });
  if (known.simulated) {
    FITHOME_TRY(const reading::Ledger newest, reader.ledger(known.meters.front().id));
    now = newest.time;
  }
  FITHOME_TRY(const homeassistant::Span span, asked_for(command, now));
  const auto devices = mqtt::devices_of(known, config.site);
  SystemClock clock;
  auto statistics = homeassistant::statistics_of(devices, mqtt::short_site(known.site));
  if (command.entities || config.homeassistant.entities) {
    FITHOME_TRY(auto sensors, client.sensors(statistics));
    if (sensors.empty()) {
      fmt::print(terminal.err, "Home Assistant keeps no hours of our MQTT sensors, in kWh\n");
    }
    std::ranges::move(sensors, std::back_inserter(statistics));
  }
  std::vector<Told> all;
  bool wrong = false;
  for (const Statistic& statistic : statistics) {
    Told& told = all.emplace_back(Told{statistic, {}, 0});
    if (command.what == What::repair) {
      FITHOME_TRY(told.imported, homeassistant::repair(client, ledgers, statistic, span, clock));
    }
    FITHOME_TRY(told.compared, homeassistant::compare(client, ledgers, statistic, span));
    wrong = wrong || !told.compared.wrong.empty();
  }
  const std::string& url = config.homeassistant.url;
  const std::string text = command.json ? as_json(client.version(), url, all)
                                        : as_text(command, client.version(), url, all);
  std::fwrite(text.data(), 1, text.size(), terminal.out);
  return command.what == What::check && wrong ? kExitFaults : EX_OK;
}

}  // namespace fithome::app
