// SPDX-License-Identifier: MIT
#include "sim/csv_house.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <vector>

#include "base/csv_text.h"
#include "base/csv_time.h"
#include "base/time.h"
#include "sim/csv_columns.h"

namespace fithome::sim {
namespace {

using std::chrono::milliseconds;

/// One line's rows; empty where a value is the same throughout.
struct LineRows {
  bool wired = false;
  std::vector<float> u, p, q;
};

struct Rows {
  std::vector<UtcTime> time;
  std::array<LineRows, kCsvLines> lines;
  std::vector<float> f;
};

class CsvHouse final : public House {
 public:
  CsvHouse(std::string name, Rows rows, const CsvHouseOptions& options)
      : name_(std::move(name)), rows_(std::move(rows)), nominal_(options.nominal), f_(options.f) {
    end_ = rows_.time.back() + median_interval();
  }

  HouseState mean(UtcInstant from, UtcInstant to) const override {
    auto row = row_at(from);
    HouseState sum{.f = {}};
    const auto all = static_cast<double>(std::max(Nanoseconds(1), to - from).count());
    while (true) {
      const bool last = row + 1 == rows_.time.size() || rows_.time[row + 1] >= to;
      const auto until =
          last ? std::max(to, from + Nanoseconds(1)) : UtcInstant(rows_.time[row + 1]);
      add(sum, row, static_cast<double>((until - from).count()) / all);
      if (last) return sum;
      from = until;
      ++row;
    }
  }
  std::optional<UtcInstant> begin() const override { return rows_.time.front(); }
  std::optional<UtcInstant> end() const override { return end_; }
  std::string describe() const override {
    return fmt::format("replay of {}, {} rows", name_, rows_.time.size());
  }

 private:
  /// The row that holds at an instant; the first, before it.
  std::size_t row_at(UtcInstant at) const {
    const auto next = std::ranges::upper_bound(rows_.time, to_stamp(at));
    return next == rows_.time.begin() ? 0 : static_cast<std::size_t>(next - rows_.time.begin()) - 1;
  }

  void add(HouseState& sum, std::size_t row, double share) const {
    for (std::size_t n = 0; n < kCsvLines; ++n) {
      const auto& rows = rows_.lines[n];
      if (!rows.wired) continue;
      auto& line = sum.lines[n];
      line.u += share * (rows.u.empty() ? nominal_ : Volts{rows.u[row]});
      line.p += share * Watts{rows.p[row]};
      if (!rows.q.empty()) line.q += share * Vars{rows.q[row]};
    }
    sum.f += share * (rows_.f.empty() ? f_ : Hertz{rows_.f[row]});
  }

  milliseconds median_interval() const {
    if (rows_.time.size() < 2) return std::chrono::seconds(1);
    std::vector<milliseconds> intervals(rows_.time.size() - 1);
    for (std::size_t n = 0; n < intervals.size(); ++n) {
      intervals[n] = rows_.time[n + 1] - rows_.time[n];
    }
    const auto middle = intervals.begin() + static_cast<std::ptrdiff_t>(intervals.size() / 2);
    std::ranges::nth_element(intervals, middle);
    return *middle;
  }

  std::string name_;
  Rows rows_;
  Volts nominal_;
  Hertz f_;
  UtcInstant end_;
};

/// A column as it is read: a missing value is the one before it.
struct Feed {
  csv::Column column;
  std::optional<double> value;
};

class Reader {
 public:
  Reader(std::istream& table, const CsvHouseOptions& options) : table_(table), options_(options) {}

  Result<std::unique_ptr<House>> read() {
    FITHOME_TRY_VOID(read_header());
    while (std::getline(table_, text_)) {
      ++line_;
      csv::tidy(text_, false);
      if (csv::trim(text_).empty()) continue;
      FITHOME_TRY_VOID(read_row());
    }
    if (table_.bad())
      return fail(Code::transient, fmt::format("{}: cannot be read", options_.file));
    if (rows_.time.empty()) {
      return fail(Code::invalid,
                  fmt::format("{}: no row has a value in all of the named columns", options_.file));
    }
    const auto name = std::filesystem::path(options_.file).filename().string();
    return std::unique_ptr<House>(std::make_unique<CsvHouse>(name, std::move(rows_), options_));
  }

 private:
  Result<void> read_header() {
    while (std::getline(table_, text_)) {
      csv::tidy(text_, ++line_ == 1);
      if (!csv::trim(text_).empty()) break;
    }
    if (csv::trim(text_).empty()) {
      return fail(Code::invalid, fmt::format("{}: the file is empty", options_.file));
    }
    separator_ = options_.separator ? options_.separator : csv::find_separator(text_);
    if (!csv::cut(text_, separator_, fields_)) return here("a quote is not closed");
    auto columns = find_house_columns(options_.columns, {fields_});
    if (!columns) return within(options_.file, std::move(columns).error());
    columns_ = *std::move(columns);
    fields_needed_ = std::ranges::max(columns_.time) + 1;
    for (std::size_t n = 0; n < kCsvLines; ++n) {
      rows_.lines[n].wired = columns_.wired(n);
      for (std::size_t m = 0; m < kMeasures; ++m) feed(columns_.lines[n][m], lines_[n][m]);
    }
    feed(columns_.f, f_);
    return {};
  }

  void feed(const std::optional<csv::Column>& column, std::optional<Feed>& feed) {
    if (!column) return;
    feed = Feed{*column, {}};
    fields_needed_ = std::max(fields_needed_, column->field + 1);
  }

