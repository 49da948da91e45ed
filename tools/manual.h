// SPDX-License-Identifier: MIT
//
// What the man page and the completions have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/cli_help.h"

namespace fithome::manual {

/// A command and its path, "fithome config check".
struct At {
  std::string path;
  const app::CommandHelp& command;
};

/// The program and all its commands, each before what is below it.
std::vector<At> all(const app::CommandHelp& program);

std::string replaced(std::string text, std::string_view what, std::string_view with);

std::string man_page(const app::CommandHelp& program, std::string_view version);
std::string bash_completion(const app::CommandHelp& program);
std::string zsh_completion(const app::CommandHelp& program);
std::string fish_completion(const app::CommandHelp& program);

}  // namespace fithome::manual
