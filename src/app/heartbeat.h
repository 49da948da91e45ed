// SPDX-License-Identifier: MIT
//
// A sign of life in a file, so that the next start knows how the last run ended.
//
// Flow:    Sampler -> Heartbeat (a mapped file) -> the next Heartbeat::open -> why_away -> events
// Cost:    a tick writes memory; the kernel takes it to disk when it likes. A killed process leaves
//          it whole. A power cut may take the last half minute of it: then the boot is another, and
//          when it ended the readings tell.
// Errors:  invalid - the file cannot be made
// Threads: one at a time; the sampler's while it runs
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/mapped_file.h"
#include "base/result.h"
#include "base/time.h"

namespace fithome::app {

/// How it was when a run ended.
struct LastLife {
  std::string boot;
  bool stopped = false;              // in order
  std::optional<UtcTime> last = {};  // tick
};

class Heartbeat {
 public:
  /// Begins a life of this boot; what was found of the one before is last().
  static Result<Heartbeat> open(const std::filesystem::path& file, const std::string& boot);

  const std::optional<LastLife>& last() const { return last_; }
  void beat(UtcTime tick);
  /// Ends in order.
  void stop();

 private:
  Heartbeat(MappedFile file, std::optional<LastLife> last)
      : file_(std::move(file)), last_(std::move(last)) {}
  MappedFile file_;
  std::optional<LastLife> last_;
};

/// Why nothing was measured between two runs.
struct Absence {
  std::string reason = "unknown";  // "stopped", "killed", "machine_off", "machine_lost", "power"
  std::string cause = "fithome was not running";
  bool other_boot = false;
  std::optional<UtcTime> since = {};  // the last sign of life
};

Absence why_away(const std::optional<LastLife>& last, const std::string& boot);

/// As above, when the meter is known too: one that was found without its configuration had lost its
/// supply, one that still counted had not.
Absence with_meter(Absence absence, bool lost_power);

}  // namespace fithome::app
