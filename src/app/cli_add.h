// SPDX-License-Identifier: MIT
//
// Options that several commands have, and options that are parsed. For cli_arguments*.cc only: it
// brings CLI11, which takes its time to compile.
//
// Errors:  CLI::ValidationError, which parse_arguments turns into an error of ours
// Threads: main
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>

#include "app/cli_words.h"

namespace fithome::app {

/// An option whose text `parse` turns into a value, or says why not.
template <class T>
CLI::Option* add(CLI::App& app, const std::string& name, T& to,
                 std::function<Result<T>(const std::string&)> parse, const std::string& help) {
  return app.add_option_function<std::string>(
      name,
      [name, &to, parse](const std::string& text) {
        auto value = parse(text);
        if (!value) throw CLI::ValidationError(name, value.error().what);
        to = *std::move(value);
      },
      help);
}

inline CLI::Option* add_text(CLI::App& app, const std::string& name, std::optional<std::string>& to,
                             const std::string& help) {
  return add<std::optional<std::string>>(
      app, name, to,
      [](const std::string& text) -> Result<std::optional<std::string>> {
        return std::optional(text);
      },
      help);
}

inline void add_config(CLI::App& app, Words& words) {
  add_text(app, "--config", words.shared.config, "configuration file")->type_name("FILE");
}

/// --config, and --data or --url.
inline void add_where(CLI::App& app, Words& words) {
  add_config(app, words);
  auto* data = add_text(app, "--data", words.shared.data, "read the store in this directory");
  auto* url = add_text(app, "--url", words.shared.url, "ask the daemon there (http://HOST:PORT)");
  data->type_name("DIR")->excludes(url);
  url->type_name("URL");
}

inline void add_meter(CLI::App& app, Words& words) {
  add_text(app, "--meter", words.shared.meter, "this one, where there are several")
      ->type_name("NAME");
}

inline void add_json(CLI::App& app, Words& words) {
  app.add_flag("--json", words.shared.json, "as JSON, as the API answers it");
}

}  // namespace fithome::app
