// SPDX-License-Identifier: MIT
#include "api/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "api/answers.h"
#include "api/meters.h"

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

// One meter, with the label it has among several.
struct Of {
  std::string label;
  std::vector<bool> lines;
  std::optional<reading::Reading> newest;  // nothing: none, or too old
  std::optional<reading::Ledger> ledger;
};

std::vector<Of> meters_of(const MetricsInput& input) {
  const auto fresh = [&](const std::optional<reading::Reading>& newest) {
    return newest && is_fresh(*newest, input) ? newest : std::nullopt;
  };
  if (!several(input.status)) {
    return {Of{"", input.status.lines, fresh(input.newest), input.ledger}};
  }
  std::vector<Of> meters;
  for (std::size_t n = 0; n < std::min(input.latest.size(), input.status.meters.size()); ++n) {
    const MeterStatus& meter = input.status.meters[n];
    meters.push_back(
        {meter.name, meter.lines, fresh(input.latest[n].reading), input.latest[n].ledger});
  }
  return meters;
}

// Begins the family with its first sample, for one without samples must not be there.
class Family {
 public:
  Family(Exposition& out, std::string name, Type type, std::string_view unit, std::string help)
      : out_(out), name_(std::move(name)), type_(type), unit_(unit), help_(std::move(help)) {}
  ~Family() { out_.about_meter(""); }
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;

  template <class Value>
  void sample(const Of& meter, Exposition::Labels labels, Value value) {
    if (!std::exchange(begun_, true)) out_.family(name_, type_, unit_, help_);
    out_.about_meter(meter.label);
    out_.sample(labels, value);
  }

 private:
  Exposition& out_;
  std::string name_;
  Type type_;
  std::string_view unit_;
  std::string help_;
  bool begun_ = false;
};

// The whole of a meter: the house, unless that is a stated sum.
std::string whole_of(const MetricsInput& input) {
  return input.status.sum.empty() ? "house" : "meter";
}

void write_whole_values(Exposition& out, const QuantityName& of, const MetricsInput& input,
                        const std::vector<Of>& meters) {
  const std::string whole = whole_of(input);
  const bool lines = has_lines(of.quantity);
  Family family(out, fmt::format("fithome_{}{}_{}", lines ? whole + "_" : "", of.what, of.unit),
                Type::gauge, of.unit,
                lines ? fmt::format("{} of the {}.", of.help, whole) : fmt::format("{}.", of.help));
  for (const Of& meter : meters) {
    if (!meter.newest) continue;
    const auto value = decimal(*meter.newest, reading::house_channel(of.quantity));
    if (value) family.sample(meter, {}, std::string_view(*value));
  }
}

void write_line_values(Exposition& out, const QuantityName& of, const std::vector<Of>& meters) {
  Family family(out, fmt::format("fithome_{}_{}", of.what, of.unit), Type::gauge, of.unit,
                fmt::format("{} of a line.", of.help));
  for (const Of& meter : meters) {
    for (int line = 0; line < chip::kLines && meter.newest; ++line) {
      const reading::ChannelId id = reading::line_channel(of.quantity, line);
      if (id >= kChannels.size() || !in_use(meter.lines, id)) continue;
      const auto value = decimal(*meter.newest, id);
      if (!value) continue;
      family.sample(meter, {{"phase", line_name(static_cast<std::size_t>(line))}},
                    std::string_view(*value));
    }
  }
}

void write_line_energy(Exposition& out, const std::vector<Of>& meters) {
  Family family(out, "fithome_energy_joules", Type::counter, "joules",
                "Active energy of a line: rate() of it is watts.");
  for (const Of& meter : meters) {
    for (int line = 0; line < chip::kLines && meter.ledger; ++line) {
      const auto index = static_cast<std::size_t>(line);
      if (!in_use(meter.lines, reading::line_channel(Quantity::active_power, line))) continue;
      const reading::Flow active = measured(meter.ledger->lines[index]);
      const std::string_view phase = line_name(index);
      family.sample(meter, {{"direction", "import"}, {"phase", phase}}, joules(active.imported));
      family.sample(meter, {{"direction", "export"}, {"phase", phase}}, joules(active.exported));
    }
  }
}

