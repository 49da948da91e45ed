// SPDX-License-Identifier: MIT
#include "sim/energy_engine.h"

#include <gtest/gtest.h>

namespace fithome::sim {
namespace {

using chip::Reg;

/// An engine that is fed whole pulses (CF): 100 counts.
struct Engine {
  Engine() { registers.reset(true); }
  void feed(double pulses) {
    Flows flows;
    flows.power[active][0] = pulses * 100 * joules_per_count(registers);
    energy.run(flows, 1, registers);
  }
  int forward() const { return registers[Reg::APenergyT]; }
  int reverse() const { return registers[Reg::ANenergyT]; }

  RegisterFile registers;
  EnergyEngine energy;
};

TEST(EnergyEngine, ACountIsElevenAndAQuarterJoulesAtThePowerOnConstant) {
  RegisterFile registers;
  registers.reset(true);

  EXPECT_DOUBLE_EQ(joules_per_count(registers), 11.25);
}

TEST(EnergyEngine, ForwardAndReverseCancelWithinAHundredthOfAPulse) {
  Engine engine;  // the example of datasheet 3.5.1
  engine.feed(-1.23);
  engine.feed(1.23 + 12.34);
  ASSERT_EQ(engine.reverse(), 123);
  engine.energy.reset();
  engine.registers[Reg::APenergyT] = 1234;

  engine.feed(0.005);
  EXPECT_EQ(engine.forward(), 1234);
  engine.feed(-0.004);
  EXPECT_EQ(engine.reverse(), 123);
  engine.feed(-0.005);
  EXPECT_EQ(engine.reverse(), 123);
  engine.feed(-0.007);

  EXPECT_EQ(engine.forward(), 1234);
  EXPECT_EQ(engine.reverse(), 124);
  engine.feed(-0.0085);  // the remainder was -0.001
  EXPECT_EQ(engine.reverse(), 124);
  engine.feed(-0.0006);
  EXPECT_EQ(engine.reverse(), 125);
}

TEST(EnergyEngine, KeepsTheRemainderOverAnyNumberOfSteps) {
  Engine engine;
  for (int i = 0; i < 100'000; ++i) engine.feed(0.00123);
  engine.feed(0.005);  // away from the edge of a count

  EXPECT_EQ(engine.forward(), 12300);
}

TEST(EnergyEngine, AFullRegisterStaysFullAndTheLossIsKnown) {
  Engine engine;

  engine.feed(700);

  EXPECT_EQ(engine.forward(), 65535);
  EXPECT_EQ(engine.energy.produced(0x80), 70000u);
  EXPECT_EQ(engine.energy.lost(0x80), 70000u - 65535u);
}

TEST(EnergyEngine, DirectionTurnsWithTheFirstCountAndThePulseWithAHundred) {
  Engine engine;
  engine.feed(-0.5);
  EXPECT_TRUE(engine.energy.reversed(active, 0));
  EXPECT_FALSE(engine.energy.pulse_reversed(active));

  engine.feed(-0.6);
  EXPECT_TRUE(engine.energy.pulse_reversed(active));
  engine.feed(0.005);
  EXPECT_TRUE(engine.energy.reversed(active, 0)) << "no count, no news";
}

TEST(EnergyEngine, AConstantOfZeroCountsNothing) {
  Engine engine;
  engine.registers[Reg::PLconstH] = 0;
  engine.registers[Reg::PLconstL] = 0;

  engine.feed(100);

  EXPECT_EQ(engine.forward(), 0);
}

}  // namespace
}  // namespace fithome::sim
