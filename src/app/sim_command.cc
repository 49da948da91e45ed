// SPDX-License-Identifier: MIT
#include "app/sim_command.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sysexits.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <initializer_list>
#include <memory>
#include <optional>

#include "app/config.h"
#include "base/number.h"
#include "base/unique_fd.h"
#include "vspi/virtual_spidev.h"

namespace fithome::app {
namespace {

constexpr auto kEndSignals = {SIGTERM, SIGINT, SIGHUP};

// A file with all that is behind it; taken down in the reverse order.
struct Meter {
  Meter(std::string path, Simulation simulated)
      : file(std::move(path)), simulation(std::move(simulated)) {}

  std::string file;
  Simulation simulation;
  vspi::Misuse misuse;
  std::unique_ptr<vspi::VirtualSpidev> device;
};
using Meters = std::vector<std::unique_ptr<Meter>>;

// "generated:7" is the house of the first chip, "generated:8" that of the second.
std::string house_of(const std::string& house, std::size_t nth) {
  constexpr std::string_view kGenerated = "generated:";
  if (!house.starts_with(kGenerated)) return house;
  const auto seed = parse_number<std::uint64_t>(std::string_view(house).substr(kGenerated.size()));
  return seed ? fmt::format("{}{}", kGenerated, *seed + nth) : house;
}

Result<std::unique_ptr<Meter>> open_meter(const std::string& file, SimulationOptions options,
                                          std::size_t nth, std::FILE* err) {
  options.house = house_of(options.house, nth);
  options.soft_reset = {};  // drivers that do not wait after it work in the field
  if (nth > 0) options.scenario.reset();
  FITHOME_TRY(auto simulation, Simulation::open(options));
  auto meter = std::make_unique<Meter>(file, std::move(simulation));
  meter->misuse.first = [file, err](vspi::Mistake mistake) {
    fmt::print(err, "{}: {}\n", file, vspi::describe(mistake));
    std::fflush(err);
  };
  FITHOME_TRY(meter->device,
              vspi::VirtualSpidev::mount(file, meter->simulation.wire(), meter->misuse));
  return meter;
}

std::string gains(const Simulation& simulation) {
  const chip::ChipConfig fits = simulation.fitted({});
  const auto used = chip::lines_of(fits.wiring);
  const auto line = static_cast<std::size_t>(std::ranges::find(used, true) - used.begin());
  return fmt::format("grid = {}, wiring = \"{}\", voltage_gain = {}, current_gain = {}, pga = {}",
                     fits.grid == chip::Grid::hz60 ? 60 : 50, wiring_name(fits.wiring),
                     fits.lines[line].voltage_gain, fits.lines[line].current_gain, fits.pga);
}

void say_hello(const Meters& meters, std::FILE* out) {
  for (const auto& meter : meters) {
    fmt::print(out, "{}: SIMULATED chip, {}\n", meter->file, meter->simulation.house());
  }
  fmt::print(out, "what fits it: {}\nready; Ctrl-C ends it\n", gains(meters.front()->simulation));
  std::fflush(out);
}

void say_goodbye(const Meters& meters, std::FILE* err) {
  for (const auto& meter : meters) {
    const std::string mistakes = meter->misuse.summary();
    fmt::print(err, "{}: {} messages{}{}\n", meter->file, meter->device->messages(),
               mistakes.empty() ? "; nothing the chip would not understand" : "; ", mistakes);
  }
}

// They arrive here alone: FUSE's threads inherit this mask.
UniqueFd end_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int each : kEndSignals) sigaddset(&set, each);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC));
}

// True for a signal, false at the end of `patience` (none: for ever).
bool wait_for(const UniqueFd& signals, std::optional<std::chrono::milliseconds> patience) {
  const auto end = std::chrono::steady_clock::now() + patience.value_or(std::chrono::hours(24));
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (patience && left.count() <= 0) return false;
    pollfd one{signals.get(), POLLIN, 0};
    const int limit =
        patience ? static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)) : -1;
    if (::poll(&one, 1, limit) > 0) return true;
  }
}

int refused(const Error& error, std::FILE* err) {
  fmt::print(err, "fithome: {}\n", error.what);
  return error.code == Code::not_found ? EX_UNAVAILABLE : EX_CONFIG;
}

}  // namespace

int run_sim(const std::vector<std::string>& files, const SimulationOptions& options, std::FILE* out,
            std::FILE* err) {
  const UniqueFd signals = end_signals();
  Meters meters;
  for (const std::string& file : files) {
    auto meter = open_meter(file, options, meters.size(), err);
    if (!meter) return refused(meter.error(), err);
    meters.push_back(*std::move(meter));
  }
  say_hello(meters, out);
  std::optional<std::chrono::milliseconds> patience;
  if (const auto end = meters.front()->simulation.end()) {
    const std::chrono::duration<double> left =
        UtcInstant(*end) - meters.front()->simulation.clock().utc();
    patience = std::chrono::ceil<std::chrono::milliseconds>(left / options.speed);
  }
  wait_for(signals, patience);
  say_goodbye(meters, err);
  return EX_OK;
}

}  // namespace fithome::app
