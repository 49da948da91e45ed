// SPDX-License-Identifier: MIT
#include "app/print_status.h"

#include <fmt/format.h>

#include "base/time.h"

namespace fithome::app {
namespace {

constexpr std::size_t kTopicWidth = 12;
constexpr std::size_t kEventsShown = 5;

void line(std::string& out, std::string_view name, std::string_view text) {
  if (!text.empty()) out += left(name, kTopicWidth) + std::string(text) + "\n";
}

std::string health(const StatusReport& report, bool daemon, Style style) {
  const auto faults = report.status.faults.size();
  if (faults > 0) {
    return style.red(style.bold(fmt::format("{} fault{}", faults, faults == 1 ? "" : "s")));
  }
  return style.bold(daemon ? "healthy" : "no faults known, but no daemon was asked");
}

void daemon_lines(std::string& out, const StatusReport& report) {
  const api::Status& status = report.status;
  line(out, "running",
       fmt::format(
           "for {}, a reading every {} s{}", duration_text(status.uptime_s), status.interval_s,
           report.memory_bytes ? fmt::format(", {} of memory",
                                             bytes_text(static_cast<double>(*report.memory_bytes)))
                               : ""));
  line(out, "since then",
       fmt::format("{} stored, {} missed, {} dropped", status.readings, status.missed,
                   status.dropped));
  line(out, "wire",
       fmt::format("{} errors, {} retries, {} chip resets", status.spi_errors, status.spi_retries,
                   status.chip_resets));
  line(out, "late",
       fmt::format("{} readings, the worst by {:.1f} ms", status.late_ticks,
                   status.late_worst_s * 1e3));
  if (!status.meters.empty()) {
    line(out, "apart",
         fmt::format("{:.1f} ms from the first meter to the last, at worst {:.1f} ms",
                     status.skew_s * 1e3, status.skew_worst_s * 1e3));
  }
  if (status.store_errors > 0) line(out, "disk", fmt::format("{} errors", status.store_errors));
}

void meter_lines(std::string& out, const StatusReport& report) {
  const auto& meters = report.status.meters;
  for (std::size_t n = 0; n < meters.size(); ++n) {
    const api::MeterStatus& meter = meters[n];
    const auto& last = report.last_readings[n];
    std::string text = meter.name;
    for (const std::string& each : {meter.wiring, meter.device}) {
      if (!each.empty()) text += ", " + each;
    }
    text += last ? ", last reading " + to_local_text(*last) : ", no reading yet";
    if (meter.missed > 0) text += fmt::format(", {} missed", meter.missed);
    if (meter.chip_resets > 0) text += fmt::format(", {} chip resets", meter.chip_resets);
    line(out, n == 0 ? "meters" : "", text);
  }
}

void store_lines(std::string& out, const StatusReport& report) {
  line(out, "data", report.status.data);
  if (!report.store) return line(out, "", "the store cannot be read");
  const store::Info& info = *report.store;
  if (!info.first || !info.last) return line(out, "", "no readings yet");
  line(out, "",
       fmt::format("{} readings, {}, from {} to {}", info.readings,
                   bytes_text(static_cast<double>(info.bytes)), to_local_text(*info.first),
                   to_local_text(*info.last)));
}

std::string event_text(const store::Event& event, std::string_view meter) {
  std::string text = fmt::format("  {}  {}", to_local_text(event.begin), event.kind);
  if (!meter.empty()) text += fmt::format(" of {}", meter);
  if (!event.end) {
    text += ", not over";
  } else if (*event.end > event.begin) {
    text += fmt::format(
        ", {}", duration_text(std::chrono::duration<double>(*event.end - event.begin).count()));
  }
  if (!event.cause.empty()) text += ": " + event.cause;
  return text + "\n";
}

void fault_lines(std::string& out, const StatusReport& report, Style style) {
  if (!report.status.faults.empty()) out += "\n" + style.bold("wrong now") + "\n";
  for (const api::Fault& fault : report.status.faults) {
    out +=
        fmt::format("  {}  {}: {}\n    {}\n", to_local_text(fault.since),
                    style.red(fault.meter.empty() ? fault.name : fault.name + " of " + fault.meter),
                    fault.what, fault.remedy);
  }
}

}  // namespace

std::string status_text(const StatusReport& report, bool daemon, Style style) {
  const api::Status& status = report.status;
  std::string out = health(report, daemon, style) + "\n\n";
  line(out, "FitHome", status.version);
  if (status.meters.empty()) {
    line(out, "meter", status.meter + (status.wiring.empty() ? "" : ", " + status.wiring));
  }
  line(out, "house", status.sum_text);
  meter_lines(out, report);
  if (status.simulated) {
    line(out, "", style.bold("SIMULATED") + (status.house.empty() ? "" : ": " + status.house));
  }
  if (status.meters.empty()) line(out, "device", status.device);
  line(out, "reading",
       status.last_reading ? fmt::format("{}, {} ago", to_local_text(*status.last_reading),
                                         duration_text(report.last_reading_age_s))
                           : "none yet");
  if (daemon) daemon_lines(out, report);
  store_lines(out, report);
  fault_lines(out, report, style);
  if (!report.events.empty()) out += "\n" + style.bold("happened lately") + "\n";
  for (std::size_t n = 0; n < std::min(report.events.size(), kEventsShown); ++n) {
    out +=
        event_text(report.events[n], n < report.event_meters.size() ? report.event_meters[n] : "");
  }
  return out;
}

}  // namespace fithome::app