  Result<void> read_row() {
    if (!csv::cut(text_, separator_, fields_)) return here("a quote is not closed");
    if (fields_.size() < fields_needed_) {
      return here(
          fmt::format("the row ends after {} of {} columns", fields_.size(), fields_needed_));
    }
    FITHOME_TRY(const UtcTime time, read_time());
    if (last_time_ && time < *last_time_) {
      return here(
          fmt::format("{} goes back in time, behind {}; sort the rows, or cut out the hour "
                      "that summer time repeats",
                      to_iso(time), to_iso(*last_time_)));
    }
    last_time_ = time;

    bool complete = true;
    for (auto& line : lines_) {
      for (auto& one : line) FITHOME_TRY_VOID(read_value(one, complete));
    }
    FITHOME_TRY_VOID(read_value(f_, complete));
    if (complete) keep(time);
    return {};
  }

  Result<UtcTime> read_time() {
    joined_.clear();
    for (const auto field : columns_.time) {
      if (!joined_.empty()) joined_ += ' ';
      joined_ += fields_[field];
    }
    const auto time = options_.time_format.empty()
                          ? csv::find_time(joined_)
                          : csv::parse_by_format(joined_, options_.time_format);
    if (time) return *time;
    return here(fmt::format("\"{}\" is no time{}", joined_,
                            options_.time_format.empty()
                                ? "; say how it is written, as in %m/%d/%Y %H:%M:%S"
                                : " as in " + options_.time_format));
  }

  Result<void> read_value(std::optional<Feed>& feed, bool& complete) {
    if (!feed) return {};
    const auto field = fields_[feed->column.field];
    if (!csv::is_missing(field)) {
      const auto number = csv::to_number(field);
      const double value = number.value_or(0) * feed->column.factor;
      // Beyond a float's reach, or a decimal point gone astray.
      if (!number || !(std::abs(value) < 1e12)) {
        return here(fmt::format("\"{}\" is no number", field));
      }
      feed->value = value;
    }
    complete = complete && feed->value;
    return {};
  }

  void keep(UtcTime time) {
    rows_.time.push_back(time);
    for (std::size_t n = 0; n < kCsvLines; ++n) {
      if (rows_.lines[n].wired) keep_line(lines_[n], rows_.lines[n]);
    }
    if (f_) rows_.f.push_back(static_cast<float>(*f_->value));
  }

  void keep_line(const std::array<std::optional<Feed>, kMeasures>& line, LineRows& rows) {
    const auto value = [&](Measure m) {
      const auto& one = line[static_cast<std::size_t>(m)];
      return one ? one->value : std::nullopt;
    };
    const double u = value(Measure::u).value_or(options_.nominal.value);
    const double p = *value(Measure::p);
    auto s = value(Measure::s);
    if (const auto i = value(Measure::i); !s && i) s = u * *i;
    auto q = value(Measure::q);
    if (!q && s) q = std::sqrt(std::max(0.0, *s * *s - p * p));

    if (value(Measure::u)) rows.u.push_back(static_cast<float>(u));
    rows.p.push_back(static_cast<float>(p));
    if (q) rows.q.push_back(static_cast<float>(*q));
  }

  Failure here(std::string_view what) const {
    return fail(Code::invalid, fmt::format("{}:{}: {}", options_.file, line_, what));
  }

  std::istream& table_;
  const CsvHouseOptions& options_;
  int line_ = 0;
  std::string text_, joined_;
  std::vector<std::string_view> fields_;  // of text_
  char separator_ = ',';
  HouseColumns columns_;
  std::size_t fields_needed_ = 0;
  std::array<std::array<std::optional<Feed>, kMeasures>, kCsvLines> lines_;
  std::optional<Feed> f_;
  std::optional<UtcTime> last_time_;
  Rows rows_;
};

class AheadHouse final : public House {
 public:
  AheadHouse(std::unique_ptr<House> house, Nanoseconds lead)
      : house_(std::move(house)), lead_(lead) {}

  HouseState mean(UtcInstant from, UtcInstant to) const override {
    return house_->mean(from + lead_, to + lead_);
  }
  std::optional<UtcInstant> begin() const override { return earlier(house_->begin()); }
  std::optional<UtcInstant> end() const override { return earlier(house_->end()); }
  std::string describe() const override { return house_->describe(); }

 private:
  std::optional<UtcInstant> earlier(std::optional<UtcInstant> time) const {
    if (time) *time -= lead_;
    return time;
  }

  std::unique_ptr<House> house_;
  Nanoseconds lead_;
};

}  // namespace

Result<std::unique_ptr<House>> read_csv_house(std::istream& table, const CsvHouseOptions& options) {
  return Reader(table, options).read();
}

Result<std::unique_ptr<House>> csv_house(const CsvHouseOptions& options) {
  std::error_code error;
  if (std::filesystem::is_directory(options.file, error)) {
    return fail(Code::invalid, fmt::format("{}: a folder, not a table", options.file));
  }
  std::ifstream file(options.file, std::ios::binary);
  if (!file) {
    const int os = errno;
    return os_failure(os == ENOENT ? Code::not_found : Code::invalid, options.file, os);
  }
  return read_csv_house(file, options);
}

std::unique_ptr<House> ahead(std::unique_ptr<House> house, Nanoseconds lead) {
  return std::make_unique<AheadHouse>(std::move(house), lead);
}

}  // namespace fithome::sim
