// SPDX-License-Identifier: MIT
#include "reading/from_sample.h"

#include <gtest/gtest.h>

namespace fithome::reading {
namespace {

const UtcTime kTime = UtcTime(std::chrono::milliseconds(1'800'000'000'000));

chip::LineSample line(double u, double i, double p, double q, double s) {
  chip::LineSample of;
  of.u = Volts{u};
  of.i = Amps{i};
  of.p = Watts{p};
  of.q = Vars{q};
  of.s = VoltAmps{s};
  of.pf = p / s;
  return of;
}

chip::Sample split_phase() {
  chip::Sample sample;
  sample.lines[0] = line(121, 5, 600, 80, 605.3);
  sample.lines[2] = line(119, 2, -200, 30, 202.2);
  sample.p = Watts{400};
  sample.q = Vars{110};
  sample.s = VoltAmps{807.5};
  sample.pf = 0.495;
  sample.f = Hertz{60.01};
  sample.temperature = Celsius{-5};
  return sample;
}

double value(const Reading& reading, std::string_view channel) {
  return reading.value(*find_channel(channel)).value();
}

TEST(FromSample, AHouseReadsAsTheChipSays) {
  const Reading reading = make_reading(split_phase(), {}, kTime);

  EXPECT_EQ(reading.time, kTime);
  EXPECT_EQ(reading.flags, 0u);
  EXPECT_DOUBLE_EQ(value(reading, "p"), 400);
  EXPECT_DOUBLE_EQ(value(reading, "p_c"), -200);
  EXPECT_DOUBLE_EQ(value(reading, "temp"), -5);
  EXPECT_DOUBLE_EQ(value(reading, "f"), 60.01);
}

TEST(FromSample, ALineThatIsNotThereIsAbsent) {
  const Reading reading = make_reading(split_phase(), {}, kTime);
  EXPECT_FALSE(reading.value(*find_channel("p_b")));
  EXPECT_FALSE(reading.value(*find_channel("u_b")));
}

TEST(FromSample, AReversedTransformerIsTurnedRoundAndTheTotalFollows) {
  LineRules rules;
  rules[2].reversed = true;

  const Reading reading = make_reading(split_phase(), rules, kTime);

  EXPECT_DOUBLE_EQ(value(reading, "p_c"), 200);
  EXPECT_DOUBLE_EQ(value(reading, "q_c"), -30);
  EXPECT_GT(value(reading, "pf_c"), 0.9);
  EXPECT_DOUBLE_EQ(value(reading, "p"), 800);
  EXPECT_DOUBLE_EQ(value(reading, "q"), 50);
  EXPECT_NEAR(value(reading, "pf"), 800 / 807.5, 0.001);
}

TEST(FromSample, AScaledLineCarriesMoreThanTheChipCanCount) {
  LineRules rules;
  rules[0].scale_per_mille = 2000;

  const Reading reading = make_reading(split_phase(), rules, kTime);

  EXPECT_DOUBLE_EQ(value(reading, "i_a"), 10);
  EXPECT_DOUBLE_EQ(value(reading, "p_a"), 1200);
  EXPECT_DOUBLE_EQ(value(reading, "u_a"), 121);
  EXPECT_DOUBLE_EQ(value(reading, "p"), 1000);
}

TEST(FromSample, DoubtsOfTheChipAreFlagsOfTheReading) {
  chip::Sample sample = split_phase();
  sample.retries = 1;
  sample.lines[0]->clipped = true;
  sample.voltage_absent = true;
  sample.f = Hertz{0};

  const Reading reading = make_reading(sample, {}, kTime);

  EXPECT_EQ(flag_text(reading.flags), "retried clipped no_voltage");
  EXPECT_FALSE(reading.value(*find_channel("f"))) << "no mains, no frequency";
}

TEST(FromSample, ACurrentWithoutVoltageHasAPowerThatNobodyKnows) {
  chip::Sample sample = split_phase();
  for (auto& line : sample.lines) {
    if (!line) continue;
    line->no_voltage = true;
    line->u = Volts{0};
    line->p = Watts{0};
  }
  sample.p = Watts{0};
  sample.voltage_absent = true;

  const Reading reading = make_reading(sample, {}, kTime);

  EXPECT_TRUE(reading.flags & bit(Flag::no_voltage));
  EXPECT_DOUBLE_EQ(value(reading, "i_a"), 5);
  for (const char* unknown : {"u_a", "p_a", "q_a", "s_a", "pf_a", "p_c", "p", "q", "s", "pf"}) {
    EXPECT_FALSE(reading.value(*find_channel(unknown))) << unknown << " is no 0";
  }
}

TEST(FromSample, OneLineWithoutVoltageLeavesTheOtherItsPowerButNotTheHouse) {
  chip::Sample sample = split_phase();
  sample.lines[2]->no_voltage = true;
  sample.lines[2]->u = Volts{0};

  const Reading reading = make_reading(sample, {}, kTime);

  EXPECT_TRUE(reading.flags & bit(Flag::no_voltage));
  EXPECT_DOUBLE_EQ(value(reading, "p_a"), 600);
  EXPECT_FALSE(reading.value(*find_channel("p_c")));
  EXPECT_FALSE(reading.value(*find_channel("p")));
}

TEST(FromSample, NoVoltageAndNoCurrentIsNoPower) {
  chip::Sample sample = split_phase();
  for (auto& line : sample.lines) {
    if (!line) continue;
    *line = {};
    line->no_voltage = true;
  }
  sample.p = Watts{0};
  sample.voltage_absent = true;

  const Reading reading = make_reading(sample, {}, kTime);

  EXPECT_DOUBLE_EQ(value(reading, "p"), 0) << "a power cut: nothing flows";
  EXPECT_TRUE(reading.flags & bit(Flag::no_voltage));
}

}  // namespace
}  // namespace fithome::reading
