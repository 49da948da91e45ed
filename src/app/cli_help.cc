// SPDX-License-Identifier: MIT
#include "app/cli_help.h"

#include <CLI/CLI.hpp>

#include "app/cli_words.h"

namespace fithome::app {
namespace {

OptionHelp describe(const CLI::Option& option) {
  OptionHelp of;
  for (const std::string& name : option.get_snames()) of.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) of.names.push_back("--" + name);
  of.positional = of.names.empty();
  if (of.positional) of.names.push_back(option.get_name(true));
  const bool takes = option.get_items_expected_max() > 0;
  if (takes && !of.positional) of.value = option.get_type_name();
  of.help = option.get_description();
  return of;
}

CommandHelp describe(const CLI::App& app) {
  CommandHelp of{.name = app.get_name(), .help = app.get_description(), .footer = app.get_footer()};
  for (const CLI::Option* option : app.get_options()) of.options.push_back(describe(*option));
  for (const CLI::App* command : app.get_subcommands({})) of.commands.push_back(describe(*command));
  return of;
}

}  // namespace

CommandHelp describe_commands() {
  CLI::App root("", "fithome");
  Words found;
  add_commands(root, found, {});
  return describe(root);
}

}  // namespace fithome::app
