// SPDX-License-Identifier: MIT
#include "app/cli_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <vector>

#include "app/config.h"
#include "app/config_keys.h"
#include "app/nearest.h"
#include "base/number.h"
#include "base/time.h"
#include "reading/channels.h"

namespace fithome::app {

using std::chrono::milliseconds;

Result<std::optional<milliseconds>> duration_of(const std::string& text) {
  FITHOME_TRY(const milliseconds time, parse_duration(text));
  if (time <= milliseconds(0)) return fail(Code::invalid, "must be longer than nothing");
  return std::optional(time);
}

Result<std::optional<milliseconds>> step_of(const std::string& text) {
  FITHOME_TRY(const auto time, duration_of(text));
  if (*time < std::chrono::seconds(1)) return fail(Code::invalid, "must be 1s or longer");
  return time;
}

Result<std::optional<std::string>> time_text(const std::string& text) {
  FITHOME_TRY_VOID(parse_time(text, UtcTime{}));
  return std::optional(text);
}

Result<std::optional<double>> speed_of(const std::string& text) {
  if (text == "max") return std::optional(0.0);
  constexpr double kFastest = 1e6;
  const auto speed = parse_number<double>(text);
  if (!speed || !(*speed > 0) || *speed > kFastest) {
    return fail(
        Code::invalid,
        fmt::format("\"{}\" is no speed; say max, or how many times as fast as a clock: 60", text));
  }
  return speed;
}

Result<std::string> channels_of(const std::string& text) {
  std::vector<std::string> known;
  for (const auto& channel : reading::kChannels) known.emplace_back(channel.name);
  std::string_view rest = text;
  while (true) {
    const std::string_view one = rest.substr(0, rest.find(','));
    if (!reading::find_channel(one)) {
      const auto near = nearest(one, known);
      return fail(Code::invalid,
                  fmt::format("no channel \"{}\"; {}", one,
                              near ? fmt::format("did you mean {}?", *near)
                                   : fmt::format("there are {}", fmt::join(known, " "))));
    }
    if (one.size() == rest.size()) return text;
    rest.remove_prefix(one.size() + 1);
  }
}

// The daemon knows the kinds; they come and go with versions.
Result<std::optional<exports::Format>> export_format_of(const std::string& text) {
  FITHOME_TRY(const exports::Format format, exports::format_of(text));
  return std::optional(format);
}

Result<std::optional<exports::Every>> export_every_of(const std::string& text) {
  FITHOME_TRY(const exports::Every every, exports::parse_every(text));
  return std::optional(every);
}

Result<std::optional<std::string>> export_channels_of(const std::string& text) {
  FITHOME_TRY_VOID(exports::parse_wanted(text, {}));
  return std::optional(text);
}

Result<std::optional<std::string>> timezone_of(const std::string& text) {
  const std::filesystem::path zones = "/usr/share/zoneinfo";
  const bool plain = !text.empty() && text.front() != '/' && text.find("..") == std::string::npos;
  std::error_code error;
  if (text == "UTC" || (plain && std::filesystem::is_regular_file(zones / text, error))) {
    return std::optional(text);
  }
  return fail(Code::invalid,
              fmt::format("no time zone \"{}\"; say UTC, Europe/Berlin or such, as in {} "
                          "(package tzdata)",
                          text, zones.string()));
}

Result<std::optional<std::string>> kinds_of(const std::string& text) {
  const bool words =
      !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_,") == std::string::npos;
  if (words) return std::optional(text);
  return fail(Code::invalid, fmt::format("\"{}\" is no list of kinds; say outage,sag", text));
}

Result<std::optional<std::string>> listen_of(const std::string& text) {
  FITHOME_TRY_VOID(parse_listen(text));
  return std::optional(text);
}

Result<std::optional<std::string>> house_of(const std::string& text) {
  const auto colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : text.substr(colon + 1);
  const bool number = !rest.empty() && rest.find_first_not_of("0123456789") == std::string::npos;
  if ((kind == "generated" && number) || (kind == "csv" && !rest.empty()))
    return std::optional(text);
  return fail(Code::invalid,
              fmt::format("\"{}\" is no house; say generated:SEED (a whole number, such as "
                          "generated:7) or csv:FILE",
                          text));
}

Result<std::optional<std::string>> separator_of(const std::string& text) {
  if (text == "tab" || text == "\\t") return std::optional<std::string>("\t");
  if (text.size() == 1) return std::optional(text);
  return fail(Code::invalid, "is one character, such as \";\", or tab");
}

std::function<Result<std::optional<std::string>>(const std::string&)> value_of(std::string path) {
  return [path](const std::string& text) -> Result<std::optional<std::string>> {
    for (const Key& key : config_keys()) {
      if (key.path != path) continue;
      Config unused;
      FITHOME_TRY_VOID(key.set(unused, Untyped{text}));
    }
    return std::optional(text);
  };
}

}  // namespace fithome::app
