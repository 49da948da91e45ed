// SPDX-License-Identifier: MIT
#include "chip/chip.h"

#include <gtest/gtest.h>

#include "chip/fake_chip_test_bus.h"

namespace fithome::chip {
namespace {

constexpr double kCount = 0.00032 / 2 + 1e-9;  // half a count of power

struct Board {
  FakeChipBus bus;
  ManualClock clock{UtcInstant{}};
  EnergyPad pad{};
  Chip chip{bus, clock, {}, pad};

  Board() {
    reset(pad, {});
    EXPECT_TRUE(chip.start({}));
    set_evening(bus);
    bus.frames = 0;
  }
  std::string complaint() {
    const auto sample = chip.sample();
    return sample ? "" : sample.error().what;
  }
  /// Runs `change` once, just before the n-th time that `reg` is asked for.
  void before(Reg reg, int nth, std::function<void()> change) {
    bus.before_frame = [reg, nth, change, seen = 0](int, Reg asked) mutable {
      if (asked == reg && ++seen == nth) change();
    };
  }
};

TEST(Chip, ReadsAWholeHouse) {
  Board board;

  const auto sample = board.chip.sample();

  ASSERT_TRUE(sample) << sample.error().what;
  ASSERT_TRUE(sample->lines[0] && sample->lines[2]);
  EXPECT_FALSE(sample->lines[1]);
  EXPECT_NEAR(sample->lines[0]->u.value, 120, 0.001);
  EXPECT_NEAR(sample->lines[0]->i.value, 10.417, 1e-6);
  EXPECT_NEAR(sample->lines[0]->p.value, 1200, kCount);
  EXPECT_NEAR(sample->lines[0]->q.value, 350, kCount);
  EXPECT_NEAR(sample->lines[0]->s.value, 1250, kCount);
  EXPECT_NEAR(sample->lines[0]->pf, 0.96, 1e-9);
  EXPECT_NEAR(sample->lines[0]->angle.value, 16.3, 1e-9);
  EXPECT_NEAR(sample->p.value, 800, kCount);
  EXPECT_NEAR(sample->f.value, 60.01, 1e-9);
  EXPECT_NEAR(sample->temperature.value, 35, 1e-9);
  EXPECT_FALSE(sample->incoherent);
  EXPECT_FALSE(sample->voltage_absent);
  EXPECT_EQ(sample->retries, 0);
}

TEST(Chip, ShowsSolarExportAsNegativePower) {
  Board board;

  const auto sample = board.chip.sample();

  ASSERT_TRUE(sample);
  EXPECT_NEAR(sample->lines[2]->p.value, -400, kCount);
  EXPECT_NEAR(sample->lines[2]->pf, -0.99, 1e-9);
}

TEST(Chip, TakesAtMost110FramesForSplitPhase) {
  Board board;
  for (int n = 0; n < kEnergyCounters; ++n) board.bus.at(energy_register(n)) = 7;
  board.bus.at(Reg::EMMIntState0) = 1;

  ASSERT_TRUE(board.chip.sample());

  EXPECT_EQ(board.bus.frames, 110);
}

TEST(Chip, TakesAbout100FramesOnAnOrdinaryPoll) {
  Board board;
  for (const EnergyKind kind :
       {EnergyKind::active_import, EnergyKind::reactive_import, EnergyKind::apparent}) {
    for (int n = 0; n < kEnergyPerKind; ++n)
      board.bus.at(energy_register(energy_total(kind) + n)) = 7;
  }

  ASSERT_TRUE(board.chip.sample());

  EXPECT_EQ(board.bus.frames, 102);
}

TEST(Chip, DoesNotMixTwoWindowsInOnePower) {
  Board board;
  // 65535 counts, then 65537: read apart they would make 0 or 41.9 W.
  const auto set = [&](std::int32_t counts) {
    for (const Reg reg : {Reg::PmeanA, Reg::PmeanT}) board.bus.set_long(reg, counts);
    for (const Reg reg : {Reg::SmeanA, Reg::SmeanT}) board.bus.set_long(reg, counts);
    for (int n = 0; n < 3; n += 2) {
      board.bus.set_long(on_line(Reg::QmeanA, n), 0);
      board.bus.at(on_line(Reg::IrmsA, n)) = 0;
    }
    board.bus.at(Reg::IrmsA) = 175;
    board.bus.at(Reg::PFmeanA) = 1000;
    for (const Reg reg : {Reg::PmeanA, Reg::SmeanA}) board.bus.set_long(on_line(reg, 2), 0);
    board.bus.set_long(Reg::QmeanT, 0);
  };
  for (const Reg at : {low_word(Reg::PmeanA), low_word(Reg::PmeanT)}) {
    set(65535);
    board.before(at, 1, [&] { set(65537); });

    const auto sample = board.chip.sample();

    ASSERT_TRUE(sample) << sample.error().what;
    EXPECT_NEAR(sample->lines[0]->p.value, 20.97184, 0.001);
    EXPECT_NEAR(sample->p.value, 20.97184, 0.001);
    EXPECT_GT(sample->retries, 0);
  }
}

TEST(Chip, GivesUpOnAWordThatNeverReadsTheSame) {
  Board board;
  board.bus.at(Reg::APenergyT) = 5;
  board.bus.before_frame = [&](int number, Reg reg) {
    if (reg == Reg::PmeanA) board.bus.at(Reg::PmeanA) = static_cast<std::uint16_t>(number);
  };

  EXPECT_TRUE(says(board.complaint(), "does not read the same twice"));
  EXPECT_TRUE(board.chip.ready());
  EXPECT_EQ(board.bus.at(Reg::APenergyT), 5);
}

TEST(Chip, AsksAgainWhenTotalAndLinesAreOfDifferentWindows) {
  Board board;
  board.before(Reg::PmeanA, 1, [&] {
    board.bus.set_power(Reg::PmeanA, 1210);
    board.bus.set_power(Reg::PmeanT, 810);
  });

  const auto sample = board.chip.sample();

  ASSERT_TRUE(sample);
  EXPECT_NEAR(sample->p.value, 810, kCount);
  EXPECT_FALSE(sample->incoherent);
  EXPECT_EQ(sample->retries, 53);
}

TEST(Chip, MarksPowersThatKeepDisagreeing) {
  Board board;
  board.bus.set_power(Reg::PmeanT, 900);

  const auto sample = board.chip.sample();

  ASSERT_TRUE(sample);
  EXPECT_TRUE(sample->incoherent);
}

TEST(Chip, TakesDistortedCurrentForWhatItIs) {
  Board board;
  board.bus.set_power(Reg::SmeanA, 1400);  // P and Q explain 1250 VA
  board.bus.set_power(Reg::SmeanT, 1804);
  board.bus.at(Reg::IrmsA) = 11667;
  board.bus.at(Reg::PFmeanA) = 857;

  const auto sample = board.chip.sample();

  ASSERT_TRUE(sample);
  EXPECT_FALSE(sample->incoherent);
  EXPECT_EQ(sample->retries, 0);
}

TEST(Chip, SeesThroughAnySingleFlippedBitThatMatters) {
  // Frames 7 to 59 are the measurements; angles, peaks and the neutral stand alone.
  for (int frame = 0; frame < 60; ++frame) {
    for (int bit = 0; bit < 16; ++bit) {
      Board board;
      board.bus.flip[frame] = static_cast<std::uint16_t>(1 << bit);

      const auto sample = board.chip.sample();

      ASSERT_TRUE(sample) << "frame " << frame << " bit " << bit << ": " << sample.error().what;
      EXPECT_FALSE(sample->incoherent);
      // 0.1 + 0.1 %: what a total may differ from its lines before it is asked again.
      EXPECT_NEAR(sample->lines[0]->p.value, 1200, 1.3) << frame << " " << bit;
      EXPECT_NEAR(sample->lines[2]->p.value, -400, 1.3) << frame << " " << bit;
      EXPECT_NEAR(sample->p.value, 800, 1.3) << frame << " " << bit;
      EXPECT_NEAR(sample->lines[0]->q.value, 350, 1.3);
      EXPECT_NEAR(sample->lines[0]->s.value, 1250, 1.8);
      EXPECT_NEAR(sample->lines[0]->u.value, 120, 0.01);
      EXPECT_NEAR(sample->lines[0]->i.value, 10.417, 0.001);
      EXPECT_NEAR(sample->f.value, 60.01, 0.1);
      EXPECT_NEAR(sample->temperature.value, 35, 1);
      EXPECT_NEAR(sample->lines[0]->pf, 0.96, 0.021);
    }
  }
}

TEST(Chip, NoticesAResetBehindItsBackAndPublishesNothing) {
  Board board;
  board.bus.power_up();
  set_evening(board.bus);  // plausible, and wrong
  board.bus.at(Reg::APenergyT) = 5;

  EXPECT_TRUE(says(board.complaint(), "reset behind our back: voltage gain reads 0x8000"));
  EXPECT_FALSE(board.chip.ready());
  EXPECT_EQ(board.bus.at(Reg::APenergyT), 5);
  ASSERT_TRUE(board.chip.start({}));
  EXPECT_TRUE(board.chip.ready());
}

TEST(Chip, NoticesAChipThatIsGone) {
  for (const auto level : {FakeChipBus::Level::high, FakeChipBus::Level::low}) {
    Board board;
    board.bus.miso = level;

    EXPECT_TRUE(says(board.complaint(), "no energy chip answers"));
    EXPECT_FALSE(board.chip.ready());
    EXPECT_EQ(counters(board.pad), EnergyCounters{});

    board.bus.miso = FakeChipBus::Level::chip;
    const auto found = board.chip.start({});
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, Found::running);  // only the wire was off
  }
}

TEST(Chip, NoticesDamagedSettings) {
  Board board;
  board.bus.at(Reg::CRCErrStatus) = 1;

  EXPECT_TRUE(says(board.complaint(), "settings damaged"));
  EXPECT_FALSE(board.chip.ready());
}

TEST(Chip, PublishesNothingImplausibleAndLeavesTheEnergyInTheChip) {
  const auto refused = [](Reg reg, std::uint16_t value, Code code = Code::transient) {
    Board board;
    board.bus.at(Reg::APenergyT) = 5;
    board.bus.at(reg) = value;
    const auto sample = board.chip.sample();
    return !sample && sample.error().code == code && board.bus.at(Reg::APenergyT) == 5 &&
           board.chip.ready();
  };

  EXPECT_TRUE(refused(Reg::UrmsA, 0xFFFF, Code::invalid)) << "the gain of another board";
  EXPECT_TRUE(refused(Reg::Freq, 0));
  EXPECT_TRUE(refused(Reg::Freq, 0xFFFF));
  EXPECT_TRUE(refused(Reg::Temp, 126));
  EXPECT_TRUE(refused(Reg::Temp, static_cast<std::uint16_t>(-41)));
}

TEST(Chip, SaysWhenThereIsNoVoltage) {
  Board board;
  for (const Reg reg : {Reg::UrmsA, on_line(Reg::UrmsA, 2)}) board.bus.at(reg) = 3;
  board.bus.at(Reg::Freq) = 0;

  const auto sample = board.chip.sample();

  ASSERT_TRUE(sample);
  EXPECT_TRUE(sample->voltage_absent);
  EXPECT_EQ(sample->f, Hertz{0});
}

TEST(Chip, MarksALineThatIsCutOff) {
  Board board;
  board.bus.at(Reg::IPeakA) = 32767;

  const auto sample = board.chip.sample();

  ASSERT_TRUE(sample);
  EXPECT_TRUE(sample->lines[0]->clipped);
  EXPECT_FALSE(sample->lines[2]->clipped);
}

TEST(Chip, HandsOverLatchesOnceAndKeepsWhatChangesMeanwhile) {
  Board board;
  board.bus.at(Reg::EMMIntState1) = 0x4000;
  board.bus.at(Reg::EMMState1) = 0x0202;
  board.before(Reg::EMMIntState0, 2, [&] { board.bus.at(Reg::EMMIntState1) |= 0x8000; });

  const auto first = board.chip.sample();
  board.bus.before_frame = {};
  const auto second = board.chip.sample();

  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->state.latched1, 0x4000);
  EXPECT_EQ(first->state.live1, 0x0202);
  EXPECT_EQ(second->state.latched1, 0x8000);
}

