// SPDX-License-Identifier: MIT
#include "imports/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/csv_text.h"
#include "imports/lines.h"

namespace fithome::imports {
namespace {

constexpr std::string_view kFlagsName = "flags";

Result<void> known_column(std::string_view name) {
  if (name == kFlagsName) return {};
  return known_channel(name);
}

/// Columns that are called just as what they feed.
Result<csv::Columns> columns_by_name(const csv::Heading& heading) {
  csv::Columns columns;
  for (std::size_t field = 0; field < heading.names.size(); ++field) {
    const std::string name(heading.names[field]);
    if (name == "time") {
      columns.time = {field};
      continue;
    }
    if (!known_column(name)) {
      return fail(Code::invalid,
                  fmt::format("column \"{}\" is no channel; say which columns to take, as in "
                              "--columns 'time=COLUMN,p=COLUMN*1000'; {}",
                              name, csv::what_there_is(heading)));
    }
    columns.fed.push_back({name, {field, 1}});
  }
  return columns;
}

Result<reading::Flags> flags_of(std::string_view text) {
  reading::Flags flags = 0;
  while (!(text = csv::trim(text)).empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    const auto known = std::ranges::find(reading::kFlags, word, &reading::FlagName::name);
    if (known == reading::kFlags.end()) {
      return fail(Code::invalid,
                  fmt::format("\"{}\" is no flag that this fithome knows; leave that "
                              "column out with --columns",
                              word));
    }
    flags |= bit(known->flag);
  }
  return flags;
}

class CsvFile final : public OneByOne {
 public:
  CsvFile(Lines lines, CsvRows rows) : lines_(std::move(lines)), rows_(std::move(rows)) {}

  double done() const override { return lines_.done(); }
  std::string left_out() const override {
    return empty_ == 0 ? "" : fmt::format("{} rows without any value", empty_);
  }

 private:
  Result<std::optional<reading::Reading>> next_one() override {
    while (true) {
      FITHOME_TRY(const bool more, lines_.next(text_));
      if (!more) return std::optional<reading::Reading>{};
      csv::tidy(text_, false);
      if (csv::trim(text_).empty()) continue;
      auto row = rows_.row(text_);
      if (!row) return lines_.here(row.error().what);
      if (*row) return row;
      ++empty_;
    }
  }

