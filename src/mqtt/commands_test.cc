// SPDX-License-Identifier: MIT
#include "mqtt/commands.h"

#include <gtest/gtest.h>

namespace fithome::mqtt {
namespace {

using std::chrono::milliseconds;

class Buttons : public testing::Test {
 protected:
  static constexpr Monotonic kBegin{std::chrono::hours(1)};
  std::string topic(std::string_view key) const {
    return "fithome/0123456789ab/command/" + std::string(key);
  }
  auto take(std::string_view key, std::string payload, bool retained = false,
            milliseconds after = {}) {
    return commands.take({topic(key), std::move(payload), retained}, kBegin + after);
  }

  Names names{.site = "0123456789ab", .version = "1.2.3"};
  Commands commands{buttons_of(true), names};
};

TEST_F(Buttons, AreObeyedWhenTheyArePressed) {
  EXPECT_EQ(take("pause_sinks", "PRESS"), Command::pause_sinks);
  EXPECT_EQ(take("resume_sinks", "PRESS"), Command::resume_sinks);
  EXPECT_EQ(take("mark_event", "PRESS"), Command::mark_event);
  EXPECT_EQ(commands.ignored(), 0u);
}

TEST_F(Buttons, AreThreeTopicsAndNoOther) {
  EXPECT_EQ(commands.topics().size(), 3u);
  EXPECT_TRUE(commands.is_topic(topic("mark_event")));
  for (const std::string_view key : {"calibrate", "mark_event/", "", "+", "#"}) {
    EXPECT_FALSE(commands.is_topic(topic(key))) << key;
    EXPECT_EQ(take(key, "PRESS"), std::nullopt) << key;
  }
  EXPECT_EQ(Commands(buttons_of(false), names).topics(),
            std::vector<std::string>{topic("mark_event")});
  const Commands off({{.key = "mark_event", .name = "Mark"}}, names);
  EXPECT_TRUE(off.topics().empty()) << "no button, though it is called like one";
}

TEST_F(Buttons, IgnoreWhatIsNoPressAndCountIt) {
  const std::vector<std::string> hostile{"",
                                         "press",
                                         "PRESS ",
                                         "PRESS\n",
                                         std::string(1, '\0'),
                                         "{\"gain\": 7}",
                                         "\xff\xfe",
                                         std::string(100'000, 'P')};
  for (const std::string& payload : hostile) EXPECT_EQ(take("mark_event", payload), std::nullopt);
  EXPECT_EQ(commands.ignored(), hostile.size());
  EXPECT_EQ(take("mark_event", "PRESS"), Command::mark_event);
}

TEST_F(Buttons, IgnoreWhatWasPressedWhoKnowsWhen) {
  EXPECT_EQ(take("pause_sinks", "PRESS", true), std::nullopt);
  EXPECT_EQ(commands.ignored(), 1u);
}

TEST_F(Buttons, IgnoreTheSameAgainWithinTenSeconds) {
  EXPECT_EQ(take("mark_event", "PRESS"), Command::mark_event);
  EXPECT_EQ(take("mark_event", "PRESS", false, milliseconds(9'999)), std::nullopt);
  EXPECT_EQ(take("pause_sinks", "PRESS", false, milliseconds(9'999)), Command::pause_sinks);
  EXPECT_EQ(take("mark_event", "PRESS", false, milliseconds(10'000)), Command::mark_event);
}

TEST_F(Buttons, TellTheLogOfAFloodOnceInTenMinutesAndNeverWhatItSaid) {
  testing::internal::CaptureStderr();
  for (int n = 0; n < 1000; ++n) take("mark_event", "secret");
  take("mark_event", "secret", false, Commands::kToldEach);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(log, '\n'), 2) << log;
  EXPECT_NE(log.find("mqtt: 1 messages to our buttons were ignored"), log.npos) << log;
  EXPECT_NE(log.find("mqtt: 1000 messages to our buttons were ignored"), log.npos) << log;
  EXPECT_EQ(log.find("secret"), log.npos);
}

}  // namespace
}  // namespace fithome::mqtt
