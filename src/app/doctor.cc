// SPDX-License-Identifier: MIT
#include "app/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "app/client_source.h"
#include "app/client_watch.h"
#include "app/control_client.h"
#include "app/direct_meter.h"
#include "app/doctor_checks.h"
#include "app/workbench.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

DaemonSeen look_at_daemon(const Json& ping, const Config& config) {
  DaemonSeen seen;
  seen.pid = ping.value("pid", 0);
  seen.version = ping.value("version", "");
  seen.url = ping.value("url", url_of(config.listen));
  const auto status = [&]() -> Result<StatusReport> {
    FITHOME_TRY(const auto source, open_daemon(seen.url));
    FITHOME_TRY(const std::string body, source->get("/api/v1/status"));
    return parse_status(body);
  }();
  if (status) {
    seen.status = *status;
  } else {
    seen.no_status = status.error();
  }
  return seen;
}

void look_for_daemon(Scene& scene) {
  if (scene.command.simulation) return;
  const auto ping = ask_daemon(scene.config.data, {{"op", "ping"}}, {.patience = 3s, .stop = {}});
  if (ping) {
    try {
      scene.daemon = look_at_daemon(*ping, scene.config);
    } catch (const Json::exception& error) {
      scene.daemon_unknown = Error{Code::corrupt, error.what()};
    }
  } else if (ping.error().code != Code::not_found) {
    scene.daemon_unknown = ping.error();
  }
}

// The one that was named, or that alone can be meant; else all.
Result<std::vector<Examined>> to_examine(const DoctorCommand& command, const Config& config,
                                         bool broken) {
  // The meters of a broken configuration are not known, and that is what will be said.
  FITHOME_TRY(const std::size_t place, place_in(config, broken ? "" : command.meter));
  const bool one = !command.meter.empty() || command.device || command.simulation;
  std::vector<Examined> meters;
  for (std::size_t n = 0; n < config.meters.size(); ++n) {
    if (one && n != place) continue;
    const MeterConfig& meter = config.meters[n];
    meters.push_back({.config = meter, .name = config.meters.size() > 1 ? meter.name : ""});
    if (command.device) meters.back().config.device = *command.device;
  }
  return meters;
}

// Each of them is waited for through ten polls, so several are watched at once; but fewer than the
// daemon takes connections of.
void watch_by_daemon(Scene& scene, const std::stop_token& stop) {
  constexpr std::size_t kAtOnce = 4;
  const auto watch = [&](Examined& of) {
    const std::string& asked = of.name.empty() ? scene.command.meter : of.name;
    of.seen = look_by_daemon(scene.config.data, asked, of.config.chip, stop);
    // A simulated house is not the configured one.
    const bool hz60 = of.seen->config.grid == chip::Grid::hz60;
    if (scene.simulated()) of.seen->config.nominal = hz60 ? Volts{120} : Volts{230};
  };
  for (std::span<Examined> rest(scene.meters); !rest.empty();) {
    const auto now = rest.first(std::min(kAtOnce, rest.size()));
    rest = rest.subspan(now.size());
    std::vector<std::jthread> watching;
    for (Examined& of : now) watching.emplace_back([&watch, &of] { watch(of); });
  }
}

void look_at_meters(Scene& scene, const std::stop_token& stop) {
  if (scene.daemon) {
    if (!scene.command.json) {
      scene.dialogue.tell(fmt::format("Watching the meter{} for ten readings ...\n",
                                      scene.meters.size() == 1 ? "" : "s"));
    }
    return watch_by_daemon(scene, stop);
  }
  if (scene.daemon_unknown) return;
  for (Examined& of : scene.meters) {
    const auto meter = DirectMeter::open(scene.config, of.config, scene.command.simulation);
    if (meter) {
      of.seen = look_directly((*meter)->bus(), (*meter)->chip(), (*meter)->clock(), stop);
      of.seen->rules = (*meter)->rules();
    } else {
      of.seen.emplace().not_opened = meter.error();
    }
  }
}

