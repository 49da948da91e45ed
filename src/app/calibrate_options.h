// SPDX-License-Identifier: MIT
//
// `fithome calibrate ...` and `fithome ledger set` as the command line has them.
//
// Errors:  invalid - what does not fit together, and what would
// Threads: plain values
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace CLI {
class App;
}

namespace fithome::app {

struct CalibrateCommand {
  enum class What {
    voltage,
    current,
    offset,
    phase,
    wizard,
    preset,
    presets,
    show,
    history,
    undo
  } what = What::show;
  std::optional<std::filesystem::path> data;
  std::string meter;  // empty: the first
  std::string line;   // "a", "a,c", "all"; empty: unsaid
  std::optional<double> reference, watts;
  bool step = false, yes = false, dry_run = false, json = false;
  std::string note;
  std::size_t windows = 10;
  std::string preset;                   // its name
  std::optional<int> pga;               // with a preset
  std::optional<std::uint64_t> number;  // of undo
  std::optional<std::string> answers;   // file of the wizard's
};

struct LedgerCommand {
  std::optional<std::filesystem::path> data;
  std::string meter;  // empty: the house, or the first
  std::string line;   // empty: the house
  std::optional<double> import_kwh, export_kwh;
  std::string note;
  bool yes = false, json = false;
};

/// The words of both, before it is known which command it is.
struct CalibrateWords {
  std::optional<std::string> config, data;
  std::string meter;
  CalibrateCommand calibrate;
  LedgerCommand ledger;
};

/// In cli_arguments_calibrate.cc, which knows CLI11.
void add_calibrate(CLI::App& root, CalibrateWords& words);
void add_ledger(CLI::App& root, CalibrateWords& words);
Result<CalibrateCommand> calibrate_command(const CLI::App& chosen, const CalibrateWords& words);
Result<LedgerCommand> ledger_command(const CalibrateWords& words);

}  // namespace fithome::app
