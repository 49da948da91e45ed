// SPDX-License-Identifier: MIT
//
// Why nothing was measured: told from signs of life, boots, and what became of the chip.
#include "app/power_watch.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "app/test_noon.h"
#include "base/log.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

class SignOfLife : public testing::Test {
 protected:
  SignOfLife() {
    std::string pattern = (std::filesystem::temp_directory_path() / "fithome-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SignOfLife() override { std::filesystem::remove_all(folder_); }
  Heartbeat open(const std::string& boot) { return *Heartbeat::open(folder_ / "heartbeat", boot); }
  std::filesystem::path folder_;
};

TEST_F(SignOfLife, TheFirstRunKnowsNothingOfTheOneBefore) {
  EXPECT_FALSE(open("boot-1").last());
  EXPECT_EQ(why_away({}, "boot-1").reason, "unknown");
}

TEST_F(SignOfLife, OutagesOfTheProgramAreToldApart) {
  open("boot-1").beat(kNoon);
  const Absence killed = why_away(open("boot-1").last(), "boot-1");
  EXPECT_EQ(killed.reason, "killed");
  EXPECT_EQ(killed.since, kNoon);
  EXPECT_FALSE(killed.other_boot);

  {
    Heartbeat life = open("boot-1");
    life.beat(kNoon + 1min);
    life.stop();
  }
  EXPECT_EQ(why_away(open("boot-1").last(), "boot-1").reason, "stopped");

  open("boot-1").stop();
  EXPECT_EQ(why_away(open("boot-2").last(), "boot-2").reason, "machine_off");

  open("boot-2").beat(kNoon + 2min);
  const Absence lost = why_away(open("boot-3").last(), "boot-3");
  EXPECT_EQ(lost.reason, "machine_lost");
  EXPECT_TRUE(lost.other_boot);
  EXPECT_EQ(with_meter(lost, true).reason, "power") << "the meter had lost its power too";
  EXPECT_EQ(with_meter(lost, false).reason, "machine_lost");
}

TEST_F(SignOfLife, AFileOfOtherMakeIsNoSign) {
  {
    open("boot-1").beat(kNoon);
  }
  std::filesystem::resize_file(folder_ / "heartbeat", 3);

  EXPECT_FALSE(open("boot-1").last());
}

// A chip that falls silent and comes back, on one meter of two.
class SilentChip : public testing::Test {
 protected:
  SilentChip() { set_log_level(Severity::error); }
  chip::Sample sample(double volts) const {
    chip::Sample of;
    of.f = Hertz{60};
    for (const std::size_t line : {0u, 2u}) {
      of.lines[line].emplace().u = Volts{volts};
      of.lines[line]->i = Amps{3};
    }
    return of;
  }
  store::Event last_event() {
    const Parcel parcel = queue_.take(0ns);
    EXPECT_FALSE(parcel.events.empty());
    return parcel.events.empty() ? store::Event{} : parcel.events.back();
  }

  ManualClock clock_{UtcInstant(kNoon)};
  HandOver queue_{10};
  Hub hub_{clock_, [] {
             api::Status status;
             status.meters.resize(2);
             status.meters[1].name = "solar";
             return status;
           }()};
  PowerWatch watch_{queue_, hub_, chip::ChipConfig{}, {}, 2, "solar"};
};

TEST_F(SilentChip, ThatKeptCountingHadAWireOff) {
  watch_.take(sample(120), kNoon);
  watch_.chip_silent(kNoon + 1s);
  watch_.chip_silent(kNoon + 2s);
  EXPECT_EQ(hub_.status().power.lasting.size(), 1u);
  watch_.chip_back(false, kNoon + 9s);

  const store::Event event = last_event();
  EXPECT_EQ(event.kind, "outage");
  EXPECT_EQ(event.meter, 2);
  EXPECT_EQ(event.reason, "wire");
  EXPECT_EQ(event.begin, kNoon + 1s);
  EXPECT_EQ(event.end, kNoon + 9s);
  EXPECT_TRUE(hub_.status().power.lasting.empty());
  EXPECT_EQ(hub_.status().power.began.at("outage"), 1u);
}

TEST_F(SilentChip, ThatLostItsSettingsHadLostItsPower) {
  watch_.take(sample(120), kNoon);
  watch_.chip_silent(kNoon + 1s);
  watch_.chip_back(true, kNoon + 9s);

  EXPECT_EQ(last_event().reason, "supply") << "the grid, or the adapter: it cannot be told";
}

TEST_F(SilentChip, AfterASagWasTheGrid) {
  watch_.take(sample(70), kNoon);
  ASSERT_EQ(hub_.status().faults.size(), 1u);
  EXPECT_EQ(hub_.status().faults[0].name, "sag");
  EXPECT_EQ(hub_.status().faults[0].meter, "solar");
  watch_.chip_silent(kNoon + 1s);
  watch_.chip_back(true, kNoon + 9s);

  EXPECT_EQ(last_event().reason, "grid");
  EXPECT_TRUE(hub_.healthy()) << "the sag ended with the sight of it";
}

}  // namespace
}  // namespace fithome::app
