// SPDX-License-Identifier: MIT
#include "app/print_events.h"

#include <fmt/format.h>

#include <utility>

#include "app/client_read.h"
#include "base/time.h"

namespace fithome::app {
namespace {

constexpr std::size_t kTimeWidth = 21, kKindWidth = 22, kLastedWidth = 10, kWorstWidth = 12;

std::string lasted(const store::Event& event) {
  if (!event.end) return "lasts";
  const std::chrono::duration<double> time = *event.end - event.begin;
  return time.count() > 0 ? duration_text(time.count()) : "";
}

std::string worst(const store::Event& event) {
  if (!event.channel || !event.worst) return "";
  std::string text;
  reading::append_decimal(text, *event.channel, *event.worst);
  return fmt::format("{} {}", text, reading::kChannels[*event.channel].unit);
}

// "sag a", or "solar: sag a" where there are several meters.
std::string kind(const store::Event& event, const std::string& meter) {
  const int line = event.channel ? reading::kChannels[*event.channel].line : -1;
  std::string text = meter.empty() ? event.kind : fmt::format("{}: {}", meter, event.kind);
  if (line >= 0) text += fmt::format(" {}", chip::line_letter(line));
  return text;
}

}  // namespace

Result<std::string> events_target(Source& source, const EventsCommand& command, UtcTime now) {
  std::string target = "/api/v1/events?limit=10000";
  if (command.kinds) target += "&kind=" + *command.kinds;
  if (!command.from && !command.to) return target;
  FITHOME_TRY(const std::string body, source.get("/api/v1/status"));
  FITHOME_TRY(const StatusReport status, parse_status(body));
  const UtcTime house = house_now(status, now);
  for (const auto& [name, text] : {std::pair{"from", &command.from}, {"to", &command.to}}) {
    if (!*text) continue;
    FITHOME_TRY(const UtcTime time, parse_time(**text, house));
    target += fmt::format("&{}={}", name, to_iso(time));
  }
  return target;
}

std::string events_table(const EventsReport& report, Style style) {
  if (report.events.empty()) {
    return fmt::format("(nothing happened between {} and {})\n", to_local_text(report.from),
                       to_local_text(report.to));
  }
  std::string out = style.dim(left("time", kTimeWidth) + left("what", kKindWidth) +
                              left("for", kLastedWidth) + left("worst", kWorstWidth) + "why") +
                    "\n";
  for (std::size_t n = report.events.size(); n-- > 0;) {
    const store::Event* event = &report.events[n];
    const std::string meter = n < report.event_meters.size() ? report.event_meters[n] : "";
    const std::string time = lasted(*event);
    const std::string cell = left(time, kLastedWidth);
    out += left(to_local_text(event->begin), kTimeWidth) + left(kind(*event, meter), kKindWidth) +
           (event->end ? cell : style.red(cell)) + left(worst(*event), kWorstWidth) + event->cause +
           "\n";
  }
  return out;
}

}  // namespace fithome::app
