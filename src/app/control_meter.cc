// SPDX-License-Identifier: MIT
#include "app/control_meter.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "app/poll_json.h"
#include "app/register_names.h"
#include "app/version.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostRegisters = 512;
// Read in one errand: 5 ms at 500 kHz. A multiple of 3, for a long value is asked high, low, high.
constexpr std::size_t kAtOnce = 60;
constexpr std::int64_t kMostPolls = 100'000;
// Longer than any interval, and so than any two polls are apart.
constexpr Nanoseconds kPollPatience = 10min;

Result<std::vector<chip::Word>> peek(Errands& errands, std::size_t meter,
                                     std::span<const chip::Reg> registers,
                                     const std::stop_token& stop) {
  std::optional<Result<std::vector<chip::Word>>> words;
  const auto look = [&](Bench& bench) { words = bench.chip.peek(registers); };
  FITHOME_TRY_VOID(errands.run(look, stop, {.meter = meter}));
  return *std::move(words);
}

Result<void> reply_with(Errands& errands, std::size_t meter,
                        std::span<const chip::Register* const> entries, Reply& reply,
                        const std::stop_token& stop) {
  Json found = Json::array();
  while (!entries.empty()) {
    const auto part = entries.first(std::min(entries.size(), kAtOnce));
    entries = entries.subspan(part.size());
    std::vector<chip::Reg> registers;
    for (const auto* entry : part) registers.push_back(static_cast<chip::Reg>(entry->address));
    FITHOME_TRY(const auto words, peek(errands, meter, registers, stop));
    for (std::size_t n = 0; n < part.size(); ++n) {
      found.push_back(
          {{"address", part[n]->address}, {"name", part[n]->name}, {"word", chip::raw(words[n])}});
    }
  }
  return reply.data({{"registers", std::move(found)}});
}

Result<const chip::Register*> named(const Json& which) {
  if (which.is_string()) return find_register_like(which.get<std::string>());
  if (which.is_number_unsigned() && which.get<std::uint64_t>() <= 0xFFFF) {
    return find_register_like(fmt::format("{}", which.get<std::uint64_t>()));
  }
  return fail(Code::invalid, "a register is a name or an address: \"UgainA\", \"0x61\", 97");
}

Result<void> read_registers(Errands& errands, std::size_t meter, const Json& request, Reply& reply,
                            const std::stop_token& stop) {
  const auto list = request.find("registers");
  if (list == request.end() || !list->is_array() || list->empty() ||
      list->size() > kMostRegisters) {
    return fail(
        Code::invalid,
        fmt::format("\"registers\" must be a list of 1 to {} names or addresses", kMostRegisters));
  }
  std::vector<const chip::Register*> entries;
  for (const Json& which : *list) {
    FITHOME_TRY(const auto* entry, named(which));
    entries.push_back(entry);
  }
  return reply_with(errands, meter, entries, reply, stop);
}

Result<void> stream(SampleFeed& feed, std::size_t meter, const Json& request, Reply& reply,
                    const std::stop_token& stop) {
  FITHOME_TRY(const auto count, whole_field(request, "count", 1, kMostPolls, 1));
  SampleFeed::Listener listener(feed, meter);
  for (std::int64_t n = 0; n < count; ++n) {
    const auto poll = listener.next(kPollPatience, stop);
    if (!poll) {
      return fail(Code::transient, stop.stop_requested() ? "the daemon is stopping"
                                                         : "no poll came; see fithome status");
    }
    Json line = poll_json(*poll);
    if (const auto lost = listener.lost(); lost > 0) line["lost"] = lost;
    FITHOME_TRY_VOID(reply.data(line));
  }
  return {};
}

}  // namespace

Result<std::size_t> meter_asked(const Json& request, const std::vector<std::string>& names) {
  const auto asked = request.find("meter");
  if (asked == request.end()) return std::size_t{0};
  if (!asked->is_string()) return fail(Code::invalid, "\"meter\" must be the name of a meter");
  const auto found = std::ranges::find(names, asked->get<std::string>());
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  return fail(Code::not_found,
              fmt::format("there is no meter of that name; there {} {}",
                          names.size() == 1 ? "is" : "are", fmt::join(names, ", ")));
}

void add_meter_operations(Operations& operations, Errands& errands, SampleFeed& feed,
                          const std::vector<std::string>& names, std::string url) {
  operations.add("ping", [url = std::move(url)](const Json&, Reply& reply, const std::stop_token&) {
    return reply.data({{"pid", ::getpid()}, {"version", kVersion}, {"url", url}});
  });
  const auto add = [&](const char* name, auto operation) {
    operations.add(name,
                   [names, operation](const Json& request, Reply& reply,
                                      const std::stop_token& stop) -> Result<void> {
                     FITHOME_TRY(const std::size_t meter, meter_asked(request, names));
                     return operation(meter, request, reply, stop);
                   });
  };
  using Stop = const std::stop_token&;
  add("chip.read", [&](std::size_t meter, const Json& request, Reply& reply, Stop stop) {
    return read_registers(errands, meter, request, reply, stop);
  });
  add("chip.dump", [&](std::size_t meter, const Json&, Reply& reply, Stop stop) {
    return reply_with(errands, meter, harmless_registers(), reply, stop);
  });
  add("samples", [&](std::size_t meter, const Json& request, Reply& reply, Stop stop) {
    return stream(feed, meter, request, reply, stop);
  });
}

}  // namespace fithome::app
