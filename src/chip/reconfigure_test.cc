// SPDX-License-Identifier: MIT
//
// A chip that is given other gains while it counts: no count is lost or doubled, wherever the wire
// or the process ends.
#include <gtest/gtest.h>

#include <algorithm>

#include "chip/chip.h"
#include "chip/settings.h"
#include "sim/sim_bus.h"
#include "sim/test_rig.h"

namespace fithome::chip {
namespace {

using namespace std::chrono_literals;

/// A wire that is cut after so many frames. Of the transfer that is cut no answer arrives, as
/// when a process is killed in it; what the chip was told, it was told.
class CutBus final : public spi::Bus {
 public:
  explicit CutBus(spi::Bus& whole) : whole_(whole) {}
  Result<void> transfer(std::span<spi::Frame> frames) override {
    std::vector<spi::Frame> sent(frames.begin(), frames.end());
    for (spi::Frame& frame : sent) {
      if (left == 0) return fail(Code::transient, "cut");
      --left;
      FITHOME_TRY_VOID(whole_.transfer({&frame, 1}));
    }
    std::ranges::copy(sent, frames.begin());
    return {};
  }
  std::string describe() const override { return "a wire that is cut"; }

  int left = 1 << 30;

 private:
  spi::Bus& whole_;
};

ChipConfig first() { return {}; }
ChipConfig second() {
  ChipConfig config;
  config.pga = 1;
  config.lines[0].voltage_gain = 41000;
  config.lines[0].current_gain = 52000;
  config.lines[0].phase_delay = -40;
  config.lines[2].current_gain = 51000;
  config.lines[2].current_offset = -900;
  return config;
}

struct Meter {
  Meter() {
    house.state.lines[0] = {Volts{120}, Watts{5200}, Vars{900}};
    house.state.lines[2] = {Volts{120}, Watts{-1700}, Vars{-250}};
    reset(pad, {});
  }
  /// Counts that the chip has made but that are neither in the pad nor in its registers.
  std::int64_t missing(EnergyKind kind, int line) {
    const int counter = energy_of(kind, line);
    spi::Frame nothing = read_frame(Reg::LastSPIData);
    EXPECT_TRUE(bus.transfer({&nothing, 1}));
    return static_cast<std::int64_t>(sim_chip.counts_produced(energy_register(counter))) -
           static_cast<std::int64_t>(counters(pad)[static_cast<std::size_t>(counter)]);
  }
  std::int64_t missing() {
    std::int64_t sum = 0;
    for (const auto kind : {EnergyKind::active_import, EnergyKind::active_export,
                            EnergyKind::reactive_import, EnergyKind::apparent}) {
      sum += missing(kind, 0) + missing(kind, 2);
    }
    return sum;
  }

