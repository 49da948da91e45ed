// SPDX-License-Identifier: MIT
#include "chip/settings.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "chip/register_table.h"

namespace fithome::chip {
namespace {

int value(const Settings& settings, Reg reg) {
  for (const Setting& setting : settings) {
    if (setting.reg == reg) return raw(setting.value);
  }
  return -1;
}

Settings settings(const ChipConfig& config) {
  auto made = settings_for(config);
  EXPECT_TRUE(made) << made.error().what;
  return made.value_or(Settings{});
}

TEST(Settings, FitSplitPhaseAt60Hz) {
  const Settings made = settings({});

  EXPECT_EQ(value(made, Reg::MeterEn), 1);
  EXPECT_EQ(value(made, Reg::SagPeakDetCfg), 0xFF3F);
  EXPECT_EQ(value(made, Reg::MMode0), 0x1185);
  EXPECT_EQ(value(made, Reg::MMode1), 0x0015);
  EXPECT_EQ(value(made, Reg::PLconstH), 0x0861);
  EXPECT_EQ(value(made, Reg::PLconstL), 0xC468);
  EXPECT_EQ(value(made, Reg::FreqLoTh), 5700);
  EXPECT_EQ(value(made, Reg::FreqHiTh), 6300);
  EXPECT_EQ(value(made, Reg::SStartTh), 7500);
  EXPECT_EQ(value(made, Reg::SPhaseTh), 750);
  EXPECT_EQ(value(made, Reg::UgainA), 37106);
  EXPECT_EQ(value(made, on_line(Reg::IgainA, 2, 4)), 25498);
  EXPECT_EQ(value(made, Reg::ZXConfig), 1);
  EXPECT_EQ(value(made, Reg::InWarnTh), 0xFFFF);
}

TEST(Settings, SilenceTheLineThatIsNotUsed) {
  ChipConfig config;
  config.lines[1] = {.voltage_gain = 1, .current_offset = 7, .phase_delay = 9};

  const Settings made = settings(config);

  EXPECT_EQ(value(made, Reg::IgainB), 0);
  EXPECT_EQ(value(made, Reg::UgainB), 0x8000);
  EXPECT_EQ(value(made, Reg::IoffsetB), 0);
  EXPECT_EQ(value(made, Reg::PhiB), 0);
}

TEST(Settings, HaveAModeForEachGridAndWiring) {
  EXPECT_EQ(raw(metering_mode(Grid::hz50, Wiring::split_phase)), 0x0185);
  EXPECT_EQ(raw(metering_mode(Grid::hz60, Wiring::three_phase)), 0x1087);
  EXPECT_EQ(raw(metering_mode(Grid::hz50, Wiring::three_phase)), 0x0087);
  EXPECT_EQ(raw(metering_mode(Grid::hz60, Wiring::single_phase)), 0x1084);
  EXPECT_EQ(raw(metering_mode(Grid::hz50, Wiring::single_phase)), 0x0084);
}

TEST(Settings, SetThresholdsOnTheRawScaleAndClampThem) {
  EXPECT_EQ(raw(peak_threshold(9360, 37106)), 5845);
  EXPECT_EQ(raw(peak_threshold(9360, 3920)), 55325);
  EXPECT_EQ(raw(peak_threshold(14640, 3920)), 65535);  // cannot fire
  EXPECT_EQ(raw(peak_threshold(1200, 7305)), 3806);
  EXPECT_EQ(value(settings({}), Reg::SagTh), 5845);
  EXPECT_EQ(value(settings({}), Reg::OVth), 9142);
}

TEST(Settings, WritePhaseDelayAsSignAndMagnitude) {
  EXPECT_EQ(raw(phase_delay(36)), 0x0024);
  EXPECT_EQ(raw(phase_delay(-36)), 0x8024);
  EXPECT_EQ(raw(phase_delay(0)), 0);
  EXPECT_EQ(raw(phase_delay(-255)), 0x80FF);
}

TEST(Settings, WriteOffsetsAndGainsAsTwosComplement) {
  ChipConfig config;
  config.lines[2].voltage_offset = -928;
  config.lines[2].power_gain = -3277;
  config.lines[0].power_gain = 0x1475;

  const Settings made = settings(config);

  EXPECT_EQ(value(made, Reg::UoffsetC), 0xFC60);
  EXPECT_EQ(value(made, Reg::PQGainC), 0xF333);
  EXPECT_EQ(value(made, Reg::PQGainA), 0x1475);
}

TEST(Settings, FollowThePga) {
  EXPECT_EQ(value(settings({.pga = 1}), Reg::MMode1), 0x00);
  EXPECT_EQ(value(settings({.pga = 4}), Reg::MMode1), 0x2A);
}

TEST(Settings, NameEachRegisterOnceAndOnlyWritableOnes) {
  std::set<Reg> seen;
  for (const Setting& setting : settings({.wiring = Wiring::three_phase})) {
    EXPECT_TRUE(seen.insert(setting.reg).second) << address(setting.reg);
    const Register* entry = find_register(address(setting.reg));
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->access, Access::read_write) << entry->name;
    EXPECT_TRUE(address(setting.reg) < 0x10 || address(setting.reg) > 0x13) << entry->name;
  }
}

TEST(Settings, RefuseWhatTheChipCannotDo) {
  const auto refused = [](const ChipConfig& config) {
    const auto made = settings_for(config);
    return !made && made.error().code == Code::invalid;
  };
  ChipConfig no_gain;
  no_gain.lines[2].current_gain = 0;
  ChipConfig far;
  far.lines[0].phase_delay = 256;

  EXPECT_TRUE(refused({.pga = 3}));
  EXPECT_TRUE(refused({.nominal = Volts{0}}));
  EXPECT_TRUE(refused({.nominal = Volts{std::numeric_limits<double>::quiet_NaN()}}));
  EXPECT_TRUE(refused({.start_threshold = Watts{21}}));
  EXPECT_TRUE(refused({.line_threshold = Watts{-1}}));
  EXPECT_TRUE(refused(no_gain));
  EXPECT_TRUE(refused(far));
  EXPECT_FALSE(refused({}));
}

}  // namespace
}  // namespace fithome::chip