TEST(Chip, BringsTheEnergyCounters) {
  Board board;
  board.bus.at(Reg::APenergyA) = 40000;
  board.bus.at(on_line(Reg::ANenergyA, 2)) = 17;

  const auto sample = board.chip.sample();

  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->energy[energy_of(EnergyKind::active_import, 0)], 40000u);
  EXPECT_EQ(sample->energy[energy_of(EnergyKind::active_export, 2)], 17u);
  EXPECT_TRUE(sample->energy_near_overflow);
  EXPECT_FALSE(sample->energy_overflow);
}

TEST(Chip, SaysOnceThatEnergyWasLostEvenIfThatPollFailed) {
  Board board;
  board.bus.at(Reg::APenergyA) = 0xFFFF;
  // The transfer that reads the latches breaks, after the energy has been booked.
  board.bus.before_frame = [&](int, Reg reg) {
    if (reg == Reg::EMMIntState0) board.bus.fail_after = 1;
  };
  EXPECT_FALSE(board.chip.sample());
  board.bus.before_frame = {};
  const auto second = board.chip.sample();
  const auto third = board.chip.sample();

  ASSERT_TRUE(second && third);
  EXPECT_TRUE(second->energy_overflow);
  EXPECT_FALSE(third->energy_overflow);
}

TEST(Chip, LosesNoCountWhicheverTransferOfAPollFails) {
  for (int frame = 0; frame < 108; ++frame) {
    Board board;
    for (int n = 0; n < kEnergyCounters; ++n) board.bus.at(energy_register(n)) = 7;
    board.bus.fail_after = frame;

    EXPECT_FALSE(board.chip.sample()) << frame;
    if (!board.chip.ready()) {
      ASSERT_TRUE(board.chip.start({}));
    }
    const auto sample = board.chip.sample();

    ASSERT_TRUE(sample) << sample.error().what;
    for (int n = 0; n < kEnergyCounters; ++n) {
      const bool line_b = n % kEnergyPerKind == 2;
      EXPECT_EQ(sample->energy[static_cast<std::size_t>(n)], line_b ? 0u : 7u) << frame;
    }
  }
}

