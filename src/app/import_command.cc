// SPDX-License-Identifier: MIT
#include "app/import_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "app/progress_line.h"
#include "app/secret.h"
#include "app/version.h"
#include "imports/import.h"
#include "imports/mongodb.h"
#include "store/store.h"

namespace fithome::app {
namespace {

using From = ImportCommand::From;
using SourceResult = Result<std::unique_ptr<imports::Source>>;

constexpr std::size_t kMostBad = 20;  // days that are named

SourceResult from_mongodb(const ImportCommand& command, const Config& config) {
  sinks::MongodbOptions options;
  options.uri = command.uri;
  options.database = command.database.value_or(options.database);
  options.collection = command.collection;
  FITHOME_TRY(options.password, find_password("mongodb", config.mongodb.password_file));
  FITHOME_TRY(sinks::MongodbModule * module, sinks::load_mongodb(std::string(kVersion)));
  FITHOME_TRY(auto reader, module->reader(options));
  return imports::mongodb_source(std::move(reader));
}

SourceResult from_influx(const ImportCommand& command, ProgressLine& line) {
  imports::InfluxOptions options = command.influx;
  if (!options.file.empty()) {
    return imports::influx_file_source(
        options, [&line](double done) { line.show(done, "of the file looked through"); });
  }
  options.database = *command.database;
  FITHOME_TRY(options.password, find_password("influxdb", command.password_file));
  return imports::influx_server_source(options);
}

SourceResult open_source(const ImportCommand& command, const Config& config, ProgressLine& line) {
  switch (command.from) {
    case From::mongodb:
      return from_mongodb(command, config);
    case From::csv:
      return imports::csv_source(command.csv);
    case From::phpfina:
      return imports::phpfina_source(command.phpfina);
    case From::influx:
      return from_influx(command, line);
  }
  return fail(Code::invalid, "nothing to import from");
}

/// The meter's number; a store that has none yet gets the configuration's first.
Result<store::MeterId> meter_of(const ImportCommand& command, const Config& config,
                                store::Store& store, const store::Reader& reader) {
  FITHOME_TRY(auto meters, reader.meters());
  if (meters.empty()) {
    FITHOME_TRY_VOID(store.name_meter(store::kFirstMeter, config.meter().name));
    FITHOME_TRY(meters, reader.meters());
  }
  if (command.meter.empty()) return store::kFirstMeter;
  std::string known;
  for (const store::Meter& meter : meters) {
    const std::string own = meter.name.value_or(config.meter().name);
    if (own == command.meter) return meter.id;
    known += (known.empty() ? "" : ", ") + own;
  }
  return fail(Code::invalid,
              fmt::format("no meter \"{}\" in this store; there are {}", command.meter, known));
}

void report(const imports::Imported& imported, std::FILE* out) {
  fmt::print(out, "{} readings brought in, {} were there already\n", imported.brought,
             imported.there);
  if (!imported.left_out.empty()) fmt::print(out, "left out: {}\n", imported.left_out);
  if (imported.both.empty()) return;
  std::vector<std::string> days;
  for (const UtcTime day : imported.both) {
    if (days.size() == kMostBad) break;
    days.push_back(to_local_text(day).substr(0, 10));
  }
  fmt::print(out, "{} days hold readings of this meter too and were left as they are: {}{}\n",
             imported.both.size(), fmt::join(days, ", "),
             imported.both.size() > kMostBad ? ", ..." : "");
}

}  // namespace

Result<void> run_import(const ImportCommand& command, const Config& config, std::FILE* out,
                        std::FILE* progress) {
  if (command.timezone) {
    ::setenv("TZ", command.timezone->c_str(), 1);
    ::tzset();
  }
  imports::Imported imported;
  {
    ProgressLine line(progress);
    FITHOME_TRY(auto opened, open_source(command, config, line));
    FITHOME_TRY(const auto source, imports::look_into(std::move(opened)));
    const std::filesystem::path data = command.data.value_or(config.data);
    auto store = store::Store::open(data);
    if (!store) {
      return within("import (it writes itself, so stop the daemon: sudo systemctl stop fithome)",
                    std::move(store).error());
    }
    FITHOME_TRY(const auto reader, store::Reader::open(data));
    FITHOME_TRY(const store::MeterId meter, meter_of(command, config, *store, reader));
    FITHOME_TRY(imported, imports::import_readings(
                              *source, *store, reader, meter, [&](const imports::Progress& went) {
                                line.show(went.done, fmt::format("{} readings", went.readings));
                              }));
  }
  report(imported, out);
  return {};
}

}  // namespace fithome::app
