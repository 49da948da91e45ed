// SPDX-License-Identifier: MIT
//
// The sampler on several simulated chips: measured together, none hidden by another's failure.
#include <gtest/gtest.h>

#include <set>

#include "app/leds.h"
#include "app/sampler.h"
#include "app/test_noon.h"
#include "app/writer.h"
#include "base/log.h"
#include "sim/sim_bus.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

constexpr reading::ChannelId kPower = *reading::find_channel("p");
constexpr reading::ChannelId kVoltageA = *reading::find_channel("u_a");

// Its own number of watts, so that no meter is taken for another.
class Branch final : public sim::House {
 public:
  explicit Branch(double watts) : watts_(watts) {}
  sim::HouseState mean(UtcInstant, UtcInstant) const override {
    sim::HouseState state;
    state.lines[0] = {Volts{120}, Watts{watts_}, Vars{10}};
    state.lines[2] = {Volts{120}, Watts{0}, Vars{0}};
    return state;
  }
  std::string describe() const override { return "branch"; }

 private:
  double watts_;
};

struct Chip {
  Chip(Clock& clock, double watts) : house(watts), chip(clock, house), bus(chip) {
    chip::reset(pad, {});
  }
  Branch house;
  sim::SimChip chip;
  sim::SimBus bus;
  chip::EnergyPad pad{};
  std::unique_ptr<chip::Chip> driver;
};

chip::ChipConfig config() {
  chip::ChipConfig of;
  for (chip::LineConfig& line : of.lines) {
    line.voltage_gain = sim::matching_voltage_gain({});
    line.current_gain = sim::matching_current_gain({}, 0, of.pga);
  }
  return of;
}

// Goes on by itself as a ManualClock does, but like a real one waits for no store unless told so.
class TestClock final : public Clock {
 public:
  Monotonic monotonic() const override { return inner.monotonic(); }
  UtcInstant utc() const override { return inner.utc(); }
  bool free_running() const override { return false; }
  bool wait_until(Monotonic deadline, std::stop_token stop) override {
    return inner.wait_until(deadline, stop);
  }
  void advance(Nanoseconds time) { inner.advance(time); }

  ManualClock inner{kNoon - 4s};
};

class SeveralMeters : public testing::Test {
 protected:
  SeveralMeters() { set_log_level(Severity::error); }

  // So many meters; the n-th draws 1000 W and n times 100.
  void wire(int count) {
    api::Status identity;
    for (int n = 0; n < count; ++n) {
      Chip& chip = *chips_.emplace_back(std::make_unique<Chip>(clock_, watts(n)));
      chip.driver = std::make_unique<chip::Chip>(chip.bus, clock_, config(), chip.pad);
      api::MeterStatus& meter = identity.meters.emplace_back();
      meter.id = n + 1;
      meter.name = name(n);
      sampling_.sum.push_back({.meter = static_cast<std::size_t>(n)});
    }
    hub_.emplace(clock_, identity);
  }
  static double watts(int n) { return 1000 + 100 * n; }
  static std::string name(int n) { return fmt::format("m{}", n); }

  void run(Nanoseconds time, std::size_t queue = 100'000) {
    HandOver to(queue);
    std::vector<Metered> meters;
    for (std::size_t n = 0; n < chips_.size(); ++n) {
      meters.push_back({.chip = *chips_[n]->driver,
                        .id = static_cast<store::MeterId>(n) + 1,
                        .name = name(static_cast<int>(n))});
    }
    sampling_.begin = to_stamp(kNoon);
    sampling_.end = to_stamp(kNoon) + std::chrono::duration_cast<std::chrono::milliseconds>(time);
    Sampler(clock_, meters, to, *hub_, sampling_).run({});
    parcel_ = to.take(0ns);
  }

  std::vector<reading::Reading> of(store::MeterId meter) const {
    std::vector<reading::Reading> readings;
    for (std::size_t n = 0; n < parcel_.readings.size(); ++n) {
      if (parcel_.meters[n] == meter) readings.push_back(parcel_.readings[n]);
    }
    return readings;
  }
  int events(std::string_view kind, store::MeterId meter) const {
    return static_cast<int>(std::ranges::count_if(parcel_.events, [&](const store::Event& event) {
      return event.kind == kind && event.meter == meter;
    }));
  }
  sim::BusFaults& faults(std::size_t meter) { return chips_[meter]->bus.faults; }

