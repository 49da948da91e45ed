// SPDX-License-Identifier: MIT
#include "app/daemon.h"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <thread>
#include <utility>

#include "api/server.h"
#include "app/calibration_service.h"
#include "app/change_intent.h"
#include "app/control_meter.h"
#include "app/control_server.h"
#include "app/hand_over.h"
#include "app/hub.h"
#include "app/leds.h"
#include "app/pad_file.h"
#include "app/sampler.h"
#include "app/simulation.h"
#include "app/version.h"
#include "app/writer.h"
#include "base/log.h"
#include "base/unique_fd.h"
#include "spi/spidev_bus.h"
#include "store/store.h"

namespace fithome::app {
namespace {

// Four minutes at one reading a second: as long as a disk may take to come back.
constexpr std::size_t kQueue = 240;

constexpr auto kEndSignals = {SIGTERM, SIGINT, SIGHUP};

// What is behind the bus: a real chip, or a simulated one with a clock of its own.
struct Source {
  std::optional<Simulation> simulation;
  std::unique_ptr<spi::SpidevBus> device;
  SystemClock system_clock;

  Clock& clock() { return simulation ? simulation->clock() : system_clock; }
  spi::Bus& bus() { return simulation ? simulation->bus() : *device; }
};

// What the store knew when we came.
struct Past {
  reading::Ledger ledger;
  std::optional<reading::Reading> newest;
  std::optional<store::Calibration> calibration;
};

int exit_status(const Error& error) {
  switch (error.code) {
    case Code::invalid:
    case Code::unsupported:
      return EX_CONFIG;
    case Code::not_found:
      return EX_UNAVAILABLE;
    case Code::corrupt:
    case Code::transient:
      return EX_IOERR;
  }
  return EX_SOFTWARE;
}

Result<void> open_simulation(Source& source, const RunOptions& options) {
  const auto& simulated = simulation_of(options);
  if (!simulated) return {};
  FITHOME_TRY(auto simulation, Simulation::open(*simulated));
  source.simulation = std::move(simulation);
  return {};
}

Result<void> open_device(Source& source, const MeterConfig& meter) {
  FITHOME_TRY(auto bus, spi::SpidevBus::open({.path = meter.device, .speed_hz = meter.speed_hz}));
  source.device = std::make_unique<spi::SpidevBus>(std::move(bus));
  return {};
}

Result<void> check_clock(const Clock& clock) {
  if (clock.utc() >= kNoClockBefore) return {};
  return fail(Code::invalid,
              fmt::format("the clock says {}, so it was never set; set it, or let a time server do "
                          "it (timedatectl set-ntp true), and start again",
                          to_iso(to_stamp(clock.utc()))));
}

// Simulated readings never go where a real house's are kept, unless told to.
std::filesystem::path data_folder(const Config& config, bool simulated) {
  if (!simulated || config.data != Config{}.data) return config.data;
  if (const char* state = std::getenv("XDG_STATE_HOME"); state && *state == '/') {
    return std::filesystem::path(state) / "fithome" / "demo";
  }
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home ? home : "/var/tmp") / ".local/state/fithome/demo";
}

Result<Past> past_of(const std::filesystem::path& data, bool simulated) {
  FITHOME_TRY(const auto reader, store::Reader::open(data));
  Past past;
  FITHOME_TRY(auto calibrations, reader.calibrations());
  if (!calibrations.empty()) past.calibration = std::move(calibrations.back());
  FITHOME_TRY(past.newest, reader.newest());
  if (!past.newest) return past;
  FITHOME_TRY(past.ledger, reader.ledger());
  const bool was_simulated = past.newest->flags & bit(reading::Flag::simulated);
  if (was_simulated != simulated) {
    return fail(Code::invalid,
                fmt::format("{} holds readings of a {} house, and this one is {}; they are never "
                            "mixed: choose another --data",
                            data.string(), was_simulated ? "simulated" : "real",
                            simulated ? "simulated" : "real"));
  }
  return past;
}

api::Status identity(Source& source, const Config& config, const std::filesystem::path& data,
                     const chip::ChipConfig& chip, const std::string& site) {
  api::Status status;
  status.version = kVersion;
  status.simulated = source.simulation.has_value();
  if (source.simulation) status.house = source.simulation->house();
  status.device = source.bus().describe();
  status.wiring = wiring_name(chip.wiring);
  status.site = site;
  status.meter = config.meter.name;
  status.data = data.string();
  status.interval_s = std::chrono::duration<double>(config.interval).count();
  for (const bool used : chip::lines_of(chip.wiring)) status.lines.push_back(used);
  return status;
}

// The gains and signs that hold: the configuration's, or those of the newest calibration.
Effective settings_in_effect(Source& source, const Config& config, const Past& past) {
  MeterSettings configured = settings_of(config.meter);
  if (source.simulation) configured = {source.simulation->fitted(config.meter.chip), {}};
  return effective(configured, past.calibration ? &*past.calibration : nullptr,
                   to_stamp(source.clock().utc()));
}

// What a killed process or a changed configuration may have left in the chip.
void tell_what_it_may_hold(chip::Chip& chip, const std::filesystem::path& data,
                           const Effective& meter) {
  if (const auto left = left_behind(data, meter.settings)) {
    chip.may_hold(left->chip);
  } else if (meter.earlier) {
    chip.may_hold(meter.earlier->chip);
  }
}

SamplerConfig sampling(const Source& source, const Config& config, const Past& past) {
  SamplerConfig of;
  of.interval = config.interval;
  of.simulated = source.simulation.has_value();
  if (past.newest) of.last_stored = past.newest->time;
  if (!source.simulation) return of;
  of.begin = source.simulation->begin();
  of.end = source.simulation->end();
  of.earliest = UtcTime{};  // its calendar is the simulation's own
  return of;
}

void say_hello(const api::Status& status, const std::string& url) {
  if (status.simulated) {
    std::printf("FitHome %s, SIMULATED: %s. No real meter is read.\n", status.version.c_str(),
                status.house.c_str());
  } else {
    std::printf("FitHome %s reads %s.\n", status.version.c_str(), status.device.c_str());
  }
  std::printf("Readings are kept in %s\nThe page: %s\n", status.data.c_str(), url.c_str());
  std::fflush(stdout);
}

// The signals that end us arrive at main alone: all threads inherit this mask.
UniqueFd end_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int each : kEndSignals) sigaddset(&set, each);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC));
}

