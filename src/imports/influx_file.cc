// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/csv_columns.h"
#include "imports/channel_names.h"
#include "imports/influx.h"
#include "imports/influx_line.h"
#include "imports/influx_tags.h"
#include "imports/lines.h"
#include "imports/spool.h"

namespace fithome::imports {
namespace {

constexpr std::size_t kMostNames = 50;  // that messages list

/// A field that was seen, and what it feeds, if anything.
struct FieldSeen {
  std::string name;
  std::vector<Feeding> feeding;
  std::optional<std::string> tags;  // of its series
};

/// Lines of one measurement, into a spool.
class InfluxLines {
 public:
  InfluxLines(const InfluxOptions& options, InfluxTags tags, const Looked& looked)
      : options_(options), tags_(std::move(tags)), looked_(looked) {}

  Result<Spool> read();

 private:
  Result<bool> next_point(Lines& lines);
  Result<void> take(const InfluxPoint& point, Spool& spool);
  bool is_wanted(const InfluxPoint& point) const;
  FieldSeen& field_of(const std::string& name);
  Result<void> check_found() const;

  const InfluxOptions& options_;
  InfluxTags tags_;
  const Looked& looked_;
  std::uint64_t points_ = 0;
  std::string text_, more_;
  bool in_definitions_ = false;  // of databases: no points
  std::vector<FieldSeen> fields_;
  std::set<std::string> others_;  // measurements
};

Result<Spool> InfluxLines::read() {
  for (const auto entry : csv::entries_of(options_.fields)) {
    const auto equals = entry.find('=');
    if (equals != std::string_view::npos) FITHOME_TRY_VOID(known_channel(entry.substr(0, equals)));
  }
  FITHOME_TRY(Lines lines, Lines::open(options_.file));
  FITHOME_TRY(Spool spool, Spool::make());
  while (true) {
    FITHOME_TRY(const bool found, next_point(lines));
    if (!found) break;
    if (++points_ % 10'000 == 0) looked_(lines.done());
    auto point = read_influx_line(text_);
    if (!point) return lines.here(point.error().what);
    if (!is_wanted(*point)) continue;
    if (auto taken = take(*point, spool); !taken) {
      if (taken.error().code == Code::transient) return Failure(taken.error());
      return lines.here(taken.error().what);
    }
  }
  FITHOME_TRY_VOID(check_found());
  return spool;
}

/// Puts the next line of our measurement into text_.
Result<bool> InfluxLines::next_point(Lines& lines) {
  while (true) {
    FITHOME_TRY(const bool more, lines.next(text_));
    if (!more) return false;
    if (text_.starts_with('#')) {
      if (text_.starts_with("# DDL")) in_definitions_ = true;
      if (text_.starts_with("# DML")) in_definitions_ = false;
      continue;
    }
    if (in_definitions_ || text_.empty()) continue;
    std::string measurement = influx_measurement(text_);
    if (measurement != options_.measurement) {
      if (others_.size() < kMostNames) others_.insert(std::move(measurement));
      continue;
    }
    while (influx_text_is_open(text_)) {
      FITHOME_TRY(const bool goes_on, lines.next(more_));
      if (!goes_on) return lines.here("the file ends in the middle of a text; copy it again");
      text_ += '\n';
      text_ += more_;
      if (text_.size() > (1U << 20)) return lines.here("a text of more than 1 MB");
    }
    return true;
  }
}

bool InfluxLines::is_wanted(const InfluxPoint& point) const {
  return std::ranges::all_of(tags_, [&](const auto& tag) {
    return std::ranges::find(point.tags, tag) != point.tags.end();
  });
}

Result<void> InfluxLines::take(const InfluxPoint& point, Spool& spool) {
  std::optional<std::string> tags;
  for (const InfluxPoint::Field& field : point.fields) {
    FieldSeen& seen = field_of(field.name);
    if (seen.feeding.empty()) continue;
    if (!field.number) {
      return fail(Code::invalid, fmt::format("{} is {}, which is no number; name another field",
                                             field.name, field.text));
    }
    if (!tags) tags = point.tags_text();
    if (!seen.tags) seen.tags = tags;
    if (seen.tags != tags) {
      return fail(Code::invalid, fmt::format("{} has several series, {} and {}; pick one, as in "
                                             "--tags '{}'",
                                             field.name, *seen.tags, *tags, *seen.tags));
    }
    for (const Feeding& feeding : seen.feeding) {
      reading::Reading one;
      FITHOME_TRY_VOID(set_value(one, feeding, *field.number));
      FITHOME_TRY_VOID(spool.add({point.ns, *one.steps[feeding.channel], feeding.channel}));
    }
  }
  return {};
}

FieldSeen& InfluxLines::field_of(const std::string& name) {
  const auto known = std::ranges::find(fields_, name, &FieldSeen::name);
  if (known != fields_.end()) return *known;
  FieldSeen seen{name, {}, {}};
  for (const auto entry : csv::entries_of(options_.fields)) {
    const auto found = csv::find_columns(entry, {{name}, "field", "measurement"}, known_channel);
    if (!found || found->fed.empty()) continue;
    seen.feeding.push_back({*channel_of(found->fed[0].name), found->fed[0].column});
  }
  fields_.push_back(std::move(seen));
  return fields_.back();
}

Result<void> InfluxLines::check_found() const {
  csv::Heading heading{{}, "field", "measurement"};
  for (const FieldSeen& seen : fields_) heading.names.push_back(seen.name);
  if (fields_.empty()) {
    return fail(
        Code::invalid,
        fmt::format("{}: no point of measurement \"{}\"{}; the file has {}", options_.file.string(),
                    options_.measurement, tags_.empty() ? "" : " with these tags",
                    others_.empty() ? "no other" : fmt::format("{}", fmt::join(others_, ", "))));
  }
  const auto columns = csv::find_columns(options_.fields, heading, known_channel);
  if (!columns) return within(options_.file.string(), columns.error());
  return {};
}

/// Values of a spool, those of one instant together.
class SpooledReadings final : public OneByOne {
 public:
  explicit SpooledReadings(Spool spool) : spool_(std::move(spool)) {}

  double done() const override { return spool_.done(); }

 private:
  Result<std::optional<reading::Reading>> next_one() override {
    if (at_ == day_.size()) {
      FITHOME_TRY(day_, spool_.next_day());
      at_ = 0;
    }
    if (day_.empty()) return std::optional<reading::Reading>{};
    return next_instant();
  }

  reading::Reading next_instant() {
    const std::int64_t ns = day_[at_].ns;
    reading::Reading reading;
    reading.time =
        std::chrono::floor<std::chrono::milliseconds>(UtcInstant(std::chrono::nanoseconds(ns)));
    // A point that was written twice counts as it was written last.
    for (; at_ < day_.size() && day_[at_].ns == ns; ++at_) {
      reading.steps[day_[at_].channel] = day_[at_].steps;
    }
    return reading;
  }

  Spool spool_;
  std::vector<SpooledValue> day_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::unique_ptr<Source>> influx_file_source(const InfluxOptions& options,
                                                   const Looked& looked) {
  FITHOME_TRY(InfluxTags tags, parse_influx_tags(options.tags));
  FITHOME_TRY(Spool spool, InfluxLines(options, std::move(tags), looked).read());
  return std::unique_ptr<Source>(std::make_unique<SpooledReadings>(std::move(spool)));
}

}  // namespace fithome::imports
