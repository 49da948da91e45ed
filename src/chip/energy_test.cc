// SPDX-License-Identifier: MIT
#include "chip/energy.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

#include "chip/fake_chip_test_bus.h"

namespace fithome::chip {
namespace {

constexpr std::array<bool, kLines> kSplit{true, false, true};
constexpr int kImportA = energy_of(EnergyKind::active_import, 0);
constexpr int kExportC = energy_of(EnergyKind::active_export, 2);

struct Meter {
  FakeChipBus bus;
  EnergyPad pad{};
  Meter() { reset(pad, {}); }
  std::uint64_t count(int counter) const {
    return counters(pad)[static_cast<std::size_t>(counter)];
  }
};

std::uint64_t sum(const EnergyCounters& counts) {
  std::uint64_t total = 0;
  for (const auto count : counts) total += count;
  return total;
}

/// A different count in every register of split phase, or 0 in some of them.
std::uint64_t fill(FakeChipBus& bus, bool some_empty) {
  std::uint64_t total = 0;
  for (int n = 0; n < kEnergyCounters; ++n) {
    const int place = n % kEnergyPerKind;
    if (place == 2 || (some_empty && n % 3 == 1)) continue;
    bus.at(energy_register(n)) = static_cast<std::uint16_t>(1000 + 37 * n);
    total += static_cast<std::uint64_t>(1000 + 37 * n);
  }
  return total;
}

TEST(Energy, AddsWhatTheRegistersHeldAndClearsThem) {
  Meter meter;
  meter.bus.at(Reg::APenergyA) = 1066;  // 1200 W for 10 s
  meter.bus.at(on_line(Reg::ANenergyA, 2)) = 12;

  ASSERT_TRUE(take_energy(meter.bus, meter.pad, kSplit));
  meter.bus.at(Reg::APenergyA) = 4;
  ASSERT_TRUE(take_energy(meter.bus, meter.pad, kSplit));

  EXPECT_EQ(meter.count(kImportA), 1070u);
  EXPECT_EQ(meter.count(kExportC), 12u);
  EXPECT_EQ(sum(counters(meter.pad)), 1082u);
}

TEST(Energy, LeavesLinesThatAreNotUsedAlone) {
  Meter meter;
  meter.bus.at(on_line(Reg::APenergyA, 1)) = 5;

  ASSERT_TRUE(take_energy(meter.bus, meter.pad, kSplit));

  EXPECT_EQ(sum(counters(meter.pad)), 0u);
  EXPECT_EQ(meter.bus.at(on_line(Reg::APenergyA, 1)), 5);
}

TEST(Energy, TakesAtMost45FramesForSplitPhase) {
  Meter meter;
  for (int n = 0; n < kEnergyCounters; ++n) meter.bus.at(energy_register(n)) = 7;

  ASSERT_TRUE(take_energy(meter.bus, meter.pad, kSplit));

  EXPECT_EQ(meter.bus.frames, 45);
}

TEST(Energy, GoesOnFromGivenCounts) {
  Meter meter;
  EnergyCounters before{};
  before[kImportA] = 1'000'000'000'000;
  reset(meter.pad, before);
  meter.bus.at(Reg::APenergyA) = 1;

  ASSERT_TRUE(take_energy(meter.bus, meter.pad, kSplit));

  EXPECT_EQ(meter.count(kImportA), 1'000'000'000'001u);
}

TEST(Energy, IsRightWhicheverFrameArrivesFlipped) {
  for (int frame = 0; frame < 45; ++frame) {
    for (const int bit : {0, 5, 15}) {
      Meter meter;
      const std::uint64_t total = fill(meter.bus, false);
      meter.bus.flip[frame] = static_cast<std::uint16_t>(1 << bit);

      ASSERT_TRUE(take_energy(meter.bus, meter.pad, kSplit));

      EXPECT_EQ(sum(counters(meter.pad)), total) << "frame " << frame << " bit " << bit;
    }
  }
}

TEST(Energy, LosesNoCountWhenATransferFailsAnywhere) {
  for (int frame = 0; frame < 45; ++frame) {
    Meter meter;
    const std::uint64_t total = fill(meter.bus, false);
    meter.bus.fail_after = frame;

    const auto taken = take_energy(meter.bus, meter.pad, kSplit);
    EXPECT_FALSE(taken);
    ASSERT_TRUE(take_energy(meter.bus, meter.pad, kSplit));

    EXPECT_EQ(sum(counters(meter.pad)), total) << "frame " << frame;
  }
}

/// A wire on which the process may be killed: at the edge of a transfer a new process takes over
/// what the pad's memory holds at that moment, the old one is never heard of again.
class KillingBus final : public spi::Bus {
 public:
  KillingBus(FakeChipBus& chip, const EnergyPad& pad, int kill_at)
      : chip_(chip), pad_(pad), kill_at_(kill_at) {}

