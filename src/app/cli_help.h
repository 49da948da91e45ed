// SPDX-License-Identifier: MIT
//
// What the command line says of itself, for the man page and the completions (tools/manual.cc).
//
// Flow:    the parser -> describe_commands -> tools/manual
// Threads: plain values
#pragma once

#include <string>
#include <vector>

namespace fithome::app {

struct OptionHelp {
  std::vector<std::string> names;  // "-h", "--help"; of a positional one: "FILE"
  std::string value;               // what it takes: "DIR"; empty: nothing
  std::string help;
  bool positional = false;
};

/// A command, or the program itself.
struct CommandHelp {
  std::string name;
  std::string help;
  std::string footer;  // examples; may have several lines
  std::vector<OptionHelp> options = {};
  std::vector<CommandHelp> commands = {};
};

CommandHelp describe_commands();

}  // namespace fithome::app
