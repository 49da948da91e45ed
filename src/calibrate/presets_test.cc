// SPDX-License-Identifier: MIT
#include "calibrate/presets.h"

#include <gtest/gtest.h>

namespace fithome::calibrate {
namespace {

TEST(Presets, AreFoundByNameHoweverItIsWritten) {
  EXPECT_EQ(voltage_preset("V1.4/Jameco-157041")->gain, 37106);
  EXPECT_EQ(voltage_preset("v1.4-rev3/jameco-157041")->gain, 3920);
  EXPECT_EQ(current_preset("sct-013-000")->gain_pga2, 25498);
}

TEST(Presets, SayWhatThereIsWhereANameIsUnknown) {
  const auto none = current_preset("SCT-999");
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().what.find("SCT-013-000"), std::string::npos);
  EXPECT_NE(none.error().what.find("200A"), std::string::npos);
}

TEST(Presets, FitTheirPga) {
  const auto ct = *current_preset("SCT-013-000");
  EXPECT_EQ(setting_of(ct, 2)->gain, 25498);
  EXPECT_EQ(setting_of(ct, 2)->scale_per_mille, 1000);
  EXPECT_NEAR(setting_of(ct, 2)->clips_at.value, 60, 1e-9);
  EXPECT_EQ(setting_of(ct, 4)->gain, 12749);
  EXPECT_FALSE(setting_of(ct, 3));
}

TEST(Presets, ReachBeyondTheChipsAmperesByAScale) {
  const auto at_one = *setting_of(*current_preset("SCT-013-000"), 1);
  EXPECT_EQ(at_one.gain, 25498) << "of 50996, halved";
  EXPECT_EQ(at_one.scale_per_mille, 2000);
  const auto service = *setting_of(*current_preset("SCT-024-50mA"), 1);
  EXPECT_EQ(service.gain, 26315);
  EXPECT_EQ(service.scale_per_mille, 4000);
  EXPECT_NEAR(service.clips_at.value, 240, 1e-9);
}

TEST(Presets, AllComeToSomethingTheChipTakes) {
  for (const CurrentPreset& preset : current_presets()) {
    for (const int pga : {1, 2, 4}) {
      const auto setting = setting_of(preset, pga);
      ASSERT_TRUE(setting) << preset.name;
      EXPECT_GT(setting->gain, 1000) << preset.name << " at pga " << pga;
    }
  }
  for (const VoltagePreset& preset : voltage_presets()) EXPECT_GT(preset.gain, 2500);
}

TEST(Presets, APgaIsChosenForAService) {
  const auto ct = *current_preset("SCT-013-000");
  EXPECT_EQ(pga_for(ct, Amps{20}), 4);
  EXPECT_EQ(pga_for(ct, Amps{60}), 2);
  EXPECT_EQ(pga_for(ct, Amps{100}), 1);
}

}  // namespace
}  // namespace fithome::calibrate