void write_whole_energy(Exposition& out, const MetricsInput& input, const std::vector<Of>& meters) {
  const std::string whole = whole_of(input);
  Family family(out, fmt::format("fithome_{}_energy_joules", whole), Type::counter, "joules",
                fmt::format("Active energy of the {}: net sums the lines at each instant, as most "
                            "utilities do; counted counts each line on its own.",
                            whole));
  for (const Of& meter : meters) {
    if (!meter.ledger) continue;
    const auto write = [&](std::string_view netting, const reading::Flow& active) {
      family.sample(meter, {{"netting", netting}, {"direction", "import"}},
                    joules(active.imported));
      family.sample(meter, {{"netting", netting}, {"direction", "export"}},
                    joules(active.exported));
    };
    write("net", measured(meter.ledger->net));
    write("counted", measured(meter.ledger->counted()));
  }
}

void write_stated_house(Exposition& out, const MetricsInput& input) {
  if (input.status.sum.empty()) return;
  if (input.house) {
    const reading::Flow active = measured(input.house->net);
    out.family("fithome_house_energy_joules", Type::counter, "joules",
               fmt::format("Active energy of the house, {}, summed at each instant.",
                           input.status.sum_text));
    out.sample({{"netting", "net"}, {"direction", "import"}}, joules(active.imported));
    out.sample({{"netting", "net"}, {"direction", "export"}}, joules(active.exported));
  }
  const auto newest = newest_time(input.latest);
  const auto power = house_power(input.status, input.latest);
  if (!power || !newest || !is_fresh(reading::Reading{.time = *newest}, input)) return;
  out.family(
      "fithome_house_active_power_watts", Type::gauge, "watts",
      fmt::format("Active power of the house, {}, positive from the grid.", input.status.sum_text));
  out.sample({}, std::string_view(fmt::format("{:.2f}", power->value)));
}

void write_skew(Exposition& out, const Status& status) {
  if (!several(status)) return;
  out.family("fithome_skew_seconds", Type::gauge, "seconds",
             "Time from the first to the last meter that was measured at the last tick.")
      .sample({}, status.skew_s);
  out.family("fithome_skew_worst_seconds", Type::gauge, "seconds", "The same, the worst of all.")
      .sample({}, status.skew_worst_s);
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
  out.family("fithome_build", Type::info, "",
             "The program's version, and the commit it was built from.")
      .sample({{"version", status.version}, {"revision", status.revision}}, std::uint64_t{1});
  out.family("fithome_simulated", Type::gauge, "",
             "1 where the chip is simulated and no real house is measured.")
      .sample({}, std::uint64_t{status.simulated});
  out.family("fithome_faults", Type::gauge, "", "Things that are wrong now; 0 is well.")
      .sample({}, std::uint64_t{status.faults.size()});
  if (!status.faults.empty()) {
    out.family("fithome_fault_active", Type::gauge, "", "1 for each thing that is wrong now.");
    for (const Fault& fault : status.faults) {
      out.about_meter(fault.meter);
      out.sample({{"fault", fault.name}}, std::uint64_t{1});
    }
    out.about_meter("");
  }
  out.family("fithome_interval_seconds", Type::gauge, "seconds", "Time from reading to reading.")
      .sample({}, status.interval_s);
  out.family("fithome_late_worst_seconds", Type::gauge, "seconds",
             "Latest that a reading was taken after its time.")
      .sample({}, status.late_worst_s);
  const auto newest = several(status)
                          ? newest_time(input.latest)
                          : newest_time({Latest{.reading = input.newest, .ledger = {}}});
  if (!newest) return;
  const auto since = std::chrono::duration<double>(newest->time_since_epoch());
  out.family("fithome_last_reading_timestamp_seconds", Type::gauge, "seconds",
             "When the newest reading was taken.")
      .sample({}, since.count());
}

