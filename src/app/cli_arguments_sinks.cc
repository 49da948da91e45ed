// SPDX-License-Identifier: MIT
#include "app/cli_add.h"
#include "app/cli_values.h"

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
    one.add_option("NAME", of.name, "mongodb or mqtt")->required();
    add_config(one, words);
    one.add_option("--data", of.data, "data directory of the daemon to ask")->type_name("DIR");
    return &one;
  };
  add_order("pause", "deliver nothing until it is resumed, or the daemon restarted", Order::pause);
  add_order("resume", "go on", Order::resume);
  add_order("rewind", "deliver again; what is there stays as it is", Order::rewind)
      ->add_option("--from", of.from, "from this time on; unless told, everything")
      ->type_name("TIME");
  add_order("test", "does it answer, and let us in?", Order::test);
}

void add_homeassistant(CLI::App& root, Words& words) {
  HomeAssistantCommand& of = words.homeassistant;
  using Task = HomeAssistantCommand::What;
  CLI::App& app = *root.add_subcommand(
      "homeassistant", "the hours that a Home Assistant has, or missed; plain HTTP, no TLS");
  app.require_subcommand(1);
  const auto add_task = [&](const char* name, const char* help, Task what) -> CLI::App& {
    CLI::App& one = *app.add_subcommand(name, help);
    one.callback([&of, what] { of.what = what; });
    add_config(one, words);
    one.add_option("--data", of.data, "the store in this directory")->type_name("DIR");
    one.add_flag("--json", of.json, "as JSON");
    one.add_flag("--entities", of.entities, "its own hours of our MQTT sensors, too");
    return one;
  };
  const auto add_times = [&](CLI::App& one, const std::string& unless_told) {
    using Text = std::optional<std::string>;
    add<Text>(one, "--from", of.from, time_text, "first hour; unless told, " + unless_told)
        ->type_name("TIME");
    add<Text>(one, "--to", of.to, time_text, "end, not included; unless told, the last whole hour")
        ->type_name("TIME");
  };
  add_task("status", "does it answer and take the token, and which hours has it?", Task::status);
  add_times(
      add_task("check", "which hours are missing there, or not as in the ledger?", Task::check),
      "the first that it has");
  add_times(add_task("repair", "brings it the hours that are; again, nothing", Task::repair),
            "the first that it has, or 30 days ago");
}

}  // namespace fithome::app
