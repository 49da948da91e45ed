// SPDX-License-Identifier: MIT
#include "app/cli_add.h"
#include "app/cli_values.h"

namespace fithome::app {

void add_export(CLI::App& root, Words& words) {
  CLI::App& app =
      *root.add_subcommand("export", "a file for pandas, a spreadsheet, numpy, DuckDB, NILMTK");
  ExportCommand& wanted = words.exports;
  using Text = std::optional<std::string>;
  add_config(app, words);
  add_text(app, "--data", words.shared.data, "read the store in this directory")->type_name("DIR");
  add_meter(app, words);
  add<std::optional<exports::Format>>(
      app, "--format", wanted.format, export_format_of,
      "pandas, csv, csv.gz, npz, parquet or nilmtk; unless told, by "
      "the ending of -o, else pandas")
      ->type_name("FORMAT");
  add<Text>(app, "--from", wanted.from, time_text,
            "first time: 2026-01, yesterday, -7d; unless told, all")
      ->type_name("TIME");
  add<Text>(app, "--to", wanted.to, time_text, "end, not included; unless told, the newest reading")
      ->type_name("TIME");
  add<Text>(app, "--channels", wanted.channels, export_channels_of,
            "names with commas: Pa,Pr,u_a; or all; unless told, Pa,Pr for pandas, else all")
      ->type_name("LIST");
  add<std::optional<exports::Every>>(
      app, "--every", wanted.every, export_every_of,
      "mean, min, max and energy of steps of this time: 1m, 1h, day, week, month, year")
      ->type_name("DURATION");
  add<Text>(
      app, "--timezone", wanted.timezone, timezone_of,
      "of --from and --to, of days and longer, and of times in CSV; unless told, this machine's")
      ->type_name("ZONE");
  app.add_flag("--uncompressed", wanted.uncompressed,
               "pandas and npz: in less than half the time, a file four times the size");
  add_text(app, "-o,--output", words.output,
           "file; unless told, aggregate.pkl.zip or such in export.dir")
      ->type_name("FILE");
}

void add_store(CLI::App& root, Words& words) {
  StoreCommand& store = words.store;
  CLI::App& app = *root.add_subcommand("store", "what is kept: whole? A copy of it");
  app.require_subcommand(1);
  const auto add_one = [&](const char* name, const char* help,
                           StoreCommand::What what) -> CLI::App& {
    CLI::App& one = *app.add_subcommand(name, help);
    one.callback([&store, what] { store.what = what; });
    add_config(one, words);
    add_text(one, "--data", words.shared.data, "the store in this directory")->type_name("DIR");
    return one;
  };
  using What = StoreCommand::What;
  add_json(add_one("info", "how much there is, from when to when", What::info), words);
  add_json(add_one("check", "reads every byte, beside a running daemon", What::check), words);
  CLI::App& copy =
      add_one("backup", "a copy, beside a running daemon; again, what is new", What::back_up);
  copy.add_option("DIR", store.other, "of the copy")->required();
  CLI::App& back =
      add_one("restore", "a copy in place of the store; the daemon is stopped", What::restore);
  back.add_option("DIR", store.other, "of the copy")->required();
  back.add_flag("--replace", store.replace, "move aside the store that is there");
  add_one("rebuild", "makes minutes, hours and days anew from the readings; the daemon is stopped",
          What::rebuild);
  add_one("compact", "gives room of what was deleted back; the daemon is stopped", What::compact);
}

}  // namespace fithome::app
