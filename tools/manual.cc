// SPDX-License-Identifier: MIT
//
// Prints the man page or a shell's completions from the command line's own words, so that they name
// each command and option that there is: manual man|bash|zsh|fish.
#include "manual.h"

#include <fmt/format.h>

#include <cstdio>
#include <map>

#include "app/version.h"

namespace fithome::manual {
namespace {

using app::CommandHelp;
using app::OptionHelp;

// What the command line does not say of itself.
constexpr std::string_view kRest = R"(.SH EXIT STATUS
0: done, and healthy. 1 to 3:
.BR "fithome status" " and " "fithome doctor"
found something wrong. 64 and above are those of
.IR sysexits.h :
64 the command line makes no sense, 65 the store is damaged, 69 what is needed is not there, 74 a disk is full or fails,
78 the configuration is wrong.
.SH FILES
.TP
.I /etc/fithome/fithome.toml
The configuration;
.B fithome config show
says what is in effect.
.TP
.I /var/lib/fithome
The readings, unless the configuration names another directory.
.TP
.I /etc/default/fithome
The environment of the services fithome and fithome\-export.
.SH ENVIRONMENT
.TP
.B FITHOME_CONFIG
The configuration's file.
.TP
.B FITHOME_URL
The daemon to ask.
.PP
Others that begin with
.B FITHOME_
override keys of the configuration: configuration.md of the documents.
.SH SEE ALSO
.BR systemctl (1),
.BR journalctl (1);
the documents in
.IR /usr/share/doc/fithome .
)";

// Plain text as roff takes it.
std::string roff(std::string_view text) {
  std::string safe = replaced(replaced(std::string(text), "\\", "\\e"), "-", "\\-");
  if (safe.starts_with('.') || safe.starts_with('\'')) safe.insert(0, "\\&");
  return replaced(replaced(safe, "\n.", "\n\\&."), "\n'", "\n\\&'");
}

// The words of the command line as a sentence.
std::string sentence(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') {
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  }
  if (!text.empty() && !text.ends_with('.') && !text.ends_with('?')) text += '.';
  return roff(text);
}

std::string names_of(const OptionHelp& option) {
  std::string names;
  for (const std::string& name : option.names) {
    names += fmt::format("{}\\fB{}\\fR", names.empty() ? "" : ", ", roff(name));
  }
  if (!option.value.empty()) names += fmt::format(" \\fI{}\\fR", roff(option.value));
  return names;
}

std::string command_section(const At& at) {
  std::string text = fmt::format(".SS {}\n{}\n", roff(at.path), sentence(at.command.help));
  for (const OptionHelp& option : at.command.options) {
    text += fmt::format(".TP\n{}\n{}\n", names_of(option), sentence(option.help));
  }
  return text;
}

void add_all(const CommandHelp& command, const std::string& path, std::vector<At>& to) {
  to.push_back({path, command});
  for (const CommandHelp& below : command.commands) add_all(below, path + ' ' + below.name, to);
}

}  // namespace

std::vector<At> all(const CommandHelp& program) {
  std::vector<At> found;
  add_all(program, program.name, found);
  return found;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

std::string man_page(const CommandHelp& program, std::string_view version) {
  std::string text = fmt::format(
      ".TH FITHOME 1 \"\" \"FitHome {}\" \"FitHome\"\n.SH NAME\nfithome \\- home electricity "
      "monitor\n.SH SYNOPSIS\n.B fithome\n.I COMMAND\n.RI [ OPTION ]...\n.SH DESCRIPTION\n{}\n"
      ".SH COMMANDS\n",
      version, roff(program.help));
  const std::vector<At> commands = all(program);
  for (const At& at : commands) text += command_section(at);
  text += ".SH EXAMPLES\n";
  for (const At& at : commands) {
    if (at.command.footer.empty()) continue;
    text += fmt::format(".PP\n.nf\n{}\n.fi\n", roff(at.command.footer));
  }
  text += kRest;
  return text;
}

}  // namespace fithome::manual

int main(int argc, char** argv) {
  using namespace fithome;
  const app::CommandHelp program = app::describe_commands();
  const std::map<std::string_view, std::string> kinds{
      {"man", manual::man_page(program, app::kVersion)},
      {"bash", manual::bash_completion(program)},
      {"zsh", manual::zsh_completion(program)},
      {"fish", manual::fish_completion(program)}};
  const auto kind = kinds.find(argc == 2 ? argv[1] : "");
  if (kind == kinds.end()) {
    std::fputs("usage: manual man|bash|zsh|fish\n", stderr);
    return 64;
  }
  std::fputs(kind->second.c_str(), stdout);
  return 0;
}