void wait_for_either(const UniqueFd& signals, const UniqueFd& finished) {
  pollfd both[] = {{signals.get(), POLLIN, 0}, {finished.get(), POLLIN, 0}};
  while (::poll(both, 2, -1) < 0 && errno == EINTR) {
  }
}

std::jthread named(const char* name, auto body) {
  return std::jthread([=](std::stop_token stop) {
    pthread_setname_np(pthread_self(), name);
    body(stop);
  });
}

// Null where there can be none: measuring does not wait for it.
std::unique_ptr<ControlServer> open_control(const std::filesystem::path& data, Errands& errands,
                                            SampleFeed& feed, CalibrationService& calibration) {
  Operations operations;
  add_meter_operations(operations, errands, feed);
  calibration.add_to(operations);
  auto control = ControlServer::open(data, std::move(operations));
  if (control) return *std::move(control);
  log_warning("control socket: {}; commands cannot ask this daemon for the chip",
              control.error().what);
  return nullptr;
}

Result<void> run(const RunOptions& options, const Config& config) {
  const UniqueFd signals = end_signals();
  const UniqueFd finished(::eventfd(0, EFD_CLOEXEC));

  Source source;
  FITHOME_TRY_VOID(open_simulation(source, options));
  const bool simulated = source.simulation.has_value();
  if (!simulated || !source.simulation->begin()) FITHOME_TRY_VOID(check_clock(source.clock()));
  const std::filesystem::path data = data_folder(config, simulated);
  FITHOME_TRY(auto store, store::Store::open(data));
  FITHOME_TRY(const Past past, past_of(data, simulated));
  if (!simulated) FITHOME_TRY_VOID(open_device(source, config.meter));
  FITHOME_TRY(auto pad, PadFile::open(data / "energy.pad", store.site(), past.ledger.booked));
  // A simulated chip ends with us, so there is never a read of it to be finished.
  if (simulated) chip::reset(pad.pad(), past.ledger.booked);

  const Effective meter = settings_in_effect(source, config, past);
  chip::Chip chip(source.bus(), source.clock(), meter.settings.chip, pad.pad());
  tell_what_it_may_hold(chip, data, meter);
  Hub hub(source.clock(), identity(source, config, data, meter.settings.chip, store.site()));
  HandOver queue(kQueue);
  if (meter.event) log_warning("calibration: {}", meter.event->cause);
  if (meter.record) queue.give(Change{.calibration = meter.record, .event = meter.event});
  Leds leds(config.leds);
  Writer writer(store, queue, hub, leds);
  Errands errands;
  SampleFeed feed;
  SamplerConfig sampling_config = sampling(source, config, past);
  sampling_config.rules = meter.settings.rules;
  sampling_config.errands = &errands;
  sampling_config.feed = &feed;
  Sampler sampler(source.clock(), chip, queue, hub, past.ledger, sampling_config);
  FITHOME_TRY(
      auto server,
      api::Server::open({.host = config.listen.host, .port = config.listen.port, .data = data}, hub,
                        source.clock()));
  CalibrationService calibration({data, meter.configured, meter.settings, simulated}, errands,
                                 queue);
  auto control = open_control(data, errands, feed, calibration);
  say_hello(hub.status(), server.url());

  auto writing = named("writer", [&](std::stop_token stop) { writer.run(stop); });
  auto reading = named("sampler", [&](std::stop_token stop) {
    sampler.run(stop);
    ::eventfd_write(finished.get(), 1);
  });
  wait_for_either(signals, finished);

  log_info("stopping");
  control.reset();
  reading.request_stop();
  reading.join();
  queue.close();
  writing.request_stop();  // it still writes what there is, once
  writing.join();
  return {};
}

}  // namespace

int run_daemon(const RunOptions& options, const Config& config) {
  set_log_level(config.log_level);
  const auto done = run(options, config);
  if (done) return EX_OK;
  log_error("{}", done.error().what);
  return exit_status(done.error());
}

}  // namespace fithome::app
