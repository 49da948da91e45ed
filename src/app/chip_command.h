// SPDX-License-Identifier: MIT
//
// `fithome chip read|write|dump|watch`: the meter's registers by hand.
//
// Flow:    words -> ChipCommand -> run_chip -> the daemon's socket where one runs, else the device
// Promise: counts of energy are never lost through it, unless that was asked for by --destructive
// Threads: main
// Source:  docs/cli.md, docs/registers.md
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "app/print_text.h"
#include "app/simulation.h"

namespace fithome::app {

struct ChipCommand {
  enum class What { read, write, dump, watch };
  What what = What::read;
  std::vector<std::string> registers;  // by name or address
  std::string target;                  // register to write
  std::string value;                   // for it
  std::optional<std::string> data;     // of the daemon, in place of the configuration's
  std::optional<std::string> device;   // in place of the configuration's
  std::string meter;                   // its name; empty: the first
  std::optional<SimulationOptions> simulation;
  std::chrono::milliseconds every{1000};
  std::optional<std::chrono::milliseconds> duration;
  bool json = false;
  bool yes = false;          // write without asking
  bool destructive = false;  // read what reading clears
};

/// Where a command talks to its person.
struct Dialogue {
  std::function<void(std::string_view)> write;               // the answer
  std::function<void(std::string_view)> tell;                // beside it: warnings
  std::function<std::optional<bool>(std::string_view)> ask;  // nothing: nobody is there to answer
  Style style;
};

/// The standard streams; asks only where a person sits at a terminal.
Dialogue standard_dialogue(std::FILE* out, std::FILE* err, Style style);

Result<void> run_chip(const ChipCommand& command, Config config, const Dialogue& dialogue);

}  // namespace fithome::app
