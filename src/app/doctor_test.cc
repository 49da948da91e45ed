// SPDX-License-Identifier: MIT
//
// The doctor, on machines that are folders and meters that are simulated.
#include "app/doctor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/direct_meter.h"
#include "store/test_support.h"

namespace fithome::app {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// The generated house has solar panels: by day it may feed in, which the doctor would mention.
const UtcTime kNight = *parse_time("2026-01-15T08:00:00Z", UtcTime{});

class Doctor : public testing::Test {
 protected:
  Doctor() {
    config_.data = root() / "data";
    config_.meter().device = (root() / "dev/spidev0.0").string();
    config_.leds.folder = root() / "leds";
    fs::create_directories(root() / "dev");
  }
  const fs::path& root() const { return folder_.path(); }
  void put(const fs::path& file, std::string_view text) {
    fs::create_directories((root() / file).parent_path());
    std::ofstream(root() / file) << text;
  }
  Diagnosed judge_now(std::optional<MeterSeen> first = {}) {
    const bool several = config_.meters.size() > 1;
    std::vector<Examined> meters;
    for (const MeterConfig& meter : config_.meters) {
      meters.push_back({.config = meter, .name = several ? meter.name : ""});
    }
    meters.front().seen = std::move(first);
    Scene scene{.command = command_,
                .settings = settings_,
                .config = config_,
                .machine = {.root = root(), .user = "ada"},
                .dialogue = dialogue_,
                .clock = clock_,
                .daemon = {},
                .daemon_unknown = {},
                .meters = std::move(meters)};
    return judge(scene);
  }
  static std::string line(const Diagnosed& diagnosed, std::string_view check) {
    const auto found = std::ranges::find(diagnosed.findings, check, &Finding::about);
    if (found == diagnosed.findings.end()) return "nothing";
    return std::string(name(found->grade)) + ": " + found->what + " -> " + found->remedy;
  }
  static bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  }
  // A running house, as it is looked at without a daemon.
  MeterSeen simulated_meter() {
    command_.simulation.emplace().house = "generated:3";
    command_.simulation->start = kNight;
    command_.simulation->speed = 0;
    const auto meter = DirectMeter::open(config_, config_.meter(), command_.simulation);
    EXPECT_TRUE(meter);
    return look_directly((*meter)->bus(), (*meter)->chip(), (*meter)->clock(), {});
  }

  MeterSeen reversed_on_a() {
    MeterSeen seen = simulated_meter();
    for (chip::Sample& sample : seen.samples) {
      auto& line = *sample.lines[0];
      line.i = Amps{10};
      line.p = Watts{-line.u.value * 10};
      line.s = VoltAmps{line.u.value * 10};
      line.q = Vars{0};
      line.pf = -1;
      line.angle = Degrees{180};
    }
    return seen;
  }

  store::TemporaryDirectory folder_;
  DoctorCommand command_;
  Config config_;
  std::expected<Settings, Problems> settings_{Settings{}};
  Dialogue dialogue_{[](std::string_view) {}, [](std::string_view) {},
                     [](std::string_view) { return std::optional<bool>(); }, Style(false)};
  SystemClock clock_;
};

TEST_F(Doctor, OnAMachineThatIsNoPiSaysHowToSeeADemo) {
  const Diagnosed found = judge_now();
  EXPECT_EQ(found.worst(), Grade::bad);
  EXPECT_TRUE(has(found.next, "fithome run --demo")) << found.next;
  EXPECT_TRUE(has(line(found, "device"), "is not there"));
  EXPECT_NE(std::ranges::find(found.not_checked, "voltage"), found.not_checked.end());
}

TEST_F(Doctor, OnAPiTellsToTurnSpiOnAndThenToRestart) {
  put("boot/firmware/config.txt", "#dtparam=spi=on\ndtparam=i2c_arm=on\n");
  EXPECT_TRUE(has(judge_now().next, "do_spi 0")) << judge_now().next;
  put("boot/firmware/config.txt", "dtparam=i2c_arm=on,spi=on\n");
  EXPECT_TRUE(has(judge_now().next, "sudo reboot")) << judge_now().next;
  EXPECT_TRUE(has(line(judge_now(), "spi"), "turned on in")) << line(judge_now(), "spi");
}

TEST_F(Doctor, NamesTheDeviceThatIsThereInPlaceOfTheConfiguredOne) {
  put("dev/spidev0.1", "");
  EXPECT_TRUE(has(line(judge_now(), "device"), "spidev0.1\" in [[meter]]"));
}

TEST_F(Doctor, NamesTheWireByWhatAnswers) {
  const auto answering = [&](std::uint16_t first, std::uint16_t second) {
    MeterSeen seen;
    for (int n = 0; n < 3; ++n) {
      seen.presence.push_back(static_cast<chip::Word>(first));
      seen.presence.push_back(static_cast<chip::Word>(second));
    }
    return line(judge_now(seen), "chip");
  };
  EXPECT_TRUE(has(answering(0x0210, 0x0654), "good"));
  EXPECT_TRUE(has(answering(0xFFFF, 0xFFFF), "check the CS wire"));
  EXPECT_TRUE(has(answering(0, 0), "MISO"));
  EXPECT_TRUE(has(answering(0x0420, 0x0CA8), "SPI mode")) << answering(0x0420, 0x0CA8);
  EXPECT_TRUE(has(answering(0x1234, 0x5678), "no ATM90E32AS"));
}

