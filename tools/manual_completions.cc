// SPDX-License-Identifier: MIT
//
// Completions of three shells. Each follows the words before the cursor to the command they name,
// then offers its commands and options; after an option that takes a value it offers files where
// the value is one, else nothing.
#include <fmt/format.h>

#include <set>

#include "manual.h"

namespace fithome::manual {
namespace {

using app::CommandHelp;
using app::OptionHelp;

bool is_file(const OptionHelp& option) {
  return option.value == "FILE" || option.value == "DIR" || option.value == "DEVICE";
}

// "fithome config" -> "fithome/config": one word for a shell's case.
std::string key(const At& at) { return replaced(at.path, " ", "/"); }

// The commands below the program, as alternatives of a case.
std::string paths(const CommandHelp& program) {
  std::string joined;
  for (const At& at : all(program)) {
    if (&at.command == &program) continue;
    joined += (joined.empty() ? "" : "|") + key(at);
  }
  return joined;
}

// The options with a value that is a file, or is none, as alternatives of a case.
std::string options_with_value(const CommandHelp& program, bool files) {
  std::set<std::string> names;
  for (const At& at : all(program)) {
    for (const OptionHelp& option : at.command.options) {
      if (option.value.empty() || is_file(option) != files) continue;
      names.insert(option.names.begin(), option.names.end());
    }
  }
  return fmt::format("{}", fmt::join(names, "|"));
}

// In single quotes, for bash and zsh.
std::string quoted(std::string_view text) {
  return "'" + replaced(std::string(text), "'", "'\\''") + "'";
}

// In single quotes, for fish.
std::string fish_quoted(std::string_view text) {
  return "'" + replaced(replaced(std::string(text), "\\", "\\\\"), "'", "\\'") + "'";
}

}  // namespace

std::string bash_completion(const CommandHelp& program) {
  std::string text = fmt::format(R"(# Printed from the command line's own words.
_fithome() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} at=fithome words='' n
  for ((n = 1; n < COMP_CWORD; n++)); do
    case $at/${{COMP_WORDS[n]}} in
      {}) at=$at/${{COMP_WORDS[n]}} ;;
    esac
  done
  COMPREPLY=()
  case ${{COMP_WORDS[COMP_CWORD - 1]}} in
    {}) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    {}) return ;;
  esac
  case $at in
)",
                                 paths(program), options_with_value(program, true),
                                 options_with_value(program, false));
  for (const At& at : all(program)) {
    std::vector<std::string> words;
    for (const CommandHelp& command : at.command.commands) words.push_back(command.name);
    for (const OptionHelp& option : at.command.options) {
      if (option.positional) continue;
      words.insert(words.end(), option.names.begin(), option.names.end());
    }
    text += fmt::format("    {}) words='{}' ;;\n", key(at), fmt::join(words, " "));
  }
  text += R"(  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _fithome fithome
)";
  return text;
}

std::string zsh_completion(const CommandHelp& program) {
  std::string text = fmt::format(R"(#compdef fithome
# Printed from the command line's own words.
_fithome() {{
  local at=fithome word
  local -a known
  for word in ${{words[2,CURRENT-1]}}; do
    case $at/$word in
      ({}) at=$at/$word ;;
    esac
  done
  case ${{words[CURRENT-1]}} in
    ({}) _files; return ;;
    ({}) return ;;
  esac
  case $at in
)",
                                 paths(program), options_with_value(program, true),
                                 options_with_value(program, false));
  for (const At& at : all(program)) {
    text += fmt::format("    ({}) known=(", key(at));
    for (const CommandHelp& command : at.command.commands) {
      text += '\n' + std::string(6, ' ') + quoted(command.name + ":" + command.help);
    }
    for (const OptionHelp& option : at.command.options) {
      if (option.positional) continue;
      for (const std::string& name : option.names) {
        text += '\n' + std::string(6, ' ') + quoted(name + ":" + option.help);
      }
    }
    text += ") ;;\n";
  }
  text += R"(  esac
  _describe -o 'fithome' known
}
_fithome "$@"
)";
  return text;
}

std::string fish_completion(const CommandHelp& program) {
  std::string text = fmt::format(R"(# Printed from the command line's own words.
function __fithome_at
    set -l at fithome
    for word in (commandline -opc)[2..-1]
        if contains -- $at/$word {}
            set at $at/$word
        end
    end
    test $at = $argv[1]
end
complete -c fithome -f
)",
                                 replaced(paths(program), "|", " "));
  for (const At& at : all(program)) {
    const std::string here = fmt::format("complete -c fithome -n '__fithome_at {}'", key(at));
    for (const CommandHelp& command : at.command.commands) {
      text += fmt::format("{} -a {} -d {}\n", here, command.name, fish_quoted(command.help));
    }
    for (const OptionHelp& option : at.command.options) {
      if (option.positional) continue;
      text += here;
      for (const std::string& name : option.names) {
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!option.value.empty()) text += is_file(option) ? " -r -F" : " -x";
      text += fmt::format(" -d {}\n", fish_quoted(option.help));
    }
  }
  return text;
}

}  // namespace fithome::manual
