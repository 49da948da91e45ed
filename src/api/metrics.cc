// SPDX-License-Identifier: MIT
#include "api/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "api/answers.h"

namespace fithome::api {
namespace {

using reading::Energy;
using reading::kChannels;
using reading::Quantity;
using Type = Exposition::Type;

struct QuantityName {
  Quantity quantity;
  std::string_view what;
  std::string_view unit;
  std::string_view help;
};
constexpr std::array<QuantityName, 8> kQuantities{{
    {Quantity::active_power, "active_power", "watts", "Active power, positive from the grid"},
    {Quantity::reactive_power, "reactive_power", "vars", "Reactive power, positive lagging"},
    {Quantity::apparent_power, "apparent_power", "voltamperes", "Apparent power"},
    {Quantity::power_factor, "power_factor", "ratio", "Power factor, sign of the active power"},
    {Quantity::voltage, "voltage", "volts", "Voltage"},
    {Quantity::current, "current", "amperes", "Current"},
    {Quantity::frequency, "frequency", "hertz", "Mains frequency"},
    {Quantity::temperature, "chip_temperature", "celsius", "Temperature inside the chip"},
}};

// One of each, so it needs no "house" to be told from those of the lines.
bool has_lines(Quantity quantity) {
  return quantity != Quantity::frequency && quantity != Quantity::temperature;
}

constexpr double kJoulesPerWattHour = 3600;
double joules(Energy energy) { return static_cast<double>(energy.nwh) * kJoulesPerWattHour / 1e9; }

bool is_fresh(const reading::Reading& newest, const MetricsInput& input) {
  const double age_s = std::chrono::duration<double>(input.now - newest.time).count();
  return age_s <= std::max(10.0, 10 * input.status.interval_s);
}

// As exact as everywhere: the step of a channel is decimal, a double is not.
std::optional<std::string> decimal(const reading::Reading& reading, reading::ChannelId id) {
  if (id >= kChannels.size() || !reading.steps[id]) return {};
  std::string text;
  reading::append_decimal(text, id, *reading.steps[id]);
  return text;
}

void write_house_value(Exposition& out, const QuantityName& of, const reading::Reading& newest) {
  const auto value = decimal(newest, reading::house_channel(of.quantity));
  if (!value) return;
  out.family(
      fmt::format("fithome_{}{}_{}", has_lines(of.quantity) ? "house_" : "", of.what, of.unit),
      Type::gauge, of.unit,
      has_lines(of.quantity) ? fmt::format("{} of the house.", of.help)
                             : fmt::format("{}.", of.help));
  out.sample({}, std::string_view(*value));
}

void write_line_values(Exposition& out, const QuantityName& of, const reading::Reading& newest,
                       const Status& status) {
  bool begun = false;
  for (int line = 0; line < chip::kLines; ++line) {
    const reading::ChannelId id = reading::line_channel(of.quantity, line);
    if (id >= kChannels.size() || !in_use(status, id)) continue;
    const auto value = decimal(newest, id);
    if (!value) continue;
    if (!std::exchange(begun, true)) {
      out.family(fmt::format("fithome_{}_{}", of.what, of.unit), Type::gauge, of.unit,
                 fmt::format("{} of a line.", of.help));
    }
    out.sample({{"phase", line_name(static_cast<std::size_t>(line))}}, std::string_view(*value));
  }
}

// What was counted: a counter must not jump when somebody sets a total by hand.
reading::Flow counted_of(const reading::LineEnergy& energy) {
  return {energy.active.imported - energy.corrected.imported,
          energy.active.exported - energy.corrected.exported};
}

void write_energy(Exposition& out, const reading::Ledger& ledger, const Status& status) {
  out.family("fithome_energy_joules", Type::counter, "joules",
             "Active energy of a line: rate() of it is watts.");
  for (int line = 0; line < chip::kLines; ++line) {
    const auto index = static_cast<std::size_t>(line);
    if (!in_use(status, reading::line_channel(Quantity::active_power, line))) continue;
    const reading::Flow active = counted_of(ledger.lines[index]);
    const std::string_view phase = line_name(index);
    out.sample({{"direction", "import"}, {"phase", phase}}, joules(active.imported));
    out.sample({{"direction", "export"}, {"phase", phase}}, joules(active.exported));
  }
  out.family("fithome_house_energy_joules", Type::counter, "joules",
             "Active energy of the house: net sums the lines at each instant, as most utilities "
             "do; counted counts each line on its own.");
  const auto write = [&](std::string_view netting, const reading::Flow& active) {
    out.sample({{"netting", netting}, {"direction", "import"}}, joules(active.imported));
    out.sample({{"netting", netting}, {"direction", "export"}}, joules(active.exported));
  };
  write("net", counted_of(ledger.net));
  write("counted", counted_of(ledger.counted()));
}

void write_counters(Exposition& out, const Status& status) {
  const auto counter = [&](std::string_view name, std::uint64_t value, std::string_view help) {
    out.family(name, Type::counter, "", help).sample({}, value);
  };
  counter("fithome_readings", status.readings, "Readings stored since the daemon began.");
  counter("fithome_readings_missed", status.missed, "Ticks without a reading.");
  counter("fithome_readings_dropped", status.dropped, "Readings the full queue had no room for.");
  counter("fithome_late_ticks", status.late_ticks, "Readings that were taken late.");
  counter("fithome_spi_errors", status.spi_errors, "Polls of the chip that failed on the wire.");
  counter("fithome_spi_retries", status.spi_retries, "Frames that had to be asked for again.");
  counter("fithome_chip_resets", status.chip_resets, "Times the chip was found reset.");
  counter("fithome_store_errors", status.store_errors, "Writes that had to be tried again.");
}

void write_health(Exposition& out, const MetricsInput& input) {
  const Status& status = input.status;
  out.family("fithome_build", Type::info, "", "The program's version.")
      .sample({{"version", status.version}}, std::uint64_t{1});
  out.family("fithome_simulated", Type::gauge, "",
             "1 where the chip is simulated and no real house is measured.")
      .sample({}, std::uint64_t{status.simulated});
  out.family("fithome_faults", Type::gauge, "", "Things that are wrong now; 0 is well.")
      .sample({}, std::uint64_t{status.faults.size()});
  if (!status.faults.empty()) {
    out.family("fithome_fault_active", Type::gauge, "", "1 for each thing that is wrong now.");
    for (const Fault& fault : status.faults) {
      out.sample({{"fault", fault.name}}, std::uint64_t{1});
    }
  }
  out.family("fithome_interval_seconds", Type::gauge, "seconds", "Time from reading to reading.")
      .sample({}, status.interval_s);
  out.family("fithome_late_worst_seconds", Type::gauge, "seconds",
             "Latest that a reading was taken after its time.")
      .sample({}, status.late_worst_s);
  if (!input.newest) return;
  const auto since = std::chrono::duration<double>(input.newest->time.time_since_epoch());
  out.family("fithome_last_reading_timestamp_seconds", Type::gauge, "seconds",
             "When the newest reading was taken.")
      .sample({}, since.count());
}

void write_process(Exposition& out, const Process& process) {
  out.family("process_resident_memory_bytes", Type::gauge, "bytes", "Resident memory.")
      .sample({}, process.resident_bytes);
  out.family("process_start_time_seconds", Type::gauge, "seconds", "When the process began.")
      .sample({}, process.start_unix_s);
  out.family("process_cpu_seconds", Type::counter, "seconds", "Processor time, user and system.")
      .sample({}, process.cpu_s);
}

}  // namespace

std::string metrics_text(const MetricsInput& input, MetricsFormat format) {
  Exposition out(format);
  write_health(out, input);
  write_counters(out, input.status);
  if (input.ledger) write_energy(out, *input.ledger, input.status);
  if (input.newest && is_fresh(*input.newest, input)) {
    for (const QuantityName& of : kQuantities) {
      write_house_value(out, of, *input.newest);
      if (has_lines(of.quantity)) write_line_values(out, of, *input.newest, input.status);
    }
  }
  if (input.process) write_process(out, *input.process);
  return out.finish();
}

Response metrics_answer(const Source& source, const Query& query, std::string_view accept) {
  if (const auto known = query.only({}); !known) return failure(known.error());
  const MetricsFormat format = metrics_format(accept);
  Response response;
  response.content_type = content_type(format);
  response.body = metrics_text({.status = source.live.status(),
                                .newest = source.live.newest(),
                                .ledger = source.live.ledger(),
                                .process = this_process(),
                                .now = source.now()},
                               format);
  return response;
}

}  // namespace fithome::api
