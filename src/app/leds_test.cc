// SPDX-License-Identifier: MIT
#include "app/leds.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace fithome::app {
namespace {

class LedFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "fithome-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    for (const char* name : {"green", "red"}) {
      std::filesystem::create_directory(folder_ / name);
      std::ofstream(folder_ / name / "brightness") << "0\n";
    }
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string shown(const char* name) const {
    std::string text;
    std::ifstream(folder_ / name / "brightness") >> text;
    return text;
  }

  std::filesystem::path folder_;
};

TEST_F(LedFolder, GreenBlinksAndRedStaysOnWhileSomethingIsWrong) {
  Leds leds({.folder = folder_, .green = "green", .red = "red"});
  EXPECT_TRUE(leds.stored());
  EXPECT_EQ(shown("green"), "1");
  leds.rest(false);
  EXPECT_EQ(shown("green"), "0");
  EXPECT_EQ(shown("red"), "1");
  leds.rest(true);
  EXPECT_EQ(shown("red"), "0");
}

TEST_F(LedFolder, BothAreDarkWhenTheDaemonHasGone) {
  {
    Leds leds({.folder = folder_, .green = "green", .red = "red"});
    leds.stored();
    leds.rest(false);
    leds.stored();
  }
  EXPECT_EQ(shown("green"), "0");
  EXPECT_EQ(shown("red"), "0");
}

TEST_F(LedFolder, AMissingLightIsDoneWithout) {
  Leds leds({.folder = folder_, .green = "none", .red = ""});
  EXPECT_FALSE(leds.stored());
  leds.rest(false);
  EXPECT_EQ(shown("red"), "0");
}

}  // namespace
}  // namespace fithome::app
