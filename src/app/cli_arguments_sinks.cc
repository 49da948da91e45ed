// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>

#include "app/cli_words.h"

namespace fithome::app {

void add_sinks(CLI::App& root, Words& words) {
  SinksCommand& of = words.sinks;
  using Order = SinksCommand::What;
  CLI::App& app = *root.add_subcommand("sinks", "to whom readings are handed on, and how far");
  app.require_subcommand(0, 1);
  app.add_option("--config", words.shared.config, "configuration file")->type_name("FILE");
  auto* data = app.add_option("--data", words.shared.data, "read the store in this directory");
  data->type_name("DIR");
  app.add_option("--url", words.shared.url, "ask the daemon there")
      ->type_name("URL")
      ->excludes(data);
  app.add_flag("--json", words.shared.json, "as JSON, as the API answers it");
  app.add_subcommand("status", "how far they are, which is also what `sinks` alone shows")
      ->fallthrough();
  const auto add_order = [&](const char* name, const char* help, Order what) {
    CLI::App& one = *app.add_subcommand(name, help);
    one.callback([&of, what] { of.what = what; });
    one.add_option("NAME", of.name, "mongodb")->required();
    one.add_option("--config", words.shared.config, "configuration file")->type_name("FILE");
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

void add_import(CLI::App& root, Words& words) {
  ImportCommand& of = words.import;
  CLI::App& app = *root.add_subcommand("import", "bring in what another program has kept");
  app.require_subcommand(1);
  CLI::App& mongodb = *app.add_subcommand("fithome-mongodb", "of the original's collection");
  mongodb.add_option("URI", of.uri, "mongodb://HOST:PORT")->required();
  mongodb.add_option("--database", of.database, "unless told, FitHome")->type_name("NAME");
  mongodb.add_option("--collection", of.collection, "unless told, aggregate")->type_name("NAME");
  mongodb.add_option("--config", words.shared.config, "configuration file")->type_name("FILE");
  mongodb.add_option("--data", of.data, "bring it into this store")->type_name("DIR");
}

}  // namespace fithome::app