// All kinds are there from the begin, for a counter that appears with its first event has no rate.
void write_power(Exposition& out, const PowerCounts& power) {
  constexpr std::array<std::string_view, 5> kKinds{"outage", "sag", "swell", "frequency",
                                                   "over_current"};
  out.family("fithome_power_events", Type::counter, "",
             "Times that the mains were wrong since the daemon began.");
  for (const std::string_view kind : kKinds) {
    const auto began = power.began.find(std::string(kind));
    out.sample({{"kind", kind}}, began == power.began.end() ? std::uint64_t{0} : began->second);
  }
  out.family("fithome_power_events_lasting", Type::gauge, "", "Of these, how many last.");
  for (const std::string_view kind : kKinds) {
    const auto lasting = std::ranges::count_if(
        power.lasting, [&](const auto& key) { return std::get<1>(key) == kind; });
    out.sample({{"kind", kind}}, static_cast<std::uint64_t>(lasting));
  }
}

void write_sinks(Exposition& out, const std::vector<sinks::SinkState>& sinks) {
  const auto family = [&](std::string_view name, Type type, std::string_view unit,
                          std::string_view help, auto value) {
    bool begun = false;
    for (const sinks::SinkState& sink : sinks) {
      const std::optional of = value(sink);
      if (!of) continue;
      if (!std::exchange(begun, true)) out.family(name, type, unit, help);
      out.sample({{"sink", sink.name}}, *of);
    }
  };
  using Count = std::optional<std::uint64_t>;
  using Seconds = std::optional<double>;
  const auto seconds = [](const std::optional<UtcTime>& time) {
    if (!time) return Seconds();
    return Seconds(std::chrono::duration<double>(time->time_since_epoch()).count());
  };
  using State = const sinks::SinkState&;
  family("fithome_sink_backlog_readings", Type::gauge, "readings",
         "Readings that the sink does not have yet.", [](State of) { return Count(of.backlog); });
  family("fithome_sink_delivered_readings", Type::counter, "readings",
         "Readings that the sink has acknowledged since the daemon began, repeats included.",
         [](State of) { return Count(of.delivered); });
  family("fithome_sink_refused_readings", Type::counter, "readings",
         "Readings that the sink will never take: set aside.",
         [](State of) { return Count(of.refused); });
  family("fithome_sink_failures", Type::counter, "", "Tries to deliver that failed.",
         [](State of) { return Count(of.failures); });
  family("fithome_sink_failing", Type::gauge, "", "1 while the last try has failed.",
         [](State of) { return Count(of.doing == sinks::Doing::failing); });
  family("fithome_sink_last_success_timestamp_seconds", Type::gauge, "seconds",
         "When the sink last acknowledged readings.",
         [&](State of) { return seconds(of.last_success); });
  family("fithome_sink_last_failure_timestamp_seconds", Type::gauge, "seconds",
         "When the sink last failed or refused; /api/v1/sinks says why.",
         [&](State of) { return seconds(of.last_failure); });
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
  write_power(out, input.status.power);
  write_skew(out, input.status);
  const std::vector<Of> meters = meters_of(input);
  write_line_energy(out, meters);
  write_whole_energy(out, input, meters);
  for (const QuantityName& of : kQuantities) {
    write_whole_values(out, of, input, meters);
    if (has_lines(of.quantity)) write_line_values(out, of, meters);
  }
  write_stated_house(out, input);
  write_sinks(out, input.status.sinks);
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
                                .now = source.now(),
                                .latest = source.live.latest(),
                                .house = source.live.house_ledger()},
                               format);
  return response;
}

}  // namespace fithome::api