  Lines lines_;
  CsvRows rows_;
  std::string text_;
  std::uint64_t empty_ = 0;
};

}  // namespace

Result<CsvRows> CsvRows::open(std::string& heading, const CsvOptions& options) {
  const char separator = options.separator ? options.separator : csv::find_separator(heading);
  CsvRows rows(options, separator);
  csv::Heading named;
  if (!csv::cut(heading, separator, named.names)) {
    return fail(Code::invalid, "a quote is not closed");
  }
  rows.names_.assign(named.names.begin(), named.names.end());
  const bool told = !csv::trim(options.columns).empty();
  FITHOME_TRY(
      const csv::Columns columns,
      told ? csv::find_columns(options.columns, named, known_column) : columns_by_name(named));
  FITHOME_TRY_VOID(rows.take_columns(columns, named));
  return rows;
}

Result<void> CsvRows::take_columns(const csv::Columns& columns, const csv::Heading& heading) {
  time_fields_ = columns.time;
  for (const csv::Fed& fed : columns.fed) {
    fields_needed_ = std::max(fields_needed_, fed.column.field + 1);
    if (fed.name == kFlagsName) {
      flags_field_ = fed.column.field;
      continue;
    }
    const Feeding feeding{*channel_of(fed.name), fed.column};
    if (std::ranges::find(feedings_, feeding.channel, &Feeding::channel) != feedings_.end()) {
      return fail(Code::invalid, fmt::format("{} is named twice", fed.name));
    }
    feedings_.push_back(feeding);
  }
  if (time_fields_.empty() || feedings_.empty()) {
    return fail(Code::invalid, fmt::format("no column for {}; name it, as in --columns "
                                           "'time=COLUMN,p=COLUMN'; {}",
                                           time_fields_.empty() ? "the time" : "a channel",
                                           csv::what_there_is(heading)));
  }
  fields_needed_ = std::max(fields_needed_, std::ranges::max(time_fields_) + 1);
  return {};
}

Result<std::optional<reading::Reading>> CsvRows::row(std::string& line) {
  if (!csv::cut(line, separator_, fields_)) return fail(Code::invalid, "a quote is not closed");
  if (fields_.size() < fields_needed_) {
    return fail(Code::invalid,
                fmt::format("the row ends after {} of {} columns; take the line away if the file "
                            "was cut off there",
                            fields_.size(), fields_needed_));
  }
  reading::Reading reading;
  FITHOME_TRY(reading.time, time());
  bool any = false;
  for (const Feeding& feeding : feedings_) {
    const auto field = fields_[feeding.from.field];
    if (csv::is_missing(field)) continue;
    const auto number = csv::to_number(field);
    if (!number) {
      return fail(Code::invalid,
                  fmt::format("\"{}\" in column {} is no number; mend it, or leave it empty", field,
                              names_[feeding.from.field]));
    }
    FITHOME_TRY_VOID(set_value(reading, feeding, *number));
    any = true;
  }
  if (flags_field_) {
    FITHOME_TRY(reading.flags, flags_of(fields_[*flags_field_]));
  }
  if (!any) return std::optional<reading::Reading>{};
  return reading;
}

Result<UtcTime> CsvRows::time() {
  joined_.clear();
  for (const auto field : time_fields_) {
    if (!joined_.empty()) joined_ += ' ';
    joined_ += fields_[field];
  }
  const auto written =
      time_format_.empty() ? csv::read_time(joined_) : csv::read_by_format(joined_, time_format_);
  if (!written) {
    return fail(Code::invalid,
                fmt::format("\"{}\" is no time{}", joined_,
                            time_format_.empty() ? "; say how it is written, as in --time-format "
                                                   "'%m/%d/%Y %H:%M:%S'"
                                                 : " as in " + time_format_));
  }
  UtcTime time = written->as_utc();
  if (!written->ahead) {
    FITHOME_TRY(time, local(written->clock));
  }
  if (last_ && time < *last_) {
    return fail(Code::invalid, fmt::format("{} goes back in time, behind {}; sort the rows by time",
                                           to_iso(time), to_iso(*last_)));
  }
  last_ = time;
  return time;
}

// Zones change at most once in two days, so a clock's time is ahead of UTC by what holds a day
// before or a day after.
Result<UtcTime> CsvRows::local(UtcTime clock) const {
  constexpr std::chrono::hours kDay{24};
  const auto [least, most] = std::minmax({local_offset(clock - kDay), local_offset(clock + kDay)});
  std::vector<UtcTime> found;  // the earlier one first
  for (const auto ahead : {most, least}) {
    if (local_offset(clock - ahead) == ahead) found.push_back(clock - ahead);
  }
  // Of the two of a repeated hour the earlier one, unless rows are past it.
  for (const UtcTime time : found) {
    if (!last_ || time >= *last_) return time;
  }
  if (!found.empty()) return found.back();
  return fail(Code::invalid,
              fmt::format("{} is a time that the begin of summer time left out here; say in which "
                          "zone the table was written: --timezone ZONE",
                          joined_));
}

Result<std::unique_ptr<Source>> csv_source(const CsvOptions& options) {
  FITHOME_TRY(Lines lines, Lines::open(options.file));
  std::string text;
  bool first = true;
  while (csv::trim(text).empty()) {
    FITHOME_TRY(const bool more, lines.next(text));
    if (!more) return fail(Code::invalid, fmt::format("{}: the file is empty", lines.name()));
    csv::tidy(text, std::exchange(first, false));
  }
  auto rows = CsvRows::open(text, options);
  if (!rows) return lines.here(rows.error().what);
  return std::unique_ptr<Source>(std::make_unique<CsvFile>(std::move(lines), *std::move(rows)));
}

}  // namespace fithome::imports
