// SPDX-License-Identifier: MIT
//
// What an export is of, and what its columns are called.
//
// Shape:   one meter, one stretch of time, in order of time; a gap is missing rows, never zeros
// Units:   as the channel table's; energy in Wh and varh
// Threads: plain values
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "reading/channels.h"
#include "store/store.h"

namespace fithome::exports {

enum class Format { pandas, csv, csv_gz, npz, parquet, nilmtk };

/// "csv.gz".
std::string_view name(Format format);
/// The format of that name; invalid with all names there are.
Result<Format> format_of(std::string_view name);
/// "aggregate.pkl.zip": what its file is called where nobody says.
std::string_view usual_file(Format format);
/// The format that a file's ending speaks of, if any.
std::optional<Format> format_of_file(std::string_view file);

/// A channel and the name of its column.
struct Wanted {
  reading::ChannelId channel;
  std::string name;
  friend bool operator==(const Wanted&, const Wanted&) = default;
};

/// The names that the readers of FHmonitor's exports know.
inline constexpr std::string_view kActive = "Pa";    // p, active power of the house
inline constexpr std::string_view kReactive = "Pr";  // q, reactive power

/// Names with commas, of channels or Pa and Pr; "all": those of `in_use`, p and q as Pa and Pr.
/// Errors: invalid - a name that is none, or there twice
Result<std::vector<Wanted>> parse_wanted(std::string_view text,
                                         const std::vector<reading::ChannelId>& in_use);

/// How long a step is: a time, or what the calendar says.
struct Every {
  enum class Calendar { none, week, month, year };
  std::chrono::milliseconds time{};  // where the calendar says none
  Calendar calendar = Calendar::none;
  friend bool operator==(const Every&, const Every&) = default;
};

/// "15m", "1d" as a duration; "day", "week", "month", "year".
/// Errors: invalid - neither, or shorter than a second
Result<Every> parse_every(std::string_view text);

struct Request {
  Format format = Format::pandas;
  store::MeterId meter = store::kFirstMeter;
  std::vector<Wanted> wanted;
  bool flags = false;  // a last column with the doubts about each reading
  UtcTime from = UtcTime::min();
  UtcTime to = UtcTime::max();  // not included
  /// Steps in place of readings: mean, least and greatest of each, and energy of powers.
  std::optional<Every> every;
  bool compressed = true;  // pandas and npz only may do without

  // What metadata speak of.
  std::string site = "home";
  std::string timezone = "UTC";
  double interval_s = 1;
  std::vector<int> lines{0};  // in use: 0 is a
};

}  // namespace fithome::exports