TEST_F(Doctor, FindsNothingWrongWithAGoodMeter) {
  const Diagnosed found = judge_now(simulated_meter());
  for (const char* check : {"chip", "writing", "settings", "samples", "voltage", "frequency",
                            "transformers", "clipping"}) {
    EXPECT_TRUE(line(found, check).starts_with("good")) << check << ": " << line(found, check);
  }
  EXPECT_TRUE(found.not_checked.empty());
}

TEST_F(Doctor, FindsATransformerThatIsTheWrongWayRound) {
  const std::string found = line(judge_now(reversed_on_a()), "transformers");
  EXPECT_FALSE(found.starts_with("good")) << found;
  EXPECT_FALSE(has(found, "-> \n")) << found;
}

TEST_F(Doctor, ATransformerWhoseSignWasTurnedRoundByTheWizardIsWell) {
  config_.meter().rules[0].reversed = false;
  MeterSeen seen = reversed_on_a();
  EXPECT_FALSE(line(judge_now(seen), "transformers").starts_with("good"));
  seen.rules.emplace()[0].reversed = true;
  EXPECT_TRUE(line(judge_now(seen), "transformers").starts_with("good"))
      << line(judge_now(seen), "transformers");
}

TEST_F(Doctor, TellsWhichLedIsMissing) {
  put("leds/house-green/brightness", "0");
  config_.leds.green = "house-green";
  EXPECT_TRUE(line(judge_now(), "leds").starts_with("good")) << line(judge_now(), "leds");
  config_.leds.green = "house-red";
  EXPECT_TRUE(has(line(judge_now(), "leds"), "dtoverlay=gpio-led"));
}

TEST_F(Doctor, SaysTheSameToProgramsAsToPeople) {
  const Diagnosed found = judge_now();
  const auto json = nlohmann::json::parse(doctor_json(found));
  const std::string text = doctor_text(found, Style(false));
  EXPECT_EQ(json.at("grade"), "bad");
  EXPECT_EQ(json.at("findings").size(), found.findings.size());
  EXPECT_TRUE(has(text, "Next: " + json.at("next").get<std::string>()));
}

TEST_F(Doctor, WithNothingAttachedEndsWithinFiveSeconds) {
  command_.data = (root() / "nowhere").string();
  command_.device = (root() / "dev/none").string();
  const auto begin = std::chrono::steady_clock::now();
  const auto found = examine(command_, settings_, dialogue_);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->worst(), Grade::bad);
  EXPECT_TRUE(has(found->next, "spi")) << found->next;
}

// ---- Several meters.

class DoctorOfTwo : public Doctor {
 protected:
  DoctorOfTwo() {
    MeterConfig solar = config_.meter();
    solar.name = "solar";
    solar.device = (root() / "dev/spidev0.1").string();
    config_.meters.push_back(solar);
    settings_->config = config_;
  }
  std::vector<std::string> examined() {
    std::vector<std::string> names;
    const auto found = examine(command_, settings_, dialogue_);
    if (!found) return {found.error().what};
    for (const Finding& finding : found->findings) {
      if (finding.check == "device") names.push_back(finding.meter);
    }
    return names;
  }
};

TEST_F(DoctorOfTwo, SaysWhichMeterEachLineIsAbout) {
  put("dev/spidev0.0", "");
  const Diagnosed found = judge_now(simulated_meter());
  EXPECT_TRUE(line(found, "mains voltage").starts_with("good")) << line(found, "mains voltage");
  EXPECT_NE(std::ranges::find(found.not_checked, "solar voltage"), found.not_checked.end());
  EXPECT_EQ(std::ranges::find(found.not_checked, "mains voltage"), found.not_checked.end());
  EXPECT_TRUE(has(doctor_text(found, Style(false)), "good      mains voltage       "));
  const auto json = nlohmann::json::parse(doctor_json(found)).at("findings");
  EXPECT_TRUE(std::ranges::any_of(json, [](const auto& row) {
    return row.at("check") == "voltage" && row.value("meter", "") == "mains";
  }));
  EXPECT_FALSE(json.front().contains("meter")) << "the configuration is nobody's";
}

TEST_F(DoctorOfTwo, TheNextStepNamesTheMeterThatNeedsIt) {
  command_.simulation.reset();
  put("dev/spidev0.0", "");
  EXPECT_TRUE(judge_now().next.starts_with("solar device: ")) << judge_now().next;
}

TEST_F(DoctorOfTwo, LooksAtBothOrAtTheOneThatIsNamed) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(examined(), (Names{"mains", "solar"}));
  command_.meter = "solar";
  EXPECT_EQ(examined(), Names{"solar"});
  command_.meter.clear();
  command_.device = (root() / "dev/none").string();
  EXPECT_EQ(examined(), Names{"mains"}) << "one device is one meter";
}

TEST_F(DoctorOfTwo, AMeterThatIsNotConfiguredIsAnsweredWithTheNamesThatAre) {
  command_.meter = "attic";
  const auto found = examine(command_, settings_, dialogue_);
  ASSERT_FALSE(found);
  EXPECT_TRUE(has(found.error().what, "\"attic\"; it has mains, solar")) << found.error().what;
}

}  // namespace
}  // namespace fithome::app
