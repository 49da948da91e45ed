// SPDX-License-Identifier: MIT
#include "exports/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace fithome::exports {
namespace {

struct FormatName {
  Format format;
  std::string_view name;
  std::string_view file;
  std::string_view ending;
};
// An ending that is part of another stands behind it.
constexpr std::array<FormatName, 6> kFormats{{
    {Format::pandas, "pandas", "aggregate.pkl.zip", ".pkl.zip"},
    {Format::csv, "csv", "aggregate.csv", ".csv"},
    {Format::csv_gz, "csv.gz", "aggregate.csv.gz", ".csv.gz"},
    {Format::npz, "npz", "aggregate.npz", ".npz"},
    {Format::parquet, "parquet", "aggregate.parquet", ".parquet"},
    {Format::nilmtk, "nilmtk", "nilmtk", ".nilmtk"},
}};

const FormatName& of(Format format) {
  return *std::ranges::find(kFormats, format, &FormatName::format);
}

Result<Wanted> wanted_of(std::string_view text) {
  if (text == kActive) {
    return Wanted{reading::house_channel(reading::Quantity::active_power), std::string(text)};
  }
  if (text == kReactive) {
    return Wanted{reading::house_channel(reading::Quantity::reactive_power), std::string(text)};
  }
  if (const auto id = reading::find_channel(text)) return Wanted{*id, std::string(text)};
  std::string known;
  for (const reading::Channel& channel : reading::kChannels)
    known += fmt::format(", {}", channel.name);
  return fail(Code::invalid,
              fmt::format("no channel \"{}\"; there are all, Pa, Pr{}", text, known));
}

std::vector<Wanted> all_of(const std::vector<reading::ChannelId>& in_use) {
  std::vector<Wanted> all;
  for (const reading::ChannelId id : in_use) {
    all.push_back({id, std::string(reading::kChannels[id].name)});
    if (all.back().name == "p") all.back().name = kActive;
    if (all.back().name == "q") all.back().name = kReactive;
  }
  return all;
}

}  // namespace

std::string_view name(Format format) { return of(format).name; }
std::string_view usual_file(Format format) { return of(format).file; }

Result<Format> format_of(std::string_view name) {
  const auto found = std::ranges::find(kFormats, name, &FormatName::name);
  if (found != kFormats.end()) return found->format;
  std::string known;
  for (const FormatName& one : kFormats)
    known += fmt::format("{}{}", known.empty() ? "" : ", ", one.name);
  return fail(Code::invalid, fmt::format("\"{}\" is no format; there are {}", name, known));
}

std::optional<Format> format_of_file(std::string_view file) {
  const auto found = std::ranges::find_if(
      kFormats, [file](const FormatName& one) { return file.ends_with(one.ending); });
  if (found == kFormats.end()) return {};
  return found->format;
}

Result<Every> parse_every(std::string_view text) {
  using Calendar = Every::Calendar;
  if (text == "day") return Every{std::chrono::hours(24)};
  if (text == "week") return Every{.calendar = Calendar::week};
  if (text == "month") return Every{.calendar = Calendar::month};
  if (text == "year") return Every{.calendar = Calendar::year};
  const auto time = parse_duration(text);
  if (!time) return fail(Code::invalid, time.error().what + "; or day, week, month, year");
  if (*time < std::chrono::seconds(1)) return fail(Code::invalid, "must be 1s or longer");
  return Every{*time};
}

Result<std::vector<Wanted>> parse_wanted(std::string_view text,
                                         const std::vector<reading::ChannelId>& in_use) {
  if (text == "all") return all_of(in_use);
  std::vector<Wanted> wanted;
  while (true) {
    const std::string_view one = text.substr(0, text.find(','));
    FITHOME_TRY(Wanted next, wanted_of(one));
    if (std::ranges::find(wanted, next) != wanted.end()) {
      return fail(Code::invalid, fmt::format("channel \"{}\" is there twice", one));
    }
    wanted.push_back(std::move(next));
    if (one.size() == text.size()) return wanted;
    text.remove_prefix(one.size() + 1);
  }
}

}  // namespace fithome::exports
