// SPDX-License-Identifier: MIT
#include "api/readings_table.h"

#include <array>
#include <charconv>
#include <utility>

#include "api/json.h"

namespace fithome::api {
namespace {

using reading::ChannelId;
using reading::kChannels;

void append_integer(std::string& out, std::int64_t value) {
  std::array<char, 20> digits;
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

struct ColumnName {
  std::string name;
  std::string_view unit;
};

std::vector<ColumnName> column_names(const std::vector<ChannelId>& channels, bool all_stats) {
  std::vector<ColumnName> columns{{"time", "ms"}};
  for (const ChannelId id : channels) {
    const std::string name(kChannels[id].name);
    if (all_stats) columns.push_back({name + "_min", kChannels[id].unit});
    columns.push_back({name, kChannels[id].unit});
    if (all_stats) columns.push_back({name + "_max", kChannels[id].unit});
  }
  columns.push_back({"flags", ""});
  return columns;
}

}  // namespace

std::string_view Table::content_type() const {
  return csv() ? "text/csv; charset=utf-8" : Response::kJson;
}

void Table::begin(std::string& out, const Status& status) {
  const auto columns = column_names(query_.channels, all_stats());
  if (csv()) {
    for (const ColumnName& column : columns) {
      if (&column != &columns.front()) out += ',';
      out += column.name;
    }
    out += '\n';
    return;
  }
  JsonWriter json(out);
  json.begin_object().key("meter").string(query_.meter_name);
  json.key("simulated").boolean(status.simulated).key("columns").begin_array();
  for (const ColumnName& column : columns) json.string(column.name);
  json.end_array().key("units").begin_array();
  for (const ColumnName& column : columns) json.string(column.unit);
  json.end_array().key("rows").begin_array();
}

void Table::end(std::string& out, std::span<const store::BadBlock> left_out) {
  if (csv()) return;
  out += ']';
  for (const store::BadBlock& bad : left_out) {
    out += &bad == &left_out.front() ? ",\"left_out\":[" : ",";
    JsonWriter(out).string(bad.what);
  }
  out += left_out.empty() ? "}\n" : "]}\n";
}

void Table::begin_row(std::string& out, UtcTime time) {
  if (csv()) {
    out += to_iso(time);
    return;
  }
  out += first_row_ ? "\n[" : ",\n[";
  first_row_ = false;
  append_integer(out, time.time_since_epoch().count());
}

void Table::value(std::string& out, ChannelId channel, std::optional<std::int32_t> steps) {
  out += ',';
  if (steps) {
    reading::append_decimal(out, channel, *steps);
  } else if (!csv()) {
    out += "null";
  }
}

void Table::value(std::string& out, ChannelId channel, bool present, double value) {
  reading::Reading rounded;
  if (present) rounded.set(channel, value);
  this->value(out, channel, rounded.steps[channel]);
}

void Table::end_row(std::string& out, reading::Flags flags) {
  out += ',';
  if (csv()) {
    out += reading::flag_text(flags);
    out += '\n';
  } else {
    append_integer(out, flags);
    out += ']';
  }
}

void Table::rows(std::string& out, const store::Chunk& chunk) {
  for (std::size_t row = 0; row < chunk.size(); ++row) {
    begin_row(out, chunk.time[row]);
    for (const store::Column& column : chunk.columns) {
      value(out, column.channel,
            column.present[row] != 0 ? std::optional(column.steps[row]) : std::nullopt);
    }
    end_row(out, chunk.flags[row]);
  }
}

void Table::rows(std::string& out, std::span<const store::Rolled> steps) {
  for (const store::Rolled& step : steps) {
    begin_row(out, step.start);
    for (std::size_t n = 0; n < step.values.size(); ++n) {
      const auto& rolled = step.values[n];
      const ChannelId channel = query_.channels[n];
      const bool present = rolled.count > 0;
      if (all_stats()) value(out, channel, present, rolled.min);
      value(out, channel, present, rolled.mean);
      if (all_stats()) value(out, channel, present, rolled.max);
    }
    end_row(out, step.flags);
  }
}

}  // namespace fithome::api
