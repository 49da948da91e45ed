// SPDX-License-Identifier: MIT
#include "app/meter_settings.h"

#include <gtest/gtest.h>

#include "app/calibrate_flow.h"
#include "app/change_intent.h"
#include "app/workbench.h"
#include "store/test_support.h"

namespace fithome::app {
namespace {

MeterSettings with_gain(std::uint16_t gain) {
  MeterSettings settings;
  settings.chip.lines[0].voltage_gain = gain;
  return settings;
}

store::Calibration made(const MeterSettings& before, const MeterSettings& after,
                        std::uint64_t id = 1) {
  store::Calibration of;
  of.id = id;
  of.kind = "voltage";
  of.before = to_json(before);
  of.after = to_json(after);
  of.configured = to_json(before);
  return of;
}

TEST(MeterSettings, ComeBackFromTheStoreAsTheyWere) {
  MeterSettings settings = with_gain(40'001);
  settings.chip.pga = 4;
  settings.chip.lines[2].phase_delay = -12;
  settings.chip.lines[2].active_offset = -300;
  settings.rules[2] = {.reversed = true, .scale_per_mille = 2000};

  const auto back = from_json(to_json(settings), {});

  ASSERT_TRUE(back);
  EXPECT_EQ(to_json(*back), to_json(settings));
  EXPECT_EQ(back->rules[2].scale_per_mille, 2000);
}

TEST(MeterSettings, RefusesWhatTheChipCannotTake) {
  EXPECT_FALSE(from_json("nonsense", {}));
  EXPECT_FALSE(from_json(R"({"pga":3,"lines":{}})", {}));
  EXPECT_FALSE(from_json(R"({"pga":2,"lines":{"a":{"voltage_gain":70000}}})", {}));
  EXPECT_FALSE(from_json(R"({"pga":2,"lines":{"a":{"current_scale":-1}}})", {}));
}

TEST(Effective, IsTheConfigurationWhereNothingWasEverCalibrated) {
  const auto of = effective(with_gain(40'000), nullptr, {});

  EXPECT_EQ(to_json(of.settings), to_json(with_gain(40'000)));
  ASSERT_TRUE(of.record) << "so that the first reading knows its gains";
  EXPECT_EQ(of.record->kind, "configuration");
  EXPECT_FALSE(of.event);
}

TEST(Effective, IsTheNewestCalibrationWhileTheConfigurationStays) {
  const auto calibration = made(with_gain(40'000), with_gain(41'234));

  const auto of = effective(with_gain(40'000), &calibration, {});

  EXPECT_EQ(of.settings.chip.lines[0].voltage_gain, 41'234);
  EXPECT_FALSE(of.record);
  EXPECT_FALSE(of.event);
}

TEST(Effective, IsTheConfigurationOnceItWasChanged) {
  const auto calibration = made(with_gain(40'000), with_gain(41'234));

  const auto of = effective(with_gain(40'500), &calibration, {});

  EXPECT_EQ(of.settings.chip.lines[0].voltage_gain, 40'500);
  ASSERT_TRUE(of.earlier);
  EXPECT_EQ(of.earlier->chip.lines[0].voltage_gain, 41'234) << "the chip may still hold it";
  ASSERT_TRUE(of.event);
  EXPECT_NE(of.event->cause.find("41234 -> 40500"), std::string::npos) << of.event->cause;
}

TEST(Undo, PutsBackOnlyWhatThatOneChanged) {
  MeterSettings first = with_gain(40'000);
  MeterSettings second = with_gain(41'000);
  MeterSettings third = second;
  third.chip.lines[2].current_gain = 26'000;
  const std::vector history{made(first, second, 1), made(second, third, 2)};

  const auto undo = undo_of(history, third, 1);

  ASSERT_TRUE(undo);
  EXPECT_EQ(undo->settings.chip.lines[0].voltage_gain, 40'000);
  EXPECT_EQ(undo->settings.chip.lines[2].current_gain, 26'000);
}

TEST(Undo, RefusesWhatALaterOneBuiltOn) {
  const std::vector history{made(with_gain(40'000), with_gain(41'000), 1),
                            made(with_gain(41'000), with_gain(42'000), 2)};

  EXPECT_FALSE(undo_of(history, with_gain(42'000), 1));
  EXPECT_TRUE(undo_of(history, with_gain(42'000), 2));
  EXPECT_FALSE(undo_of(history, with_gain(42'000), 7));
}

TEST(Undo, IsDoneOnce) {
  auto calibration = made(with_gain(40'000), with_gain(41'000), 1);
  calibration.undone_by = 2;

  EXPECT_FALSE(undo_of({calibration}, with_gain(40'000), 1));
  EXPECT_FALSE(undo_of({calibration}, with_gain(40'000), {}));
}

TEST(ChangeIntent, TellsWhoComesAfterAKilledProcessWhatTheChipMayHold) {
  const store::TemporaryDirectory data;
  {
    auto intent = ChangeIntent::note(data.path(), 1, with_gain(40'000), with_gain(41'000));
    ASSERT_TRUE(intent);
    intent->keep();  // as if killed
  }

  const auto for_old = left_behind(data.path(), 1, with_gain(40'000));
  const auto for_new = left_behind(data.path(), 1, with_gain(41'000));

  ASSERT_TRUE(for_old && for_new);
  EXPECT_EQ(for_old->chip.lines[0].voltage_gain, 41'000);
  EXPECT_EQ(for_new->chip.lines[0].voltage_gain, 40'000);
  EXPECT_FALSE(left_behind(data.path(), 2, with_gain(40'000))) << "another meter's chip";
}

TEST(ChangeIntent, IsGoneWhereTheChangeEndedWell) {
  const store::TemporaryDirectory data;
  {
    ASSERT_TRUE(ChangeIntent::note(data.path(), 1, with_gain(40'000), with_gain(41'000)));
  }
  EXPECT_FALSE(left_behind(data.path(), 1, with_gain(40'000)));
}

TEST(Preset, IsForOneLineOrAll) {
  const auto one = with_preset({}, "SCT-013-000", 0, {});
  const auto all = with_preset({}, "SCT-013-000", {}, 1);

  ASSERT_TRUE(one);
  ASSERT_TRUE(all) << all.error().what;
  EXPECT_EQ(all->chip.pga, 1);
  EXPECT_EQ(all->chip.lines[0].current_gain, all->chip.lines[2].current_gain);
  EXPECT_FALSE(with_preset({}, "SCT-013-000", 0, 1)) << "the other line's gain would be wrong";
  EXPECT_FALSE(with_preset({}, "v1.4/jameco-157041", {}, 1)) << "no adapter has a pga";
  EXPECT_FALSE(with_preset({}, "no such part", {}, {}));
}

}  // namespace
}  // namespace fithome::app
