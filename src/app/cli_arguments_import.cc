// SPDX-License-Identifier: MIT
#include "app/cli_add.h"
#include "app/cli_values.h"

namespace fithome::app {
namespace {

using From = ImportCommand::From;

CLI::App& add_from(CLI::App& app, Words& words, const char* name, const char* help, From from) {
  ImportCommand& of = words.import;
  CLI::App& one = *app.add_subcommand(name, help);
  one.callback([&of, from] { of.from = from; });
  add_config(one, words);
  one.add_option("--data", of.data, "bring it into this store")->type_name("DIR");
  return one;
}

void add_one_of_several(CLI::App& app, ImportCommand& of) {
  app.add_option("--meter", of.meter, "into this one, where there are several")->type_name("NAME");
}

void add_import_mongodb(CLI::App& app, Words& words) {
  ImportCommand& of = words.import;
  CLI::App& one =
      add_from(app, words, "fithome-mongodb", "of the original's collection", From::mongodb);
  one.add_option("URI", of.uri, "mongodb://HOST:PORT")->required();
  add_text(one, "--database", of.database, "unless told, FitHome")->type_name("NAME");
  one.add_option("--collection", of.collection, "unless told, aggregate")->type_name("NAME");
}

void add_import_csv(CLI::App& app, Words& words) {
  ImportCommand& of = words.import;
  using Text = std::optional<std::string>;
  CLI::App& one = add_from(app, words, "csv", "of a table, FitHome's own exports too", From::csv);
  one.add_option("FILE", of.csv.file, "the table; .gz too")->required();
  one.add_option(
         "--columns", of.csv.columns,
         "time=Date+Time,p=kW*1000,u_a=Voltage; unless told, they are called as channels are")
      ->type_name("LIST");
  add<Text>(one, "--separator", words.import_separator, separator_of,
            "\";\" or tab; unless told, found out")
      ->type_name("CHAR");
  one.add_option("--time-format", of.csv.time_format,
                 "as strptime takes it; unless told, found out")
      ->type_name("FORMAT");
  add<Text>(one, "--timezone", of.timezone, timezone_of,
            "of times that name none, and of days; unless told, this machine's")
      ->type_name("ZONE");
  add_one_of_several(one, of);
}

void add_import_phpfina(CLI::App& app, Words& words) {
  ImportCommand& of = words.import;
  CLI::App& one =
      add_from(app, words, "phpfina", "of feeds of emoncms (OpenEnergyMonitor)", From::phpfina);
  one.add_option("DIR", of.phpfina.folder, "its folder phpfina: N.meta, N.dat")->required();
  one.add_option("--feeds", of.phpfina.feeds, "which feed is which channel: p=1,u_a=2,q=3*-1")
      ->type_name("LIST")
      ->required();
  add_one_of_several(one, of);
}

void add_import_influx(CLI::App& app, Words& words) {
  ImportCommand& of = words.import;
  CLI::App& one = add_from(app, words, "influx", "of a measurement of InfluxDB 1.x, or of its file",
                           From::influx);
  auto* file = one.add_option("FILE", of.influx.file,
                              "of line protocol, as influx_inspect export writes; .gz too");
  auto* url =
      one.add_option("--url", of.influx.url, "ask the server at http://HOST:PORT (no https)")
          ->type_name("URL")
          ->excludes(file);
  one.add_option("--measurement", of.influx.measurement, "the one that holds the readings")
      ->type_name("NAME")
      ->required();
  one.add_option("--fields", of.influx.fields, "which field is which channel: p=power,q=kvar*1000")
      ->type_name("LIST")
      ->required();
  one.add_option("--tags", of.influx.tags,
                 "of this series, where there are several: host=pi,room=x")
      ->type_name("LIST");
  add_text(one, "--database", of.database, "of the server")->type_name("NAME")->needs(url);
  one.add_option("--user", of.influx.user, "of the server")->type_name("NAME")->needs(url);
  one.add_option("--password-file", of.password_file,
                 "that holds the user's password; without a user, a token")
      ->type_name("FILE")
      ->needs(url);
  add_one_of_several(one, of);
}

}  // namespace

void add_import(CLI::App& root, Words& words) {
  CLI::App& app = *root.add_subcommand("import", "bring in what another program has kept");
  app.require_subcommand(1);
  add_import_csv(app, words);
  add_import_phpfina(app, words);
  add_import_influx(app, words);
  add_import_mongodb(app, words);
}

Result<ImportCommand> import_command(const Words& words) {
  ImportCommand command = words.import;
  if (words.import_separator) command.csv.separator = words.import_separator->front();
  if (command.from != From::influx || !command.influx.file.empty()) return command;
  if (command.influx.url.empty()) {
    return fail(Code::invalid,
                "import influx: say FILE, or --url http://HOST:PORT and --database NAME");
  }
  if (!command.database) {
    return fail(Code::invalid, "import influx: say which --database of the server");
  }
  return command;
}

}  // namespace fithome::app
