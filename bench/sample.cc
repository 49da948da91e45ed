// SPDX-License-Identifier: MIT
//
// What one full reading costs the processor, the bus left out: driver, ledger, hand-over, a commit
// of its own, the syncs of the disk, and a live stream to one browser.
//
//   sample [READINGS] [DIRECTORY] [SYNC] [REST]
//     READINGS   how many, 2000
//     DIRECTORY  where the store is, a temporary folder
//     SYNC       seconds of readings between two syncs of the disk, 10; 0 is one a reading
//     REST       milliseconds of sleep before each, 0: as fast as they come. With a rest the
//                caches are cold and the processor has to wake up, as in a house
//
// The wire is answered from a table, so that neither SPI nor the simulated chip is measured. Time
// stands still until a reading is stored: each has its own transaction, as in a house. What the
// waiting for that costs is measured and left out.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include "api/client.h"
#include "api/server.h"
#include "app/hand_over.h"
#include "app/hub.h"
#include "app/leds.h"
#include "app/sampler.h"
#include "app/writer.h"
#include "base/log.h"
#include "chip/chip.h"
#include "sim/sim_bus.h"

using namespace fithome;
using namespace std::chrono_literals;

namespace {

const UtcTime kStart = UtcTime(std::chrono::sys_days(std::chrono::year(2026) / 6 / 1));

// Answers what a real (simulated) chip answered once; only LastSPIData and the energy move.
class TableBus final : public spi::Bus {
 public:
  explicit TableBus(spi::Bus& chip) : chip_(chip) {}
  void freeze() {
    for (std::uint16_t address = 0; address < table_.size(); ++address) {
      spi::Frame frame{.tx = {static_cast<std::uint8_t>(0x80 | (address >> 8)),
                              static_cast<std::uint8_t>(address), 0, 0},
                       .rx = {}};
      if (!chip_.transfer({&frame, 1})) std::abort();
      table_[address] = static_cast<std::uint16_t>(frame.rx[2] << 8 | frame.rx[3]);
    }
    for (std::size_t energy = 0x80; energy < 0x94; ++energy) table_[energy] = 44;
    frozen_ = true;
  }
  Result<void> transfer(std::span<spi::Frame> frames) override {
    if (!frozen_) return chip_.transfer(frames);
    count += frames.size();
    for (spi::Frame& frame : frames) {
      const std::size_t address = (frame.tx[0] << 8 | frame.tx[1]) & 0x3FF;
      if ((frame.tx[0] & 0x80) == 0) {
        last_ = static_cast<std::uint16_t>(frame.tx[2] << 8 | frame.tx[3]);
        continue;
      }
      if (address != 0x78) last_ = table_[address & 0xFF];
      frame.rx = {0xFF, 0xFF, static_cast<std::uint8_t>(last_ >> 8),
                  static_cast<std::uint8_t>(last_)};
    }
    return {};
  }
  std::string describe() const override { return "table"; }
  std::uint64_t count = 0;

 private:
  spi::Bus& chip_;
  bool frozen_ = false;
  std::array<std::uint16_t, 256> table_{};
  std::uint16_t last_ = 0;
};

struct Cost {
  double user_us = 0, system_us = 0;
  static Cost now(int whose) {
    rusage usage{};
    ::getrusage(whose, &usage);
    const auto us = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    };
    return {us(usage.ru_utime), us(usage.ru_stime)};
  }
  Cost operator-(Cost other) const {
    return {user_us - other.user_us, system_us - other.system_us};
  }
  Cost operator+(Cost other) const {
    return {user_us + other.user_us, system_us + other.system_us};
  }
};

// Goes on to the next tick once the last reading is stored, or after a rest as in a house.
class LockstepClock final : public Clock {
 public:
  explicit LockstepClock(Nanoseconds rest) : rest_(rest) {}
  Monotonic monotonic() const override { return inner_.monotonic(); }
  UtcInstant utc() const override { return inner_.utc(); }
  bool wait_until(Monotonic deadline, std::stop_token stop) override {
    const Cost before = Cost::now(RUSAGE_THREAD);
    if (hub) std::this_thread::sleep_for(rest_);
    while (hub && hub->newest() && hub->status().readings < ticks) spin();
    if (hub) ++ticks;
    waiting = waiting + (Cost::now(RUSAGE_THREAD) - before);
    return inner_.wait_until(deadline, stop);
  }
  app::Hub* hub = nullptr;
  std::uint64_t ticks = 0;
  Cost waiting;

 private:
  // Not so often that others wait for the hub, and without a call that keeps the scheduler busy.
  static void spin() {
    const auto end = std::chrono::steady_clock::now() + 5us;
    while (std::chrono::steady_clock::now() < end) {
    }
  }

  const Nanoseconds rest_;
  ManualClock inner_{kStart - 2s};
};

// A browser in a process of its own, so that its cost is not ours.
pid_t browse(const std::string& url) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  (void)api::stream_events(url + "api/v1/live",
                           [](std::string_view, std::string_view) { return true; }, {});
  ::_exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  const int wanted = argc > 1 ? std::atoi(argv[1]) : 2000;
  std::string pattern =
      (argc > 2 ? std::filesystem::path(argv[2]) : std::filesystem::temp_directory_path()) /
      "fithome-bench-XXXXXX";
  const std::filesystem::path data = ::mkdtemp(pattern.data());
  const std::chrono::seconds sync_interval(argc > 3 ? std::atoi(argv[3]) : 10);
  set_log_level(Severity::error);
  auto store = store::Store::open(data);
  if (!store) return std::fprintf(stderr, "%s\n", store.error().what.c_str()), 1;

  LockstepClock clock(std::chrono::milliseconds(argc > 4 ? std::atoi(argv[4]) : 0));
  const auto house = sim::generated_house(1, Hertz{60}, Volts{120});
  sim::SimChip sim_chip(clock, *house);
  sim::SimBus wire(sim_chip);
  TableBus bus(wire);
  chip::EnergyPad pad{};
  chip::reset(pad, {});
  chip::ChipConfig config;
  chip::Chip chip(bus, clock, config, pad);
  if (!chip.start({})) return std::fprintf(stderr, "the chip did not start\n"), 1;
  bus.freeze();

  api::Status identity;
  identity.lines = {true, false, true};
  app::Hub hub(clock, identity);
  clock.hub = &hub;
  auto server = api::Server::open({.data = data}, hub, clock);
  if (!server) return std::fprintf(stderr, "%s\n", server.error().what.c_str()), 1;
  const pid_t browser = browse(server->url());

  app::HandOver queue(240);
  app::Leds leds({});
  app::Writer writer(*store, queue, hub, leds, sync_interval);
  app::SamplerConfig sampling;
  sampling.begin = kStart;
  sampling.end = kStart + std::chrono::seconds(wanted);
  app::Sampler sampler(clock, chip, queue, hub, {}, sampling);
  const Cost before = Cost::now(RUSAGE_SELF);
  {
    std::jthread writing([&](std::stop_token stop) { writer.run(stop); });
    sampler.run({});
    queue.close();
  }
  const Cost spent = Cost::now(RUSAGE_SELF) - before - clock.waiting;

  ::kill(browser, SIGKILL);
  ::waitpid(browser, nullptr, 0);
  const double stored = static_cast<double>(hub.status().readings);
  std::printf("%.0f readings stored, %.1f frames each\n", stored,
              static_cast<double>(bus.count) / stored);
  std::printf("%.1f us user, %.1f us system a reading\n", spent.user_us / stored,
              spent.system_us / stored);
  std::filesystem::remove_all(data);
  return stored == wanted ? 0 : 1;
}
