// SPDX-License-Identifier: MIT
#include "app/daemon.h"

#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sysexits.h>

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
#include "app/heartbeat.h"
#include "app/house_sum.h"
#include "app/hub.h"
#include "app/leds.h"
#include "app/pad_file.h"
#include "app/past.h"
#include "app/sampler.h"
#include "app/secret.h"
#include "app/service.h"
#include "app/simulation.h"
#include "app/sink_service.h"
#include "app/version.h"
#include "app/writer.h"
#include "base/boot_id.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/unique_fd.h"
#include "spi/spidev_bus.h"
#include "store/store.h"

namespace fithome::app {
namespace {

// An hour at one reading a second, while the disk is full or away; then they are thinned out.
constexpr std::size_t kQueue = 3600;

constexpr auto kEndSignals = {SIGTERM, SIGINT, SIGHUP};

// What is behind the buses: real chips, or simulated ones with a clock of their own.
struct Chips {
  std::optional<Simulation> simulation;
  std::vector<std::unique_ptr<spi::SpidevBus>> devices;  // one a meter
  SystemClock system_clock;

  Clock& clock() { return simulation ? simulation->clock() : system_clock; }
  spi::Bus& bus(std::size_t meter) { return simulation ? simulation->bus(meter) : *devices[meter]; }
};

int run_status(const Error& error) {
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

Result<void> open_simulation(Chips& chips, const RunOptions& options) {
  const auto& simulated = simulation_of(options);
  if (!simulated) return {};
  FITHOME_TRY(auto simulation, Simulation::open(*simulated));
  chips.simulation = std::move(simulation);
  return {};
}

Result<void> open_devices(Chips& chips, const Config& config) {
  for (const MeterConfig& meter : config.meters) {
    FITHOME_TRY(auto bus, spi::SpidevBus::open({.path = meter.device, .speed_hz = meter.speed_hz}));
    chips.devices.push_back(std::make_unique<spi::SpidevBus>(std::move(bus)));
  }
  return {};
}

// A pretend house has no readings to lose; a real one's are kept and put right (app/timeline.h).
Result<void> check_clock(const Clock& clock) {
  if (clock.utc() >= kNoClockBefore) return {};
  return fail(Code::invalid,
              fmt::format("the clock says {}, so it was never set; set it, or let a time server do "
                          "it (timedatectl set-ntp true), or give the simulation a --start",
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

// All that is one meter's while the daemon runs.
struct Meter {
  PadFile pad;
  Effective settings;
  std::unique_ptr<chip::Chip> chip;
};

// The gains and signs that hold: the configuration's, or those of the newest calibration.
Effective settings_in_effect(Chips& chips, const MeterConfig& meter, std::size_t at,
                             const Past& past) {
  MeterSettings configured = settings_of(meter);
  if (chips.simulation) configured = {chips.simulation->fitted(meter.chip, at), {}};
  Effective of = effective(configured, past.calibration ? &*past.calibration : nullptr,
                           to_stamp(chips.clock().utc()));
  if (of.record) of.record->meter = past.id;
  if (of.event) of.event->meter = past.id;
  return of;
}

// What a killed process or a changed configuration may have left in the chip.
void tell_what_it_may_hold(chip::Chip& chip, const std::filesystem::path& data, store::MeterId id,
                           const Effective& meter) {
  if (const auto left = left_behind(data, id, meter.settings)) {
    chip.may_hold(left->chip);
  } else if (meter.earlier) {
    chip.may_hold(meter.earlier->chip);
  }
}

Result<Meter> open_meter(Chips& chips, const Config& config, std::size_t at, const Past& past,
                         const std::filesystem::path& data, std::string_view site) {
  FITHOME_TRY(auto pad, PadFile::open(pad_path(data, past.id), site, past.ledger.booked));
  // A simulated chip ends with us, so there is never a read of it to be finished.
  if (chips.simulation) chip::reset(pad.pad(), past.ledger.booked);
  Effective of = settings_in_effect(chips, config.meters[at], at, past);
  auto chip =
      std::make_unique<chip::Chip>(chips.bus(at), chips.clock(), of.settings.chip, pad.pad());
  tell_what_it_may_hold(*chip, data, past.id, of);
  return Meter{std::move(pad), std::move(of), std::move(chip)};
}

api::MeterStatus meter_identity(const MeterConfig& config, const chip::ChipConfig& chip,
                                const spi::Bus& bus, store::MeterId id) {
  api::MeterStatus status;
  status.id = id;
  status.name = config.name;
  status.device = bus.describe();
  status.wiring = wiring_name(chip.wiring);
  for (const bool used : chip::lines_of(chip.wiring)) status.lines.push_back(used);
  status.line_names.assign(config.line_names.begin(), config.line_names.end());
  return status;
}

api::Status identity(Chips& chips, const Config& config, const std::filesystem::path& data,
                     const std::vector<Meter>& meters, const std::vector<Past>& pasts,
                     const std::string& site) {
  api::Status status;
  status.version = kVersion;
  status.revision = revision();
  status.simulated = chips.simulation.has_value();
  if (chips.simulation) status.house = chips.simulation->house();
  status.site = site;
  status.data = data.string();
  status.interval_s = std::chrono::duration<double>(config.interval).count();
  for (std::size_t n = 0; n < meters.size(); ++n) {
    status.meters.push_back(meter_identity(config.meters[n], meters[n].settings.settings.chip,
                                           chips.bus(n), pasts[n].id));
  }
  const api::MeterStatus& first = status.meters.front();
  status.meter_id = first.id;
  status.meter = first.name;
  status.device = first.device;
  status.wiring = first.wiring;
  status.lines = first.lines;
  return status;
}

Result<SamplerConfig> sampling(const Chips& chips, const Config& config,
                               const store::Reader& reader, Heartbeat& heartbeat) {
  SamplerConfig of;
  of.boot = boot_id();
  FITHOME_TRY(of.era, reader.era());
  of.absence = why_away(heartbeat.last(), of.boot);
  of.heartbeat = &heartbeat;
  of.interval = config.interval;
  of.simulated = chips.simulation.has_value();
  if (!chips.simulation) return of;
  of.begin = chips.simulation->begin();
  of.end = chips.simulation->end();
  of.earliest = UtcTime{};  // its calendar is the simulation's own
  return of;
}

std::vector<Metered> sampled(const std::vector<Meter>& meters, const Config& config,
                             const std::vector<Past>& pasts) {
  std::vector<Metered> all;
  for (std::size_t n = 0; n < meters.size(); ++n) {
    const MeterConfig& meter = config.meters[n];
    all.push_back({.chip = *meters[n].chip,
                   .ledger = pasts[n].ledger,
                   .rules = meters[n].settings.settings.rules,
                   .last_stored = pasts[n].newest,
                   .id = pasts[n].id,
                   .name = meters.size() > 1 ? meter.name : ""});
  }
  return all;
}

// Tells the store of settings that the configuration changed; the service, what is in effect.
void record_changes(const std::vector<Meter>& meters, const std::vector<Past>& pasts,
                    HandOver& to) {
  for (std::size_t n = 0; n < meters.size(); ++n) {
    const Effective& of = meters[n].settings;
    if (of.event) log_warning("calibration: {}", of.event->cause);
    if (of.record) {
      to.give(Change{.meter = pasts[n].id, .calibration = of.record, .event = of.event});
    }
  }
}

std::vector<CalibrationService::Meter> calibrated(const std::vector<Meter>& meters,
                                                  const Config& config,
                                                  const std::vector<Past>& pasts) {
  std::vector<CalibrationService::Meter> all;
  for (std::size_t n = 0; n < meters.size(); ++n) {
    const Effective& of = meters[n].settings;
    all.push_back({config.meters[n].name, pasts[n].id, of.configured, of.settings});
  }
  return all;
}

void say_hello(const api::Status& status, const std::string& url) {
  if (status.simulated) {
    std::printf("FitHome %s, SIMULATED: %s. No real meter is read.\n", status.version.c_str(),
                status.house.c_str());
  } else {
    for (const api::MeterStatus& meter : status.meters) {
      std::printf("FitHome %s reads %s.\n", status.version.c_str(), meter.device.c_str());
    }
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

// Meanwhile systemd, where it watches, hears each second how it is.
void wait_for_either(const UniqueFd& signals, const UniqueFd& finished, Service& service,
                     const Hub& hub) {
  const SystemClock real;  // systemd's time, whatever the house's is
  const int timeout_ms = service.watched() ? 1000 : -1;
  pollfd both[] = {{signals.get(), POLLIN, 0}, {finished.get(), POLLIN, 0}};
  while (true) {
    const int ready = ::poll(both, 2, timeout_ms);
    if (ready > 0 || (ready < 0 && errno != EINTR)) break;
    if (service.watched()) service.tell(hub.status(), real.monotonic());
  }
  service.stopping();
}

// A reading on time goes before all else the machine does. Where that is not allowed (LimitNICE= of
// a service) it is as urgent as the rest.
constexpr int kUrgent = -10;

std::jthread named(const char* name, auto body) {
  return std::jthread([=](std::stop_token stop) {
    name_this_thread(name);
    body(stop);
  });
}

// What somebody pressed over MQTT.
void obey(mqtt::Command command, SinkService& sinks, HandOver& to, const Hub& hub,
          const Clock& clock) {
  switch (command) {
    case mqtt::Command::pause_sinks:
      log_info("mqtt: a button pauses the sinks");
      return sinks.pause();
    case mqtt::Command::resume_sinks:
      log_info("mqtt: a button lets the sinks go on");
      return sinks.resume();
    case mqtt::Command::mark_event: {
      const api::Status status = hub.status();
      const UtcTime now = std::max(to_stamp(clock.utc()), status.last_reading.value_or(UtcTime{}));
      return to.give({.meter = status.meter_id,
                      .kind = "mark",
                      .begin = now,
                      .end = now,
                      .cause = "somebody marked this moment, by a button",
                      .reason = "mqtt"});
    }
  }
}

// Null where no broker is configured.
Result<std::unique_ptr<mqtt::Publisher>> open_mqtt(const Config& config, Hub& hub, Clock& clock,
                                                   SinkService& sinks, HandOver& to) {
  if (config.mqtt.broker.host.empty()) return std::unique_ptr<mqtt::Publisher>();
  mqtt::MqttConfig settings = config.mqtt;
  FITHOME_TRY(settings.broker.password, find_password("mqtt", config.mqtt_password_file));
  const mqtt::Publisher::Host host{
      [&hub](const std::string& what) {
        hub.begin_fault("mqtt_failing", what,
                        "is the broker there, and are name and password right?");
      },
      [&hub] { hub.end_fault("mqtt_failing"); },
      [&hub, &clock, &sinks, &to](mqtt::Command command) { obey(command, sinks, to, hub, clock); }};
  return std::make_unique<mqtt::Publisher>(std::move(settings), config.site, hub, clock, host);
}

// Null where there can be none: measuring does not wait for it.
std::unique_ptr<ControlServer> open_control(const std::filesystem::path& data, Errands& errands,
                                            SampleFeed& feed, CalibrationService& calibration,
                                            SinkService& sinks, const Config& config,
                                            const std::string& url) {
  std::vector<std::string> names;
  for (const MeterConfig& meter : config.meters) names.push_back(meter.name);
  Operations operations;
  add_meter_operations(operations, errands, feed, names, url);
  calibration.add_to(operations);
  sinks.add_to(operations);
  auto control = ControlServer::open(data, std::move(operations));
  if (control) return *std::move(control);
  log_warning("control socket: {}; commands cannot ask this daemon for the chip",
              control.error().what);
  return nullptr;
}

// Threads take memory from one pool: it is asked for seldom, and each pool of its own would keep
// what it once needed for years.
void keep_memory_small() { ::mallopt(M_ARENA_MAX, 1); }

Result<void> run(const RunOptions& options, const Config& config) {
  keep_memory_small();
  const UniqueFd signals = end_signals();
  const UniqueFd finished(::eventfd(0, EFD_CLOEXEC));

  Chips chips;
  FITHOME_TRY_VOID(open_simulation(chips, options));
  const bool simulated = chips.simulation.has_value();
  if (simulated && !chips.simulation->begin()) FITHOME_TRY_VOID(check_clock(chips.clock()));
  const std::filesystem::path data = data_folder(config, simulated);
  FITHOME_TRY(auto store, store::Store::open(data));
  HandOver queue(kQueue * config.meters.size());
  FITHOME_TRY(auto heartbeat, Heartbeat::open(data / "heartbeat", boot_id()));
  SamplerConfig sampler_config;
  std::vector<Past> pasts;
  {
    FITHOME_TRY(const auto reader, store::Reader::open(data));
    FITHOME_TRY_VOID(never_mixed(reader, data, simulated));
    FITHOME_TRY(sampler_config, sampling(chips, config, reader, heartbeat));
    const UtcTime now = std::max(to_stamp(chips.clock().utc()), sampler_config.earliest);
    FITHOME_TRY(pasts, pasts_of(store, reader, config, queue, now));
    FITHOME_TRY_VOID(open_house(sampler_config, store, reader, config, pasts, queue, now));
    FITHOME_TRY_VOID(end_what_lasted(reader, pasts, sampler_config.absence, queue));
  }
  if (!simulated) FITHOME_TRY_VOID(open_devices(chips, config));
  std::vector<Meter> meters;
  for (std::size_t n = 0; n < config.meters.size(); ++n) {
    FITHOME_TRY(auto meter, open_meter(chips, config, n, pasts[n], data, store.site()));
    meters.push_back(std::move(meter));
  }

  record_changes(meters, pasts, queue);
  api::Status about = identity(chips, config, data, meters, pasts, store.site());
  about.sum = sampler_config.sum;
  if (!about.sum.empty()) about.sum_text = house_sum_text(about.sum, config.meters);
  Hub hub(chips.clock(), about);
  Leds leds(config.leds);
  Writer writer(store, queue, hub, leds, config.sync_interval, config.keep_readings);
  Errands errands;
  SampleFeed feed;
  sampler_config.errands = &errands;
  sampler_config.feed = &feed;
  Sampler sampler(chips.clock(), sampled(meters, config, pasts), queue, hub, sampler_config);
  const auto damaged = [&hub](const std::string& what) {
    hub.begin_fault("store_damaged", what,
                    "the rest is served; see docs/store.md, \"fithome store check\"");
  };
  FITHOME_TRY(auto server, api::Server::open({.host = config.listen.host,
                                              .port = config.listen.port,
                                              .data = data,
                                              .damaged = damaged},
                                             hub, chips.clock()));
  CalibrationService calibration(data, calibrated(meters, config, pasts), simulated, errands,
                                 queue);
  SinkService sinks(config, data, queue, hub);
  {
    FITHOME_TRY(const auto reader, store::Reader::open(data));
    FITHOME_TRY_VOID(sinks.open(reader));
  }
  auto control = open_control(data, errands, feed, calibration, sinks, config, server.url());
  say_hello(hub.status(), server.url());

  FITHOME_TRY(const auto publisher, open_mqtt(config, hub, chips.clock(), sinks, queue));
  std::jthread telling;
  if (publisher) telling = named("mqtt", [&](std::stop_token stop) { publisher->run(stop); });
  auto writing = named("writer", [&](std::stop_token stop) { writer.run(stop); });
  const bool as_fast_as_possible = options.simulation && options.simulation->speed == 0;
  auto reading = named("sampler", [&](std::stop_token stop) {
    if (!as_fast_as_possible) nice_this_thread(kUrgent);
    sampler.run(stop);
    ::eventfd_write(finished.get(), 1);
  });
  sinks.start();
  Service service = Service::of_environment();
  wait_for_either(signals, finished, service, hub);

  log_info("stopping");
  control.reset();
  telling = {};
  sinks.stop();  // its cursors are still written
  reading.request_stop();
  reading.join();
  sampler.stopped();
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
  return run_status(done.error());
}

}  // namespace fithome::app