std::string next_step(const Scene& scene, const std::vector<Finding>& findings) {
  for (const Grade grade : {Grade::bad, Grade::doubtful}) {
    const auto found = std::ranges::find(findings, grade, &Finding::grade);
    if (found != findings.end()) return fmt::format("{}: {}", found->about(), found->remedy);
  }
  if (scene.command.simulation) return "all is well with this simulated meter: fithome run --demo";
  if (scene.daemon) return "nothing: all is well. The page: " + scene.daemon->url;
  return "start measuring: fithome run";
}

void add_findings(std::vector<Finding> found, std::string_view check, const std::string& meter,
                  Diagnosed& to) {
  for (Finding& finding : found) {
    finding.check = check;
    finding.meter = meter;
    to.findings.push_back(std::move(finding));
  }
}

void run_checks(Scene& scene, std::span<const Check> checks, Diagnosed& to) {
  for (const Check& check : checks) add_findings(check.look(scene), check.name, "", to);
}

void run_checks(const Scene& scene, const Examined& of, std::span<const MeterCheck> checks,
                Diagnosed& to) {
  for (const MeterCheck& check : checks) {
    auto found = check.look(scene, of);
    if (found.empty() && check.needs_meter) {
      to.not_checked.push_back(Finding{.meter = of.name, .check = std::string(check.name)}.about());
    }
    add_findings(std::move(found), check.name, of.name, to);
  }
}

}  // namespace

std::string_view name(Grade grade) {
  switch (grade) {
    case Grade::good:
      return "good";
    case Grade::doubtful:
      return "doubtful";
    case Grade::bad:
      break;
  }
  return "bad";
}

Finding good(std::string what) { return {.grade = Grade::good, .what = std::move(what)}; }
Finding doubtful(std::string what, std::string remedy) {
  return {.grade = Grade::doubtful, .what = std::move(what), .remedy = std::move(remedy)};
}
Finding bad(std::string what, std::string remedy) {
  return {.grade = Grade::bad, .what = std::move(what), .remedy = std::move(remedy)};
}

Finding from_error(Grade grade, const Error& error) {
  const auto split = error.what.find("; ");
  if (split == std::string::npos) {
    return {
        .grade = grade, .what = error.what, .remedy = "try again; if it stays so, see docs/cli.md"};
  }
  return {
      .grade = grade, .what = error.what.substr(0, split), .remedy = error.what.substr(split + 2)};
}

Grade Diagnosed::worst() const {
  Grade worst = Grade::good;
  for (const Finding& finding : findings) worst = std::max(worst, finding.grade);
  return worst;
}

Diagnosed judge(Scene& scene) {
  Diagnosed diagnosed;
  run_checks(scene, machine_checks(), diagnosed);
  for (const Examined& of : scene.meters) {
    run_checks(scene, of, device_checks(), diagnosed);
    run_checks(scene, of, chip_checks(), diagnosed);
  }
  run_checks(scene, keeping_checks(), diagnosed);
  diagnosed.next = next_step(scene, diagnosed.findings);
  return diagnosed;
}

Result<Diagnosed> examine(const DoctorCommand& command,
                          const std::expected<Settings, Problems>& settings,
                          const Dialogue& dialogue) {
  SystemClock clock;
  Scene scene{.command = command,
              .settings = settings,
              .config = settings ? settings->config : Config{},
              .machine = this_machine(),
              .dialogue = dialogue,
              .clock = clock,
              .daemon = {},
              .daemon_unknown = {},
              .meters = {}};
  if (command.data) scene.config.data = *command.data;
  FITHOME_TRY(scene.meters, to_examine(command, scene.config, !settings));
  (void)until_told({}, [&](std::stop_token stop) -> Result<void> {
    look_for_daemon(scene);
    look_at_meters(scene, stop);
    return {};
  });
  return judge(scene);
}

Result<int> run_doctor(const DoctorCommand& command,
                       const std::expected<Settings, Problems>& settings,
                       const Dialogue& dialogue) {
  FITHOME_TRY(const Diagnosed diagnosed, examine(command, settings, dialogue));
  dialogue.write(command.json ? doctor_json(diagnosed) : doctor_text(diagnosed, dialogue.style));
  switch (diagnosed.worst()) {
    case Grade::good:
      return 0;
    case Grade::doubtful:
      return kExitDoubtful;
    case Grade::bad:
      break;
  }
  return kExitBad;
}

}  // namespace fithome::app
