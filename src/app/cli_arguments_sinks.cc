// SPDX-License-Identifier: MIT
#include "app/cli_add.h"

namespace fithome::app {

void add_sinks(CLI::App& root, Words& words) {
  SinksCommand& of = words.sinks;
  using Order = SinksCommand::What;
  CLI::App& app = *root.add_subcommand("sinks", "to whom readings are handed on, and how far");
  app.require_subcommand(0, 1);
  add_where(app, words);
  add_json(app, words);
  app.add_subcommand("status", "how far they are, which is also what `sinks` alone shows")
      ->fallthrough();
  const auto add_order = [&](const char* name, const char* help, Order what) {
    CLI::App& one = *app.add_subcommand(name, help);
    one.callback([&of, what] { of.what = what; });
    one.add_option("NAME", of.name, "mongodb")->required();
    add_config(one, words);
    one.add_option("--data", of.data, "data directory of the daemon to ask")->type_name("DIR");
    return &one;
  };
  add_order("pause", "deliver nothing until it is resumed, or the daemon restarted", Order::pause);
  add_order("resume", "go on", Order::resume);
  add_order("rewind", "deliver again; a repeat overwrites", Order::rewind)
      ->add_option("--from", of.from, "from this time on; unless told, everything")
      ->type_name("TIME");
  add_order("test", "does it answer, and let us in?", Order::test);
}

}  // namespace fithome::app