  TestClock clock_;
  std::vector<std::unique_ptr<Chip>> chips_;
  std::optional<Hub> hub_;
  SamplerConfig sampling_;
  Parcel parcel_;
};

TEST_F(SeveralMeters, FourteenAreReadAtEachTickUnderOneTime) {
  wire(14);

  run(60s);

  ASSERT_EQ(parcel_.readings.size(), 14u * 60u);
  for (std::size_t n = 0; n < parcel_.readings.size(); ++n) {
    const auto meter = static_cast<int>(n % 14);
    const reading::Reading& reading = parcel_.readings[n];
    ASSERT_EQ(parcel_.meters[n], meter + 1) << "in the order of the configuration";
    ASSERT_EQ(reading.time, to_stamp(kNoon) + std::chrono::seconds(n / 14));
    ASSERT_EQ(reading.flags, 0u);
    ASSERT_NEAR(*reading.value(kPower), watts(meter), 0.5);
  }
  EXPECT_TRUE(hub_->healthy());
  EXPECT_EQ(parcel_.house.size(), 60u);
}

TEST_F(SeveralMeters, SkewIsFromTheFirstMeasurementToTheLastAndEnergyIsReadAfterAll) {
  wire(14);
  std::set<std::size_t> measured;
  int energy_reads = 0;
  for (std::size_t n = 0; n < 14; ++n) {
    // 0.1 ms a frame, as at 500 kHz with the kernel's part.
    faults(n).before_frame = [&, n](std::uint16_t address) {
      clock_.advance(100us);
      if (clock_.utc() < kNoon || (address & 0x8000) == 0) return;
      const auto reg = static_cast<chip::Reg>(address & 0x3FF);
      if (reg == chip::Reg::UrmsA) measured.insert(n);
      if (reg != chip::Reg::APenergyT) return;
      EXPECT_EQ(measured.size(), 14u) << "energy of " << n;
      ++energy_reads;
      if (n == 13) measured.clear();
    };
  }

  run(30s);

  ASSERT_EQ(parcel_.skews.size(), 30u);
  for (const store::Skew& skew : parcel_.skews) {
    EXPECT_GT(skew.apart, 13 * 53 * 100us) << "at least the measurements of thirteen chips";
    EXPECT_LT(skew.apart, 13 * 65 * 100us) << "and not their energy";
  }
  EXPECT_NEAR(hub_->status().skew_worst_s, 0.0800, 0.005);
  EXPECT_EQ(hub_->status().late_ticks, 0u);
  EXPECT_EQ(energy_reads, 14 * 30);
}

TEST_F(SeveralMeters, OneChipThatIsAbsentCostsTheOthersNothing) {
  wire(3);
  faults(1).absent = true;

  run(5min);

  EXPECT_EQ(of(1).size(), 300u);
  EXPECT_EQ(of(2).size(), 0u);
  EXPECT_EQ(of(3).size(), 300u);
  for (const reading::Reading& reading : of(3)) EXPECT_EQ(reading.flags, 0u) << "not even late";
  const api::Status status = hub_->status();
  ASSERT_EQ(status.faults.size(), 1u);
  EXPECT_EQ(status.faults[0].name, "chip_absent");
  EXPECT_EQ(status.faults[0].meter, "m1");
  EXPECT_EQ(status.meters[1].missed, 300u);
  EXPECT_EQ(status.meters[0].missed, 0u);
  EXPECT_EQ(events("gap", 2), 1);
  EXPECT_EQ(events("gap", 1) + events("gap", 3), 0);
  EXPECT_EQ(parcel_.house.back().net.active, reading::Flow{}) << "nothing is netted without it";
  EXPECT_GT(parcel_.house.back().net_remainder[0], 0) << "but what the others had waits";
}

