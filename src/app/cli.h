// SPDX-License-Identifier: MIT
//
// The command line: what `fithome` does with its words.
//
// Flow:    main -> run_cli -> parse_arguments -> a command -> exit status
// Threads: main
// Source:  docs/cli.md
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "app/cli_options.h"
#include "app/config.h"

namespace fithome::app {

// As sysexits.h has them, and as docs/cli.md tells.
constexpr int kExitFaults = 1;   // status: something is wrong
constexpr int kExitSilent = 3;   // status: no daemon answers
constexpr int kStoreFormat = 5;  // for `version`; a test holds it to the store's own
constexpr const char* kApiVersion = "v1";

/// Where text goes, and what it may look like there.
struct Terminal {
  std::FILE* out = stdout;
  std::FILE* err = stderr;
  bool is_tty = false;  // out is
  bool colour = false;
};

/// The standard streams; colour only on a terminal and without NO_COLOR.
Terminal standard_terminal();

/// Returns the exit status.
int run_cli(const std::vector<std::string>& words, const Environment& environment,
            const Terminal& terminal);

/// `config check` and `config show` (cli_config.cc).
int check_config(const CommandLine& line, const Environment& environment, const Terminal& terminal);
int print_config(const CommandLine& line, const Environment& environment, const Terminal& terminal);
void print_problems(const Problems& problems, std::string_view kind, std::FILE* to);

}  // namespace fithome::app
