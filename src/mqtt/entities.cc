// SPDX-License-Identifier: MIT
#include "mqtt/entities.h"

#include <array>

#include "api/meters.h"
#include "reading/channels.h"

namespace fithome::mqtt {
namespace {

using reading::Quantity;

struct Kind {
  Quantity quantity;
  std::string_view name, device_class, unit;
  int decimals;
};
constexpr std::array<Kind, 8> kKinds{{
    {Quantity::active_power, "Power", "power", "W", 0},
    {Quantity::reactive_power, "Reactive power", "reactive_power", "var", 0},
    {Quantity::apparent_power, "Apparent power", "apparent_power", "VA", 0},
    {Quantity::power_factor, "Power factor", "power_factor", "", 2},
    {Quantity::frequency, "Frequency", "frequency", "Hz", 2},
    {Quantity::temperature, "Chip temperature", "temperature", "°C", 0},
    {Quantity::voltage, "Voltage", "voltage", "V", 1},
    {Quantity::current, "Current", "current", "A", 2},
}};

const Kind& kind_of(Quantity quantity) {
  for (const Kind& kind : kKinds) {
    if (kind.quantity == quantity) return kind;
  }
  return kKinds.front();
}

// " solar" or " line a"; nothing for the whole.
std::string of_line(const api::MeterStatus& meter, int line) {
  if (line < 0) return {};
  const auto at = static_cast<std::size_t>(line);
  if (at < meter.line_names.size() && !meter.line_names[at].empty())
    return " " + meter.line_names[at];
  return std::string(" line ") + chip::line_letter(line);
}

Entity value_of(const api::MeterStatus& meter, reading::ChannelId id) {
  const reading::Channel& channel = reading::kChannels[id];
  const Kind& kind = kind_of(channel.quantity);
  return {.key = std::string(channel.name),
          .name = std::string(kind.name) + of_line(meter, channel.line),
          .device_class = kind.device_class,
          .state_class = "measurement",
          .unit = kind.unit,
          .decimals = kind.decimals,
          .diagnostic =
              channel.quantity == Quantity::temperature || channel.quantity == Quantity::frequency,
          .live = true};
}

Entity total_of(std::string key, std::string name, bool reactive) {
  return {.key = std::move(key),
          .name = std::move(name),
          .device_class = reactive ? "reactive_energy" : "energy",
          .state_class = "total_increasing",
          .unit = reactive ? "kvarh" : "kWh",
          .decimals = 2};
}

Entity problem_of(std::string key, std::string name) {
  return {.key = std::move(key),
          .name = std::move(name),
          .platform = "binary_sensor",
          .device_class = "problem",
          .diagnostic = true};
}

// Whatever happens, an event of the mains begins and ends.
Entity event_of(std::string key, std::string name) {
  return {.key = std::move(key),
          .name = std::move(name),
          .platform = "event",
          .event_types = {kBegan, kEnded}};
}

}  // namespace

std::string_view event_kind_of(const Entity& entity) {
  if (entity.platform != "event") return {};
  return entity.key == "restart" ? "start" : std::string_view(entity.key);
}

std::vector<Entity> entities_of(const api::MeterStatus& meter, bool first) {
  std::vector<Entity> all;
  for (reading::ChannelId id = 0; id < reading::kChannelCount; ++id) {
    if (api::in_use(meter.lines, id)) all.push_back(value_of(meter, id));
  }
  all.push_back(total_of("import", "Energy import", false));
  all.push_back(total_of("export", "Energy export", false));
  all.push_back(total_of("reactive_import", "Reactive energy import", true));
  all.push_back(total_of("reactive_export", "Reactive energy export", true));
  for (int line = 0; line < chip::kLines; ++line) {
    if (!meter.lines[static_cast<std::size_t>(line)]) continue;
    const std::string end = std::string("_") + chip::line_letter(line);
    all.push_back(total_of("import" + end, "Energy import" + of_line(meter, line), false));
    all.push_back(total_of("export" + end, "Energy export" + of_line(meter, line), false));
    for (const char* way : {"import", "export"}) {
      all.push_back(total_of(std::string("reactive_") + way + end,
                             std::string("Reactive energy ") + way + of_line(meter, line), true));
    }
  }
  all.push_back(event_of("sag", "Sag"));
  all.push_back(event_of("swell", "Swell"));
  all.push_back(event_of("outage", "Outage"));
  if (!first) return all;
  all.push_back(problem_of("problem", "Problem"));
  all.push_back(problem_of("clock", "Clock"));
  all.push_back(problem_of("store", "Store"));
  all.push_back({.key = "problems", .name = "Problems", .diagnostic = true});
  all.push_back({.key = "spi_errors",
                 .name = "SPI errors",
                 .state_class = "total_increasing",
                 .diagnostic = true});
  all.push_back({.key = "missed",
                 .name = "Readings missed",
                 .state_class = "total_increasing",
                 .diagnostic = true});
  all.push_back({.key = "restart",
                 .name = "Restart",
                 .platform = "event",
                 .diagnostic = true,
                 .event_types = {kRestarted}});
  return all;
}

std::vector<Entity> buttons_of(bool sinks) {
  std::vector<Entity> buttons;
  const auto put = [&buttons](std::string_view key, std::string name) {
    buttons.push_back({.key = std::string(key), .name = std::move(name), .platform = "button"});
  };
  put(kMarkEvent, "Mark an event");
  if (!sinks) return buttons;
  put(kPauseSinks, "Pause sinks");
  put(kResumeSinks, "Resume sinks");
  return buttons;
}

std::vector<Entity> entities_of_house() {
  Entity power = value_of({}, reading::house_channel(Quantity::active_power));
  return {std::move(power), total_of("import", "Energy import", false),
          total_of("export", "Energy export", false)};
}

}  // namespace fithome::mqtt
