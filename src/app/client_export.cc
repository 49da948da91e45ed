// SPDX-License-Identifier: MIT
#include "app/client_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <ranges>

#include "app/client_watch.h"
#include "app/print_text.h"
#include "app/progress_line.h"
#include "exports/export.h"

namespace fithome::app {
namespace {

using exports::Format;

// The name that local time goes by, for metadata.
std::string local_zone() {
  if (const char* zone = std::getenv("TZ"); zone != nullptr && *zone != '\0') {
    return *zone == ':' ? zone + 1 : zone;
  }
  std::error_code error;
  const std::string link = std::filesystem::read_symlink("/etc/localtime", error).string();
  constexpr std::string_view kZones = "/zoneinfo/";
  const auto at = link.find(kZones);
  return at == std::string::npos ? "UTC" : link.substr(at + kZones.size());
}

void use_zone(const std::string& zone) {
  ::setenv("TZ", zone.c_str(), 1);
  ::tzset();
}

Result<store::MeterId> meter_of(const store::Reader& reader, const std::string& name,
                                const Config& config) {
  FITHOME_TRY(const auto meters, reader.meters());
  std::string known;
  for (const store::Meter& meter : meters) {
    const std::string own = meter.name.value_or(config.meter().name);
    if (own == name) return meter.id;
    known += (known.empty() ? "" : ", ") + own;
  }
  return fail(Code::invalid,
              fmt::format("no meter \"{}\" in this store; there are {}", name, known));
}

struct InUse {
  std::vector<reading::ChannelId> channels;
  std::vector<int> lines;
  bool simulated = false;
};

bool has_line(const reading::Reading& reading, int line) {
  if (reading.steps[reading::line_channel(reading::Quantity::voltage, line)]) return true;
  if ((reading.flags & bit(reading::Flag::imported)) == 0) return false;
  for (reading::ChannelId id = 0; id < reading::kChannelCount; ++id) {
    if (reading::kChannels[id].line == line && reading.steps[id]) return true;
  }
  return false;
}

InUse in_use(const reading::Reading& newest) {
  InUse used;
  for (int line = 0; line < chip::kLines; ++line) {
    if (has_line(newest, line)) used.lines.push_back(line);
  }
  for (reading::ChannelId id = 0; id < reading::kChannelCount; ++id) {
    const int line = reading::kChannels[id].line;
    if (line < 0 || std::ranges::find(used.lines, line) != used.lines.end()) {
      used.channels.push_back(id);
    }
  }
  used.simulated = (newest.flags & bit(reading::Flag::simulated)) != 0;
  return used;
}

/// The newest reading; of a meter that has measured nothing yet, the last that was brought in. What
/// the hour before it held counts as its own, for a feed may have a value each minute only.
Result<std::optional<reading::Reading>> newest_of(const store::Reader& reader,
                                                  store::MeterId meter) {
  FITHOME_TRY(auto newest, reader.newest(meter));
  if (newest) return newest;
  FITHOME_TRY(const store::Info info, reader.info());
  if (!info.last) return newest;
  FITHOME_TRY(auto scan, reader.scan({.meter = meter, .from = *info.last - std::chrono::hours(1)}));
  while (true) {
    FITHOME_TRY(const store::Chunk chunk, scan.next());
    if (chunk.size() == 0) return newest;
    if (!newest) newest.emplace();
    newest->time = chunk.time.back();
    newest->flags = chunk.flags.back();
    for (const store::Column& column : chunk.columns) {
      const auto last = std::ranges::find(column.present | std::views::reverse, 1);
      if (last == column.present.rend()) continue;
      newest->steps[column.channel] =
          column.steps[static_cast<std::size_t>(column.present.rend() - last) - 1];
    }
  }
}

Format format_of(const ExportCommand& command, const Config& config) {
  if (command.format) return *command.format;
  if (!command.output) return config.exports.format;
  return exports::format_of_file(command.output->string()).value_or(config.exports.format);
}

std::string channels_of(const ExportCommand& command, const Config& config, Format format) {
  if (command.channels) return *command.channels;
  if (!config.exports.channels.empty()) return config.exports.channels;
  return format == Format::pandas ? fmt::format("{},{}", exports::kActive, exports::kReactive)
                                  : "all";
}

Result<exports::Request> request_of(const ExportCommand& command, const Config& config,
                                    const store::Reader& reader, UtcTime now) {
  exports::Request request;
  if (!command.meter.empty()) {
    FITHOME_TRY(request.meter, meter_of(reader, command.meter, config));
  }
  FITHOME_TRY(const auto newest, newest_of(reader, request.meter));
  if (!newest) return fail(Code::not_found, "the store holds no reading of this meter yet");
  const InUse used = in_use(*newest);
  const UtcTime house = used.simulated ? newest->time : now;
  if (command.from) {
    FITHOME_TRY(request.from, parse_time(*command.from, house));
  }
  if (command.to) {
    FITHOME_TRY(request.to, parse_time(*command.to, house));
  }
  if (request.from >= request.to) {
    return fail(Code::invalid, fmt::format("--from ({}) must be before --to ({})",
                                           to_iso(request.from), to_iso(request.to)));
  }
  request.format = format_of(command, config);
  const std::string channels = channels_of(command, config, request.format);
  FITHOME_TRY(request.wanted, exports::parse_wanted(channels, used.channels));
  request.flags = request.format != Format::pandas || channels == "all";
  request.every = command.every;
  request.compressed = !command.uncompressed;
  if (command.uncompressed && request.format != Format::pandas && request.format != Format::npz) {
    return fail(Code::invalid, fmt::format("--uncompressed is for pandas and npz, not for {}",
                                           exports::name(request.format)));
  }
  request.site = config.site;
  request.timezone = local_zone();
  request.interval_s = std::chrono::duration<double>(config.interval).count();
  if (!used.lines.empty()) request.lines = used.lines;
  return request;
}

std::string rate_text(const exports::Progress& progress, double seconds) {
  return fmt::format("{} readings  {:.0f} a second", progress.rows,
                     static_cast<double>(progress.rows) / seconds);
}

}  // namespace

Result<void> export_readings(const ExportCommand& command, const Config& config, UtcTime now,
                             const Terminal& terminal) {
  if (command.timezone) use_zone(*command.timezone);
  FITHOME_TRY(const auto reader, store::Reader::open(command.data.value_or(config.data)));
  FITHOME_TRY(const exports::Request request, request_of(command, config, reader, now));
  const std::filesystem::path place =
      command.output.value_or(config.exports.dir / exports::usual_file(request.format));

  exports::Exported exported;
  FITHOME_TRY_VOID(until_told({}, [&](std::stop_token stop) -> Result<void> {
    ProgressLine line(terminal.err);
    FITHOME_TRY(exported,
                run_export(reader, request, place, [&](const exports::Progress& progress) {
                  line.show(progress.done, rate_text(progress, line.seconds()));
                  return !stop.stop_requested();
                }));
    return {};
  }));
  fmt::print(terminal.out, "{}: {} {}, {}\n", place.lexically_normal().string(), exported.rows,
             request.every ? "steps" : "readings", bytes_text(static_cast<double>(exported.bytes)));
  for (const store::BadBlock& bad : exported.left_out) {
    fmt::print(terminal.err, "left out: {}\n", bad.what);
  }
  if (exported.left_out.empty()) return {};
  return fail(Code::corrupt,
              fmt::format("{} is there, but not whole: {} hours of readings are damaged; see "
                          "\"fithome store check\"",
                          place.lexically_normal().string(), exported.left_out.size()));
}

}  // namespace fithome::app
