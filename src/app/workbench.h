// SPDX-License-Identifier: MIT
//
// A meter that is being calibrated, whoever holds it: the running daemon, or this process.
//
// Flow:    open_workbench -> windows() -> calibrate::propose -> apply() -> store
// Errors:  as the daemon says; not_found - no store and no meter; transient - the chip is silent
// Threads: one
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/meter_settings.h"
#include "store/store.h"

namespace fithome::app {

/// What is to be kept of a change, beside the settings.
struct ChangeNote {
  std::string kind;
  std::string line = {};
  std::string reference = {};
  std::optional<std::int32_t> error_ppm = {};
  std::string note = {};
  std::optional<std::uint64_t> undoes = {};
};

struct LedgerChange {
  std::string meter;  // empty: the house, where it is a sum of meters
  std::string line;   // empty: the house
  std::optional<std::int64_t> import_nwh, export_nwh;
  std::string note;
};
struct LedgerSet {
  reading::Flow before, after;
};

class Workbench {
 public:
  virtual ~Workbench() = default;

  virtual const MeterSettings& settings() const = 0;
  /// "the daemon that keeps /var/lib/fithome", "/dev/spidev0.0".
  virtual std::string describe() const = 0;
  virtual bool simulated() const { return false; }

  /// The next `count` distinct windows, settled and coherent; `seen` is told each.
  virtual Result<std::vector<chip::Sample>> windows(
      std::size_t count, const std::function<void(const chip::Sample&)>& seen) = 0;
  /// In effect and on disk when it returns; its number.
  virtual Result<std::uint64_t> apply(const MeterSettings& after, const ChangeNote& note) = 0;
  virtual Result<std::vector<store::Calibration>> history() = 0;
  virtual Result<LedgerSet> set_ledger(const LedgerChange& change) = 0;
};

/// By the daemon of `data` where one runs, else by opening store and device.
struct Which {
  std::filesystem::path data;
  const Config& config;
  std::string meter = {};  // its name; empty: the first
};
Result<std::unique_ptr<Workbench>> open_workbench(const Which& which, std::stop_token stop);
Result<std::unique_ptr<Workbench>> open_daemon_workbench(const Which& which, std::stop_token stop);
/// `with_chip`: false where only the store is asked for (ledger).
Result<std::unique_ptr<Workbench>> open_own_workbench(const Which& which, bool with_chip,
                                                      std::stop_token stop);

/// Its place in the configuration, and its number in the store.
///
/// Errors: not_found - no meter of that name
Result<std::size_t> place_in(const Config& config, const std::string& meter);
Result<store::MeterId> number_of(const Which& which, const store::Reader& reader);

/// The undo of calibration `number` (nothing: the newest that can be undone): what the settings
/// become, and the number. Only what it changed goes back.
///
/// Errors: not_found - there is none; invalid - undone already, or changed again by a later one,
///         which must be undone first
struct Undo {
  MeterSettings settings;
  std::uint64_t number;
};
Result<Undo> undo_of(const std::vector<store::Calibration>& history, const MeterSettings& current,
                     std::optional<std::uint64_t> number);

}  // namespace fithome::app