  Result<void> transfer(std::span<spi::Frame> frames) override {
    if (dead_) return fail(Code::transient, "killed");
    if (edges_++ == kill_at_) return die();  // before anything reached the wire
    if (edges_++ == kill_at_) {              // the chip was read, the kernel filled no rx
      std::vector<spi::Frame> lost(frames.begin(), frames.end());
      (void)chip_.transfer(lost);
      return die();
    }
    if (edges_++ == kill_at_) {  // only the first frame reached the wire
      std::vector<spi::Frame> lost(frames.begin(), frames.begin() + 1);
      (void)chip_.transfer(lost);
      return die();
    }
    auto done = chip_.transfer(frames);
    if (edges_++ == kill_at_) return die();  // rx filled, not a line of ours executed since
    return done;
  }
  std::string describe() const override { return "killing bus"; }
  bool dead() const { return dead_; }
  const EnergyPad& left_behind() const { return left_behind_; }

 private:
  Result<void> die() {
    std::memcpy(&left_behind_, &pad_, sizeof pad_);
    dead_ = true;
    return fail(Code::transient, "killed");
  }

  FakeChipBus& chip_;
  const EnergyPad& pad_;
  int kill_at_;
  int edges_ = 0;
  bool dead_ = false;
  EnergyPad left_behind_{};
};

/// How many edges there were until the process came through alive.
int kill_at_each_edge(bool some_empty) {
  for (int edge = 0;; ++edge) {
    Meter meter;
    const std::uint64_t first = fill(meter.bus, some_empty);
    EXPECT_TRUE(take_energy(meter.bus, meter.pad, kSplit));
    const std::uint64_t total = first + fill(meter.bus, some_empty);

    KillingBus wire(meter.bus, meter.pad, edge);
    (void)take_energy(wire, meter.pad, kSplit);
    if (!wire.dead()) return edge;
    EnergyPad pad = wire.left_behind();
    EXPECT_TRUE(recover(meter.bus, pad));
    EXPECT_TRUE(take_energy(meter.bus, pad, kSplit));

    EXPECT_EQ(sum(counters(pad)), total) << "edge " << edge;
  }
}

TEST(Energy, LosesAndDoublesNothingWhenKilledAtAnyEdgeOfATransfer) {
  EXPECT_EQ(kill_at_each_edge(false), 4 * 30);  // 30 transfers
  EXPECT_GE(kill_at_each_edge(true), 4 * 20);
}

TEST(Energy, KeepsACountInTheFramesThoughTheChipLostItsMemoryToo) {
  Meter meter;
  meter.bus.at(Reg::APenergyT) = 500;
  KillingBus wire(meter.bus, meter.pad, 7);  // after the first counter's own transfer
  (void)take_energy(wire, meter.pad, kSplit);
  EnergyPad pad = wire.left_behind();
  ASSERT_EQ(pad.pending, 0);

  meter.bus.power_up();
  ASSERT_TRUE(recover(meter.bus, pad));

  EXPECT_EQ(counters(pad)[0], 500u);
}

/// The moments between the stores of one booking, made by hand: what recover() must tell apart.
TEST(Energy, BooksOnceWhereverBetweenTheStoresItIsKilled) {
  Meter meter;
  meter.bus.at(Reg::APenergyT) = 500;
  KillingBus wire(meter.bus, meter.pad, 7);
  (void)take_energy(wire, meter.pad, kSplit);

  EnergyPad summed = wire.left_behind();  // the sum is written, steps not yet
  summed.wide[0].value[1] = 500;
  EnergyPad stepped = summed;  // steps too, pending not yet
  stepped.wide[0].steps = stepped.pending_steps;
  EnergyPad laid_out = wire.left_behind();  // the next read is laid out, pending not yet
  laid_out.wide[0] = stepped.wide[0];
  laid_out.pending = -1;
  laid_out.pending_steps = 77;

  for (EnergyPad* pad : {&summed, &stepped, &laid_out}) {
    ASSERT_TRUE(recover(meter.bus, *pad));
    EXPECT_EQ(counters(*pad)[0], 500u);
    EXPECT_EQ(pad->pending, -1);
    ASSERT_TRUE(recover(meter.bus, *pad));  // again: nothing more
    EXPECT_EQ(counters(*pad)[0], 500u);
  }
}

TEST(Energy, DoesNotBelieveAPadFullOfNonsense) {
  Meter meter;
  meter.pad.pending = 4711;

  ASSERT_TRUE(recover(meter.bus, meter.pad));

  EXPECT_EQ(meter.bus.frames, 0);
}

TEST(Energy, CountsAFullRegisterAndSaysThatEnergyWasLost) {
  Meter meter;
  meter.bus.at(Reg::APenergyA) = 0xFFFF;

  const auto taken = take_energy(meter.bus, meter.pad, kSplit);

  ASSERT_TRUE(taken);
  EXPECT_TRUE(taken->overflowed);
  EXPECT_TRUE(taken->overflow_near);
  EXPECT_EQ(meter.pad.overflows, 1u);
  EXPECT_EQ(meter.count(kImportA), 65535u);
}

TEST(Energy, WarnsWhenARegisterIsHalfFull) {
  Meter meter;
  meter.bus.at(Reg::APenergyA) = 32769;

  const auto taken = take_energy(meter.bus, meter.pad, kSplit);

  ASSERT_TRUE(taken);
  EXPECT_TRUE(taken->overflow_near);
  EXPECT_FALSE(taken->overflowed);
}

TEST(Energy, NeverCountsADeadWireAs65535) {
  for (int frame = 0; frame < 45; ++frame) {
    Meter meter;
    const std::uint64_t total = fill(meter.bus, false);
    meter.bus.before_frame = [&](int number, Reg) {
      if (number == frame) meter.bus.miso = FakeChipBus::Level::high;
    };

    EXPECT_FALSE(take_energy(meter.bus, meter.pad, kSplit));

    EXPECT_LE(sum(counters(meter.pad)), total) << "dead from frame " << frame;
  }
}

TEST(Energy, WaitsWithAReadUnderWayUntilTheWireIsBack) {
  Meter meter;
  meter.bus.at(Reg::APenergyT) = 500;
  KillingBus wire(meter.bus, meter.pad, 5);  // read by the chip, nothing heard
  (void)take_energy(wire, meter.pad, kSplit);
  EnergyPad pad = wire.left_behind();

  meter.bus.miso = FakeChipBus::Level::high;
  meter.bus.mosi_cut = true;
  meter.bus.before_frame = [&](int, Reg) {};
  EXPECT_FALSE(recover(meter.bus, pad));

  EXPECT_EQ(pad.pending, 0);
}

}  // namespace
}  // namespace fithome::chip
