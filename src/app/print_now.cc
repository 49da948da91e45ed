// SPDX-License-Identifier: MIT
#include "app/print_now.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/time.h"

namespace fithome::app {
namespace {

using reading::Quantity;

constexpr std::size_t kNameWidth = 16;
constexpr std::size_t kValueWidth = 13;

struct Row {
  Quantity quantity;
  std::string_view name;
};
constexpr Row kRows[] = {
    {Quantity::active_power, "active power"},
    {Quantity::reactive_power, "reactive power"},
    {Quantity::apparent_power, "apparent power"},
    {Quantity::power_factor, "power factor"},
    {Quantity::voltage, "voltage"},
    {Quantity::current, "current"},
    {Quantity::frequency, "frequency"},
    {Quantity::temperature, "chip"},
};

bool has(const Now& now, reading::ChannelId channel) {
  return std::ranges::find(now.channels, channel) != now.channels.end();
}

std::vector<int> lines_of(const Now& now) {
  std::vector<int> lines;
  for (int line = 0; line < chip::kLines; ++line) {
    if (has(now, reading::line_channel(Quantity::active_power, line))) lines.push_back(line);
  }
  return lines;
}

std::optional<double> house_power(const Now& now) {
  return now.reading.value(reading::house_channel(Quantity::active_power));
}

// What the house takes, or gives.
std::string headline(const std::optional<double>& power, Style style) {
  if (!power) return style.bold("no power measured");
  const std::string_view way = *power < 0 ? "to the grid" : "from the grid";
  return style.bold(power_text(std::abs(*power), "W")) + " " + std::string(way);
}

std::string title(const Now& now, Style style) {
  std::string out = fmt::format("{}, {}, {} ago", now.meter, to_local_text(now.reading.time),
                                duration_text(now.age_s.value_or(0)));
  if (now.simulated) out += ", " + style.bold("SIMULATED: no real house");
  return out;
}

// What the flags say, apart from what the title says already.
std::string doubts(const Now& now, Style style) {
  std::string out;
  for (const auto& flag : reading::kFlags) {
    if (flag.flag == reading::Flag::simulated || !(now.reading.flags & bit(flag.flag))) continue;
    out += style.red(fmt::format("{}: {}", flag.name, flag.meaning)) + "\n";
  }
  return out.empty() ? out : "\n" + out;
}

std::string table_row(const Now& now, const Row& row, const std::vector<int>& lines) {
  const auto cell = [&](reading::ChannelId channel) {
    const bool there = channel < reading::kChannelCount && has(now, channel);
    return right(there ? value_text(now.reading, channel) : "", kValueWidth);
  };
  std::string out = left(row.name, kNameWidth) + cell(reading::house_channel(row.quantity));
  for (const int line : lines) out += cell(reading::line_channel(row.quantity, line));
  out.erase(out.find_last_not_of(' ') + 1);
  return out + '\n';
}

// "roof" or "line a", below its meter.
std::string name_of(const Now& now, int line) {
  const std::string& name = now.line_names[static_cast<std::size_t>(line)];
  return name.empty() ? fmt::format("line {}", chip::line_letter(line)) : name;
}

std::string meter_rows(const Now& meter, Style style) {
  const auto cell = [&](reading::ChannelId channel) {
    return right(value_text(meter.reading, channel), kValueWidth);
  };
  std::string out = style.bold(left(meter.meter, kNameWidth));
  if (!meter.age_s) return out + "  no reading yet\n";
  out += cell(reading::house_channel(Quantity::active_power));
  constexpr double kStale_s = 10;
  if (*meter.age_s > kStale_s) {
    out += "  " + style.red(fmt::format("{} ago", duration_text(*meter.age_s)));
  }
  out += '\n';
  for (const int line : lines_of(meter)) {
    out += left("  " + name_of(meter, line), kNameWidth);
    for (const auto quantity :
         {Quantity::active_power, Quantity::voltage, Quantity::current, Quantity::power_factor}) {
      out += cell(reading::line_channel(quantity, line));
    }
    out += '\n';
  }
  return out;
}

// Of the meters and lines that the house is, or which of them it lacks.
std::string house_title(const NowReport& report, Style style) {
  if (!report.house) return headline(house_power(report.first), style) + "\n";
  const HouseNow& house = *report.house;
  const auto power = house.power ? std::optional(house.power->value) : std::nullopt;
  std::string out = headline(power, style) + style.dim("  " + house.sum) + "\n";
  for (const std::string& missing : house.missing) {
    out += style.red(fmt::format("{} has no reading of this moment", missing)) + "\n";
  }
  return out;
}

UtcTime newest_time(const NowReport& report) {
  UtcTime newest = report.first.reading.time;
  for (const Now& meter : report.meters) newest = std::max(newest, meter.reading.time);
  return newest;
}

}  // namespace

std::string now_table(const Now& now, Style style) {
  const std::vector<int> lines = lines_of(now);
  std::string heads = left("", kNameWidth) + right("house", kValueWidth);
  for (const int line : lines) {
    heads += right(fmt::format("line {}", chip::line_letter(line)), kValueWidth);
  }

  std::string out = title(now, style) + "\n\n" + headline(house_power(now), style) + "\n\n";
  out += style.dim(heads) + '\n';
  for (const Row& row : kRows) out += table_row(now, row, lines);
  return out + doubts(now, style);
}

std::string now_table(const NowReport& report, Style style) {
  if (report.meters.empty() && !report.house) return now_table(report.first, style);
  std::string out = fmt::format("{} meters, {}", std::max<std::size_t>(1, report.meters.size()),
                                to_local_text(newest_time(report)));
  if (report.first.simulated) out += ", " + style.bold("SIMULATED: no real house");
  out += "\n\n" + house_title(report, style) + "\n";
  std::string heads = left("", kNameWidth);
  for (const char* head : {"active power", "voltage", "current", "power factor"}) {
    heads += right(head, kValueWidth);
  }
  out += style.dim(heads) + '\n';
  const std::vector<Now> one{report.first};
  for (const Now& meter : report.meters.empty() ? one : report.meters) {
    out += meter_rows(meter, style);
  }
  for (const Now& meter : report.meters) {
    if (!doubts(meter, style).empty()) out += "\n" + meter.meter + ":" + doubts(meter, style);
  }
  return out;
}

std::string now_line(const NowReport& report) {
  if (report.meters.empty() && !report.house) return now_line(report.first);
  reading::Reading house;
  const auto channel = reading::house_channel(Quantity::active_power);
  if (report.house && report.house->power) house.set(channel, report.house->power->value);
  std::string out = fmt::format("{}  {}", to_local_text(newest_time(report)),
                                right(value_text(house, channel), kValueWidth));
  for (const Now& meter : report.meters) {
    const bool of_now = meter.reading.time == newest_time(report);
    out += fmt::format("  {} {}", meter.meter,
                       right(of_now ? value_text(meter.reading, channel) : "-", 11));
  }
  if (report.first.simulated) out += "  simulated";
  return out + '\n';
}

std::string now_line(const Now& now) {
  const auto house = [&](Quantity quantity) {
    return value_text(now.reading, reading::house_channel(quantity));
  };
  std::string out = fmt::format("{}  {}", to_local_text(now.reading.time),
                                right(house(Quantity::active_power), kValueWidth));
  const std::vector<int> lines = lines_of(now);
  for (const int line : lines) {
    const auto channel = reading::line_channel(Quantity::active_power, line);
    if (lines.size() == 1) break;  // the house is the line
    out += fmt::format("  {} {}", chip::line_letter(line),
                       right(value_text(now.reading, channel), 11));
  }
  for (const int line : lines) {
    out += "  " + value_text(now.reading, reading::line_channel(Quantity::voltage, line));
  }
  out += "  " + house(Quantity::frequency);
  if (now.reading.flags != 0) out += "  " + reading::flag_text(now.reading.flags);
  return out + '\n';
}

}  // namespace fithome::app
