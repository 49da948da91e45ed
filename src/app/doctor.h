// SPDX-License-Identifier: MIT
//
// `fithome doctor`: looks at everything between the mains and the page, and says what to do next.
//
// Flow:    Settings, Machine, DaemonSeen, MeterSeen of each meter -> tables of checks -> Findings
//          -> text or JSON
// Shape:   all that a check judges stands in a Scene, so that a test builds the house it wants
// Threads: main; beside a daemon one more for each meter that is watched
// Source:  docs/cli.md, "fithome doctor"
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/chip_command.h"
#include "app/client_reports.h"
#include "app/config.h"
#include "app/doctor_meter.h"
#include "base/clock.h"

namespace fithome::app {

enum class Grade { good, doubtful, bad };
std::string_view name(Grade grade);

struct Finding {
  std::string meter = {};  // its name, where there are several and it is about one
  std::string check = {};  // "permissions"
  Grade grade = Grade::good;
  std::string what = {};    // one line: what was found
  std::string remedy = {};  // one line: what to do; empty where it is good

  /// "permissions", "solar permissions".
  std::string about() const { return meter.empty() ? check : meter + " " + check; }
};

struct DoctorCommand {
  std::optional<std::string> data;    // in place of the configuration's
  std::optional<std::string> device;  // likewise, of the one that `meter` names
  std::string meter;                  // look at this one; empty: at all that are configured
  bool json = false;
  bool leds = false;  // blink them, and ask whether they were seen
  std::optional<SimulationOptions> simulation;
};

/// Where the machine's files are, and who asks; a test has a folder in the place of /.
struct Machine {
  std::filesystem::path root = "/";  // for boot/, etc/ and proc/
  std::string user;                  // its name
};
Machine this_machine();

/// The daemon that keeps the data directory.
struct DaemonSeen {
  int pid = 0;
  std::string version;
  std::string url;  // of its page
  std::optional<StatusReport> status;
  std::optional<Error> no_status;  // why not
};

/// A meter, and what was seen of it.
struct Examined {
  MeterConfig config;
  std::string name = {};               // where there are several; else empty
  std::optional<MeterSeen> seen = {};  // nothing: it could not even be tried
};

struct Scene {
  const DoctorCommand& command;
  const std::expected<Settings, Problems>& settings;
  Config config;  // in effect; the defaults where the settings are wrong
  Machine machine;
  const Dialogue& dialogue;
  Clock& clock;
  std::optional<DaemonSeen> daemon;
  std::optional<Error> daemon_unknown;  // why it cannot be known whether one runs
  std::vector<Examined> meters;         // never empty

  /// No wires to look at.
  bool simulated() const {
    return command.simulation || (daemon && daemon->status && daemon->status->status.simulated);
  }
};

struct Diagnosed {
  std::vector<Finding> findings;
  std::vector<std::string> not_checked;  // for want of what an earlier check found missing
  std::string next;                      // the one thing to do now
  Grade worst() const;
};

/// Judges what is there; the meters and the daemon have been looked at.
Diagnosed judge(Scene& scene);

/// Looks at machine, daemon and meters, and judges.
///
/// Errors: not_found - the configuration has no meter of the name that was asked for
Result<Diagnosed> examine(const DoctorCommand& command,
                          const std::expected<Settings, Problems>& settings,
                          const Dialogue& dialogue);

std::string doctor_text(const Diagnosed& diagnosed, Style style);
std::string doctor_json(const Diagnosed& diagnosed);

constexpr int kExitDoubtful = 1;
constexpr int kExitBad = 2;

/// Returns the exit status: 0 all is good, 1 something is doubtful, 2 something is bad.
Result<int> run_doctor(const DoctorCommand& command,
                       const std::expected<Settings, Problems>& settings, const Dialogue& dialogue);

}  // namespace fithome::app
