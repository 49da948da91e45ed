// SPDX-License-Identifier: MIT
//
// A table with a row a reading, FitHome's own exports among them.
//
// Shape:   the first line names the columns; commas, semicolons or tabs; as it is or pressed by
//          gzip. A row without any value is none
// Time:    ISO, day first, Unix seconds or milliseconds. Without a zone it is local time (TZ): of
//          the hour that the end of summer time repeats, rows in order tell which is which
// Errors:  invalid - with file and line: no such column, no number, no time, back in time, an hour
//          that there was not; corrupt, not_found - those of Lines
// Threads: one
// Source:  docs/import.md
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/csv_columns.h"
#include "base/csv_time.h"
#include "imports/channel_names.h"
#include "imports/source.h"

namespace fithome::imports {

struct CsvOptions {
  std::filesystem::path file = {};
  /// "time=Date+Time,p=kW*1000,u_a=Voltage,flags=flags"; empty: columns that are called as channels
  /// are, `time` and `flags`, and no others.
  std::string columns = {};
  char separator = 0;            // 0: found out from the first line
  std::string time_format = {};  // strptime; empty: found out
};

Result<std::unique_ptr<Source>> csv_source(const CsvOptions& options);

/// Rows of a table, without the file: for the source and the fuzzer. Errors do not name the line.
class CsvRows {
 public:
  /// From the line that names the columns, which is changed.
  static Result<CsvRows> open(std::string& heading, const CsvOptions& options);
  /// Nothing: a row without a value. `line` is changed.
  Result<std::optional<reading::Reading>> row(std::string& line);

 private:
  CsvRows(const CsvOptions& options, char separator) : separator_(separator) {
    time_format_ = options.time_format;
  }
  Result<void> take_columns(const csv::Columns& columns, const csv::Heading& heading);
  Result<UtcTime> time();
  Result<UtcTime> local(UtcTime clock) const;

  std::string time_format_;
  char separator_;
  std::vector<std::size_t> time_fields_;
  std::vector<Feeding> feedings_;
  std::optional<std::size_t> flags_field_;
  std::vector<std::string> names_;  // of the columns
  std::size_t fields_needed_ = 0;
  std::vector<std::string_view> fields_;  // of the line
  std::string joined_;
  std::optional<UtcTime> last_;
};

}  // namespace fithome::imports