TEST_F(SeveralMeters, ABrownOutOfOneIsItsOwnGapWhileTheOthersAreReadOn) {
  wire(3);
  int frames = 0;
  faults(0).before_frame = [&](std::uint16_t) {
    if (++frames == 3000) chips_[1]->chip.brown_out();
  };

  run(2min);

  EXPECT_EQ(of(1).size(), 120u);
  EXPECT_EQ(of(3).size(), 120u);
  EXPECT_GE(of(2).size(), 115u);
  EXPECT_LT(of(2).size(), 120u);
  for (const reading::Reading& reading : of(2)) {
    EXPECT_NEAR(*reading.value(kVoltageA), 120, 0.1)
        << "the plausible 106 V of a chip with lost gains";
  }
  EXPECT_EQ(events("chip_reset", 2), 1);
  EXPECT_EQ(events("gap", 2), 2);
  EXPECT_EQ(events("gap", 1) + events("gap", 3), 0);
  EXPECT_EQ(hub_->status().meters[1].chip_resets, 1u);
  EXPECT_EQ(hub_->status().chip_resets, 1u);
  EXPECT_TRUE(hub_->healthy());
}

TEST_F(SeveralMeters, TheHouseIsTheSumOfTheLedgersToTheCount) {
  wire(2);
  sampling_.sum[1].sign = -1;
  faults(1).before_frame = [&](std::uint16_t) {
    faults(1).absent = (clock_.utc() - kNoon) / 1s % 60 == 30;
  };

  run(10min);

  ASSERT_LT(of(2).size(), 600u) << "a wire so bad costs readings";
  std::array<reading::Ledger, 2> last;
  for (std::size_t n = 0; n < parcel_.ledgers.size(); ++n) {
    last[static_cast<std::size_t>(parcel_.meters[n] - 1)] = parcel_.ledgers[n];
  }
  const auto net = [](const reading::Ledger& ledger) {
    return ledger.net.active.imported.nwh - ledger.net.active.exported.nwh +
           ledger.net_remainder[0];
  };
  EXPECT_EQ(net(parcel_.house.back()), net(last[0]) - net(last[1]));
  EXPECT_NEAR(parcel_.house.back().net.active.exported.wh(), 100 / 6.0, 0.6);
}

TEST_F(SeveralMeters, AFullQueueLosesWholeTicksAndNoEnergy) {
  wire(2);

  run(60s, 20);

  const std::size_t kept = parcel_.readings.size();
  EXPECT_LE(kept, 20u);
  EXPECT_EQ(parcel_.house.size(), kept / 2);
  EXPECT_EQ(hub_->status().dropped + kept, 120u);
  EXPECT_EQ(events("gap", 1), 1);
  EXPECT_EQ(events("gap", 2), 1);
  const reading::Ledger& house = parcel_.house.back();
  EXPECT_EQ(house.net.active.imported.nwh + house.net_remainder[0],
            parcel_.ledgers[kept - 2].net.active.imported.nwh +
                parcel_.ledgers[kept - 1].net.active.imported.nwh)
      << "what is handed over agrees with itself";
}

TEST_F(SeveralMeters, AreOnDiskTogetherWithTheirHouse) {
  wire(3);
  std::string pattern = (std::filesystem::temp_directory_path() / "fithome-XXXXXX").string();
  const std::filesystem::path data = ::mkdtemp(pattern.data());
  auto store = store::Store::open(data);
  ASSERT_TRUE(store);
  HandOver to(1000);
  run(31min);
  ASSERT_TRUE(to.give(parcel_));
  to.close();
  Leds leds({});
  Writer(*store, to, *hub_, leds, std::chrono::seconds(10)).run({});

  const auto reader = store::Reader::open(data);
  ASSERT_TRUE(reader);
  reading::Energy sum;
  for (store::MeterId meter = 1; meter <= 3; ++meter) {
    auto scan = reader->scan({.meter = meter, .channels = {kPower}});
    EXPECT_EQ(scan->next()->size(), 1860u);
    sum = sum + reader->ledger(meter)->net.active.imported;
    EXPECT_EQ(reader->ledger_at(to_stamp(kNoon) + 15min, meter)->time, to_stamp(kNoon) + 15min);
  }
  const auto house = reader->ledger(store::kHouse);
  ASSERT_TRUE(house);
  EXPECT_EQ(house->net.active.imported.nwh + house->net_remainder[0], sum.nwh);
  EXPECT_EQ(reader->ledger_at(to_stamp(kNoon) + 15min, store::kHouse)->time,
            to_stamp(kNoon) + 15min);
  EXPECT_EQ(hub_->status().readings, 3 * 1860u);
  std::filesystem::remove_all(data);
}

}  // namespace
}  // namespace fithome::app
