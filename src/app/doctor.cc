// SPDX-License-Identifier: MIT
#include "app/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/client_source.h"
#include "app/client_watch.h"
#include "app/control_client.h"
#include "app/direct_meter.h"
#include "app/doctor_checks.h"

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

void look_at_meter(Scene& scene, std::stop_token stop) {
  if (scene.daemon) {
    if (!scene.command.json) scene.dialogue.tell("Watching the meter for ten readings ...\n");
    scene.meter = look_by_daemon(scene.config.data, scene.config.meter().chip, stop);
    // A simulated house is not the configured one.
    const bool hz60 = scene.meter->config.grid == chip::Grid::hz60;
    if (scene.simulated()) scene.meter->config.nominal = hz60 ? Volts{120} : Volts{230};
    return;
  }
  if (scene.daemon_unknown) return;
  const auto meter = DirectMeter::open(scene.config, scene.command.simulation);
  if (meter) {
    scene.meter = look_directly((*meter)->bus(), (*meter)->chip(), (*meter)->clock(), stop);
  } else {
    scene.meter.emplace().not_opened = meter.error();
  }
}

std::string next_step(const Scene& scene, const std::vector<Finding>& findings) {
  for (const Grade grade : {Grade::bad, Grade::doubtful}) {
    const auto found = std::ranges::find(findings, grade, &Finding::grade);
    if (found != findings.end()) return fmt::format("{}: {}", found->check, found->remedy);
  }
  if (scene.command.simulation) return "all is well with this simulated meter: fithome run --demo";
  if (scene.daemon) return "nothing: all is well. The page: " + scene.daemon->url;
  return "start measuring: fithome run";
}

void run_checks(Scene& scene, std::span<const Check> checks, Diagnosed& to) {
  for (const Check& check : checks) {
    auto found = check.look(scene);
    if (found.empty() && check.needs_meter) to.not_checked.emplace_back(check.name);
    for (Finding& finding : found) {
      finding.check = check.name;
      to.findings.push_back(std::move(finding));
    }
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

Finding good(std::string what) { return {{}, Grade::good, std::move(what), {}}; }
Finding doubtful(std::string what, std::string remedy) {
  return {{}, Grade::doubtful, std::move(what), std::move(remedy)};
}
Finding bad(std::string what, std::string remedy) {
  return {{}, Grade::bad, std::move(what), std::move(remedy)};
}

Finding from_error(Grade grade, const Error& error) {
  const auto split = error.what.find("; ");
  if (split == std::string::npos) {
    return {{}, grade, error.what, "try again; if it stays so, see docs/cli.md"};
  }
  return {{}, grade, error.what.substr(0, split), error.what.substr(split + 2)};
}

Grade Diagnosed::worst() const {
  Grade worst = Grade::good;
  for (const Finding& finding : findings) worst = std::max(worst, finding.grade);
  return worst;
}

Diagnosed judge(Scene& scene) {
  Diagnosed diagnosed;
  run_checks(scene, machine_checks(), diagnosed);
  run_checks(scene, meter_checks(), diagnosed);
  run_checks(scene, keeping_checks(), diagnosed);
  diagnosed.next = next_step(scene, diagnosed.findings);
  return diagnosed;
}

Diagnosed examine(const DoctorCommand& command, const std::expected<Settings, Problems>& settings,
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
              .meter = {}};
  if (command.data) scene.config.data = *command.data;
  if (command.device) scene.config.meter().device = *command.device;
  (void)until_told({}, [&](std::stop_token stop) -> Result<void> {
    look_for_daemon(scene);
    look_at_meter(scene, stop);
    return {};
  });
  return judge(scene);
}

int run_doctor(const DoctorCommand& command, const std::expected<Settings, Problems>& settings,
               const Dialogue& dialogue) {
  const Diagnosed diagnosed = examine(command, settings, dialogue);
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