TEST(Chip, DoesNotPublishAReadingDuringWhichTheWireDied) {
  Board board;
  board.before(Reg::SAenergyT, 1, [&] { board.bus.miso = FakeChipBus::Level::low; });

  EXPECT_TRUE(says(board.complaint(), "went silent"));
}

TEST(Chip, ReadsOneLineOrThreeAsWired) {
  for (const Wiring wiring : {Wiring::single_phase, Wiring::three_phase}) {
    FakeChipBus bus;
    ManualClock clock{UtcInstant{}};
    EnergyPad pad{};
    reset(pad, {});
    ChipConfig config;
    config.wiring = wiring;
    Chip chip(bus, clock, config, pad);
    ASSERT_TRUE(chip.start({}));
    bus.at(Reg::Freq) = 5000;
    for (int n = 0; n < kLines; ++n)
      bus.at(on_line(Reg::UrmsA, n)) = static_cast<std::uint16_t>(23000 + n);
    bus.at(on_line(Reg::APenergyA, 1)) = 9;

    const auto sample = chip.sample();

    ASSERT_TRUE(sample) << sample.error().what;
    const bool three = wiring == Wiring::three_phase;
    EXPECT_TRUE(sample->lines[0]);
    EXPECT_EQ(sample->lines[1].has_value(), three);
    EXPECT_EQ(sample->lines[2].has_value(), three);
    if (three) {
      EXPECT_NEAR(sample->lines[1]->u.value, 230.01, 1e-9);
    }
    EXPECT_EQ(sample->energy[energy_of(EnergyKind::active_import, 1)], three ? 9u : 0u);
  }
}

TEST(Chip, MustBeStartedFirst) {
  FakeChipBus bus;
  ManualClock clock{UtcInstant{}};
  EnergyPad pad{};
  reset(pad, {});

  EXPECT_FALSE(Chip(bus, clock, {}, pad).sample());
  EXPECT_EQ(bus.frames, 0);
}

}  // namespace
}  // namespace fithome::chip