  ManualClock clock{UtcInstant(std::chrono::seconds(1'790'000'000))};
  sim::FakeHouse house;
  sim::SimChip sim_chip{clock, house, {}};
  sim::SimBus bus{sim_chip};
  CutBus wire{bus};
  EnergyPad pad{};
};

TEST(Reconfigure, ChangesGainsWithoutAResetAndKeepsTheCounts) {
  Meter meter;
  Chip chip(meter.wire, meter.clock, first(), meter.pad);
  ASSERT_TRUE(chip.start({}));
  meter.clock.advance(2s);
  const auto before = chip.sample();
  ASSERT_TRUE(before);
  const auto base = meter.missing();
  ChipConfig config = first();
  config.lines[0].voltage_gain = 18553;

  meter.clock.advance(1s);
  ASSERT_TRUE(chip.reconfigure(config));

  meter.clock.advance(1s);
  const auto after = chip.sample();
  ASSERT_TRUE(after) << after.error().what;
  EXPECT_NEAR(after->lines[0]->u.value, before->lines[0]->u.value / 2, 0.01);
  EXPECT_NEAR(after->lines[2]->u.value, before->lines[2]->u.value, 1e-9);
  EXPECT_FALSE(after->incoherent);
  EXPECT_EQ(meter.missing(), base);
  EXPECT_EQ(chip.config().lines[0].voltage_gain, 18553);
}

TEST(Reconfigure, WritesOnlyWhatChanges) {
  Meter meter;
  Chip chip(meter.wire, meter.clock, first(), meter.pad);
  ASSERT_TRUE(chip.start({}));
  std::vector<std::uint16_t> written;
  meter.bus.faults.before_frame = [&](std::uint16_t word) {
    if ((word & 0x8000) == 0) written.push_back(word);
  };
  ChipConfig config = first();
  config.lines[2].current_gain = 25000;

  ASSERT_TRUE(chip.reconfigure(config));

  EXPECT_EQ(written, (std::vector<std::uint16_t>{address(Reg::CfgRegAccEn),
                                                 address(on_line(Reg::IgainA, 2, 4)),
                                                 address(Reg::CfgRegAccEn)}))
      << "the threshold follows the larger gain, which is A's";
}

TEST(Reconfigure, ThresholdsFollowTheGains) {
  Meter meter;
  Chip chip(meter.wire, meter.clock, first(), meter.pad);
  ASSERT_TRUE(chip.start({}));
  ASSERT_TRUE(chip.reconfigure(second()));
  spi::Frame frame = read_frame(Reg::SagTh);
  ASSERT_TRUE(meter.bus.transfer({&frame, 1}));
  EXPECT_EQ(answer(frame), peak_threshold(120 * 100 * 0.78, 41000));
}

TEST(Reconfigure, AReadingThatMixesTwoScalesSaysSo) {
  Meter meter;
  Chip chip(meter.wire, meter.clock, first(), meter.pad);
  ASSERT_TRUE(chip.start({}));
  ASSERT_TRUE(chip.reconfigure(second()));

  meter.clock.advance(100ms);
  EXPECT_TRUE(chip.sample()->incoherent);
  meter.clock.advance(kUnsettled);
  EXPECT_FALSE(chip.sample()->incoherent);
}

TEST(Reconfigure, RefusesAnotherGridAndWhatTheChipCannotTake) {
  Meter meter;
  Chip chip(meter.wire, meter.clock, first(), meter.pad);
  EXPECT_FALSE(chip.reconfigure(second())) << "not started";
  ASSERT_TRUE(chip.start({}));
  ChipConfig grid = first();
  grid.grid = Grid::hz50;
  ChipConfig pga = first();
  pga.pga = 3;
  EXPECT_EQ(chip.reconfigure(grid).error().code, Code::invalid);
  EXPECT_EQ(chip.reconfigure(pga).error().code, Code::invalid);
  EXPECT_TRUE(chip.ready());
}

// The process ends after each frame in turn; another comes, which wants the old or the new settings
// and knows that the chip may hold a mixture.
void kill_after_each_frame(const ChipConfig& wanted, const ChipConfig& other) {
  for (int frames = 0;; ++frames) {
    SCOPED_TRACE(frames);
    Meter meter;
    std::int64_t base = 0;
    bool done = false;
    {
      Chip chip(meter.wire, meter.clock, first(), meter.pad);
      ASSERT_TRUE(chip.start({}));
      meter.clock.advance(1s);
      ASSERT_TRUE(chip.sample());
      base = meter.missing();
      meter.clock.advance(700ms);
      meter.wire.left = frames;
      done = chip.reconfigure(second()).has_value();
    }
    meter.wire.left = 1 << 30;
    meter.clock.advance(400ms);

    Chip chip(meter.wire, meter.clock, wanted, meter.pad);
    chip.may_hold(other);
    const auto found = chip.start({});
    ASSERT_TRUE(found) << found.error().what;
    meter.clock.advance(1s);
    const auto sample = chip.sample();

    ASSERT_TRUE(sample) << sample.error().what;
    EXPECT_EQ(*found, Found::running);
    EXPECT_EQ(meter.missing(), base) << "counts lost or doubled";
    EXPECT_NEAR(sample->lines[0]->u.value, 120.0 * wanted.lines[0].voltage_gain / 37106, 0.1);
    if (done) {
      EXPECT_GT(frames, 60);
      return;
    }
  }
}

TEST(Reconfigure, LosesNoCountWhereverTheProcessEndsAndTheOldSettingsGoOn) {
  kill_after_each_frame(first(), second());
}

TEST(Reconfigure, LosesNoCountWhereverTheProcessEndsAndTheNewSettingsGoOn) {
  kill_after_each_frame(second(), first());
}

TEST(Reconfigure, AWireThatFailsHalfWayLeavesTheOldSettingsAndAllCounts) {
  Meter meter;
  Chip chip(meter.wire, meter.clock, first(), meter.pad);
  ASSERT_TRUE(chip.start({}));
  meter.clock.advance(1s);
  ASSERT_TRUE(chip.sample());
  const auto base = meter.missing();
  meter.wire.left = 60;

  ASSERT_FALSE(chip.reconfigure(second()));
  meter.wire.left = 1 << 30;
  if (!chip.ready()) {
    ASSERT_EQ(chip.start({}), Found::running);
  }
  meter.clock.advance(1s);

  ASSERT_TRUE(chip.sample());
  EXPECT_EQ(chip.config().lines[0].voltage_gain, first().lines[0].voltage_gain);
  EXPECT_EQ(meter.missing(), base);
}

}  // namespace
}  // namespace fithome::chip
