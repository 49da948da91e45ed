// SPDX-License-Identifier: MIT
//
// A whole day of a generated house through driver, sampler, writer and store, held against what
// really flowed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "app/hand_over.h"
#include "app/hub.h"
#include "app/leds.h"
#include "app/sampler.h"
#include "app/writer.h"
#include "base/log.h"
#include "chip/chip.h"
#include "sim/sim_bus.h"
#include "store/store.h"

namespace fithome {
namespace {

using namespace std::chrono_literals;

// Far from midnight UTC, so that noon's solar export lies in the middle.
const UtcTime kStart = UtcTime(std::chrono::sys_days(std::chrono::year(2026) / 6 / 1)) + 8h;

struct Truth {
  struct InOut {
    double in = 0, out = 0;  // Wh
    void add(double wh) { (wh > 0 ? in : out) += std::abs(wh); }
  };
  std::array<InOut, chip::kLines> lines;
  InOut net;
};

Truth integrate(const sim::House& house, UtcInstant from, UtcInstant to) {
  Truth truth;
  constexpr Nanoseconds kStep = 100ms;
  for (UtcInstant at = from; at < to; at += kStep) {
    const sim::HouseState state = house.mean(at, at + kStep);
    double sum = 0;
    for (std::size_t line = 0; line < truth.lines.size(); ++line) {
      const double wh = energy(state.lines[line].p, kStep).value;
      truth.lines[line].add(wh);
      sum += wh;
    }
    truth.net.add(sum);
  }
  return truth;
}

void expect_near(const reading::Flow& measured, const Truth::InOut& truth, const char* what) {
  SCOPED_TRACE(what);
  EXPECT_NEAR(measured.imported.wh(), truth.in, truth.in * 0.001);
  EXPECT_NEAR(measured.exported.wh(), truth.out, truth.out * 0.001);
}

TEST(Day, OfAGeneratedHouseIsKeptWholeAndItsEnergyIsTheIntegralOfItsPower) {
  set_log_level(Severity::error);
  std::string pattern = (std::filesystem::temp_directory_path() / "fithome-XXXXXX").string();
  const std::filesystem::path data = ::mkdtemp(pattern.data());
  auto store = store::Store::open(data);
  ASSERT_TRUE(store) << store.error().what;

  ManualClock clock(kStart - 2s);
  const auto house = sim::generated_house(7, Hertz{60}, Volts{120});
  sim::SimChip sim_chip(clock, *house);
  sim::SimBus bus(sim_chip);
  chip::ChipConfig config;
  for (int line = 0; line < chip::kLines; ++line) {
    config.lines[static_cast<std::size_t>(line)].voltage_gain = sim::matching_voltage_gain({});
    config.lines[static_cast<std::size_t>(line)].current_gain =
        sim::matching_current_gain({}, line, config.pga);
  }
  chip::EnergyPad pad{};
  chip::reset(pad, {});
  chip::Chip chip(bus, clock, config, pad);
  app::Hub hub(clock, {});
  app::HandOver queue(240);
  app::Leds leds({});
  app::Writer writer(*store, queue, hub, leds, 10s);
  app::SamplerConfig sampling;
  sampling.begin = kStart;
  sampling.end = kStart + 24h;
  app::Sampler sampler(clock, chip, queue, hub, {}, sampling);
  {
    std::jthread writing([&](std::stop_token stop) { writer.run(stop); });
    sampler.run({});
    queue.close();
  }

  const auto reader = store::Reader::open(data);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->info()->readings, 86'400u);
  EXPECT_EQ(hub.status().missed, 0u);
  const auto ledger = reader->ledger();
  ASSERT_TRUE(ledger);
  EXPECT_EQ(ledger->time, kStart + 24h - 1s);
  const Truth truth = integrate(*house, kStart - 1s, kStart + 24h - 1s);
  ASSERT_GT(truth.net.out, 100) << "a day without solar export proves too little";
  expect_near(ledger->lines[0].active, truth.lines[0], "leg A");
  expect_near(ledger->lines[2].active, truth.lines[2], "leg C");
  expect_near(ledger->net.active, truth.net, "netted");

  std::filesystem::remove_all(data);
}

}  // namespace
}  // namespace fithome
