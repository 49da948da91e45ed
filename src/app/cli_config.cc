// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <sysexits.h>

#include "app/cli.h"

namespace fithome::app {

void print_problems(const Problems& problems, std::string_view kind, std::FILE* to) {
  for (const Problem& problem : problems) {
    fmt::print(to, "{}{}\n", kind, to_text(problem));
  }
}

int check_config(const CommandLine& line, const Environment& environment,
                 const Terminal& terminal) {
  const auto settings = load_config({line.config, environment, {}});
  if (!settings) {
    print_problems(settings.error(), "", terminal.err);
    return EX_CONFIG;
  }
  print_problems(settings->warnings, "warning: ", terminal.err);
  if (settings->file.empty()) {
    fmt::print(terminal.out, "{} is not there: the defaults are good\n", kSystemConfig);
  } else {
    fmt::print(terminal.out, "{}: good\n", settings->file);
  }
  return EX_OK;
}

int print_config(const CommandLine& line, const Environment& environment,
                 const Terminal& terminal) {
  const auto settings = load_config({line.config, environment, {}});
  if (!settings) {
    print_problems(settings.error(), "", terminal.err);
    return EX_CONFIG;
  }
  print_problems(settings->warnings, "warning: ", terminal.err);
  fmt::print(terminal.out, "{}", show_config(*settings));
  return EX_OK;
}

}  // namespace fithome::app
