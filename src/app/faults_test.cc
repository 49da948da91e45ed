// SPDX-License-Identifier: MIT
//
// Every fault of the simulator through driver and sampler: what an owner is told, what the data
// are, and that it ends. No reading is wrong and not flagged. What is logged: faults_log_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "app/faulty_house.h"
#include "base/log.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

class Faults : public Faulty {
 protected:
  Faults() { set_log_level(static_cast<Severity>(2)); }  // faults are errors, and here wanted
  ~Faults() override { set_log_level(Severity::info); }
};

// ---- Between Pi and chip.

TEST_F(Faults, AbsentChipIsAGapAndAFaultThatNamesTheWire) {
  play("+30s chip absent high for 30s");
  expect_fault("chip_absent", "every bit reads 1", "tried again by itself");
  EXPECT_TRUE(gap().contains("check the CS wire")) << gap();
  EXPECT_NEAR(static_cast<double>(parcel_.readings.size()), 120 - 40, 10);
}

TEST_F(Faults, BoardWithoutPowerIsToldFromABrokenSelect) {
  play("+30s chip absent low for 30s");
  expect_fault("chip_absent", "the board's power", "supply");
}

TEST_F(Faults, FloatingAnswersAreNoReadings) {
  play("+30s chip absent random for 30s");
  expect_fault("chip_absent", "check all wires", "wires");
}

TEST_F(Faults, StuckMiso) {
  play("+30s miso stuck low for 30s");
  expect_fault("chip_absent", "MISO", "wires");
  play("+150s miso stuck high for 30s", 250s);
  expect_fault("chip_absent", "every bit reads 1", "wires");
}

TEST_F(Faults, StuckMosi) {
  play("+30s mosi stuck low for 30s");
  expect_fault("chip_absent", "", "wires");
  EXPECT_FALSE(gap().empty());
}

TEST_F(Faults, LostWritesAreFoundWhenAChipIsToBeConfigured) {
  play("+0s writes lost for 60s\n+20s brownout");
  expect_fault("chip_absent", "MOSI", "wires");
  EXPECT_EQ(hub_.status().chip_resets, 1u);
}

TEST_F(Faults, FlippingBitsCostReadingsButShowNoWrongOnes) {
  play("+10s bits flip 0.002 for 10m", 660s);
  EXPECT_GT(parcel_.readings.size(), 600u);
  EXPECT_GT(flagged(Flag::retried), 50u);
  const reading::Ledger& ledger = parcel_.ledgers.back();
  EXPECT_NEAR(ledger.lines[0].active.imported.wh(), 1500 * 659 / 3600.0, 1);
  EXPECT_TRUE(hub_.healthy());
}

TEST_F(Faults, ABadReadingNeverBecomesTheBaseOfATotal) {
  play("+10s bits flip 0.01 for 10m", 660s);

  ASSERT_GT(parcel_.ledgers.size(), 500u);
  EXPECT_GT(flagged(Flag::retried), 200u);
  for (std::size_t n = 1; n < parcel_.ledgers.size(); ++n) {
    const reading::Ledger& before = parcel_.ledgers[n - 1];
    const reading::Ledger& now = parcel_.ledgers[n];
    const double gained = (now.net.active.imported - before.net.active.imported).wh();
    const double seconds = std::chrono::duration<double>(now.time - before.time).count();
    ASSERT_NEAR(gained, 2200 * seconds / 3600, 2200 * 1.5 / 3600) << to_iso(now.time);
    ASSERT_EQ(now.net.active.exported, before.net.active.exported);
  }
  EXPECT_NEAR(parcel_.ledgers.back().net.active.imported.wh(), 2200 * 659 / 3600.0, 3);
}

TEST_F(Faults, AVeryNoisyWireIsAFault) {
  play("+10s bits flip 0.3 for 60s");
  ASSERT_FALSE(faults_.empty());
  EXPECT_TRUE(hub_.healthy());
  EXPECT_FALSE(gap().empty());
}

TEST_F(Faults, RegistersRenewedBetweenTwoWordsMakeNoWrongValue) {
  play("+10s bus slow for 60s");
  EXPECT_GT(parcel_.readings.size(), 80u);
}

TEST_F(Faults, AHangingBusIsAGapAndItsEnergyIsNotLost) {
  play("+10s bus hangs for 20s");
  EXPECT_TRUE(gap().contains("too busy")) << gap();
  EXPECT_NEAR(parcel_.ledgers.back().lines[0].active.imported.wh(), 1500 * 119 / 3600.0, 1);
}

TEST_F(Faults, SlowPollsAreToldBeforeEnergyIsLostAndWhenItIs) {
  play("+10s bus hangs for 5m", 420s);  // 2.2 kW: 183 Wh of 204.8
  expect_fault("slow_poll", "over half full", "shorter interval");
  EXPECT_EQ(events("energy_lost"), 0u);
  EXPECT_EQ(flagged(Flag::energy_lost), 0u);
}

TEST_F(Faults, EnergyThatTheChipLostIsSaidToBeLost) {
  play("+10s bus hangs for 10m", 720s);
  expect_fault("slow_poll", "energy was lost", "shorter interval");
  EXPECT_EQ(events("energy_lost"), 1u);
  EXPECT_EQ(flagged(Flag::energy_lost), 1u);
}

// ---- The chip and its board.

TEST_F(Faults, ABrownOutShowsItsPlausible106VoltsToNobody) {
  play("+30s400ms brownout");
  expect_fault("chip_lost", "reset behind our back", "by itself");
  EXPECT_LT(faults_["chip_lost"].last - faults_["chip_lost"].first, 5s);
  EXPECT_EQ(events("chip_reset"), 1u);
  EXPECT_TRUE(gap().contains("reset behind our back"));
  EXPECT_GE(parcel_.readings.size(), 115u);
}

TEST_F(Faults, AChipThatIsResetAgainAndAgainHasAWeakSupply) {
  play("+30s brownout\n+60s brownout\n+90s brownout", 15min);
  expect_fault("chip_unsteady", "3 times in ten minutes", "supply");
}

TEST_F(Faults, ADamagedSettingIsFoundByTheChipsOwnCheck) {
  play("+30s config flips 0x6A 13");  // current gain of line C: no sentinel of ours
  expect_fault("chip_lost", "damaged (CRC)", "by itself");
  EXPECT_TRUE(gap().contains("CRC"));
}

TEST_F(Faults, ABoardFedByItsAdapterComesBackConfigured) {
  play("+30s power lost for 20s");
  expect_fault("chip_absent", "power", "supply");
  EXPECT_GE(hub_.status().chip_resets, 1u);
}

TEST_F(Faults, AMissingAdapterLeavesPowersUnknownAndNotZero) {
  play("+30s adapter missing for 30s");
  expect_fault("outage", "current flows", "plug in the voltage adapter");
  EXPECT_EQ(last_event("outage").reason, "adapter");
  std::size_t unknown = 0;
  for (const Reading& reading : parcel_.readings) {
    const auto p = reading.value(*reading::find_channel("p"));
    if (p) {
      EXPECT_GT(*p, 1000) << to_iso(reading.time);
      continue;
    }
    ++unknown;
    EXPECT_NEAR(*reading.value(*reading::find_channel("i_a")), 12.67, 0.05);
    EXPECT_TRUE(reading.flags & bit(Flag::no_voltage));
  }
  EXPECT_NEAR(static_cast<double>(unknown), 30, 2);
}

TEST_F(Faults, OneMissingAdapterOfTwoLeavesTheOtherLine) {
  play("+30s adapter c missing for 30s");
  expect_fault("outage", "line c has no voltage, though current flows", "adapter");
  EXPECT_EQ(last_event("outage").reason, "adapter");
  EXPECT_NEAR(static_cast<double>(flagged(Flag::no_voltage)), 30, 2);
}

TEST_F(Faults, AnUnpluggedTransformerIsFlaggedAtOnceAndToldAfterAMinute) {
  play("+30s ct a unplugged for 90s", 150s);
  expect_fault("ct_unplugged_a", "line a shows no current", "plugged in");
  EXPECT_GE(faults_["ct_unplugged_a"].first, 88s);
  EXPECT_GE(flagged(Flag::suspect), 88u);
}

TEST_F(Faults, AReversedTransformerIsFoundByItsMirrorImage) {
  play("+30s ct c reversed for 30s");
  expect_fault("ct_turned_c", "turned round", "turn it back");
  EXPECT_NEAR(static_cast<double>(flagged(Flag::suspect)), 30, 2);
}

TEST_F(Faults, ATransformerThatWasTakenOffAndPutOnTheOtherWay) {
  play("+30s ct a unplugged for 5s\n+35s ct a reversed for 30s\n+65s ct a unplugged for 5s");
  expect_fault("ct_turned_a", "turned round", "turn it back");
}

TEST_F(Faults, SwappedTransformersAreFoundByTheExchange) {
  play("+30s cts a c swapped for 30s");
  expect_fault("cts_swapped", "exchanged", "swap them back");
  EXPECT_NEAR(static_cast<double>(flagged(Flag::suspect)), 30, 2);
}

TEST_F(Faults, ASecondAdapterPluggedInTheOtherWay) {
  board_.voltage_angle[2] = Degrees{180};
  play("+30s adapter c turned for 30s");
  expect_fault("ct_turned_c", "second voltage adapter", "turn it back");
}

TEST_F(Faults, ACurrentBeyondTheRangeIsFlaggedAndToldToBeTooLow) {
  play("+30s load a 8500W for 20s", 150s);
  expect_fault("clipping", "too low", "pga");
  EXPECT_GE(flagged(Flag::clipped), 19u);
}

TEST_F(Faults, TheGainOfAnOlderBoardShowsATenthAndIsTold) {
  play("+30s board gives 0.106 times for 30s");
  expect_fault("wrong_gain", "another board revision", "voltage_gain");
  EXPECT_GE(flagged(Flag::suspect), 29u);
}

TEST_F(Faults, TheGainOfANewerBoardShowsVoltsThatNoHouseHas) {
  play("+30s board gives 9.5 times for 30s", 200s);
  expect_fault("wrong_gain", "check that the voltage gain", "voltage_gain");
  EXPECT_TRUE(gap().contains("voltage gain")) << gap();
}

// ---- The mains.

TEST_F(Faults, FiftyHertzOnASixtyHertzConfiguration) {
  play("+30s frequency 50Hz for 30s");
  expect_fault("wrong_grid", "50.0 Hz", "grid = 50");
  EXPECT_FALSE(faults_.contains("frequency")) << "one fault is enough";
}

TEST_F(Faults, AGeneratorThatDriftsIsReadAsItIs) {
  play("+10s frequency drifts to 56 for 60s");
  expect_fault("frequency", "below 60 Hz", "generator");
  EXPECT_EQ(last_event("frequency").reason, "low");
  const auto slow = std::ranges::count_if(parcel_.readings, [](const Reading& reading) {
    return reading.value(*reading::find_channel("f")).value_or(60) < 57;
  });
  EXPECT_NEAR(static_cast<double>(slow), 15, 3);
}

TEST_F(Faults, SagsAndSwellsAreReadAsTheyAre) {
  play("+10s voltage 70% for 10s\n+40s voltage 118% for 10s");
  expect_fault("sag", "below 90 %", "utility");
  expect_fault("swell", "above 110 %", "utility");
  const store::Event sag = last_event("sag");
  EXPECT_NEAR(static_cast<double>(*sag.worst) / 100, 0.7 * 121, 0.5) << "line c, the later told";
  EXPECT_NEAR(std::chrono::duration<double>(*sag.end - sag.begin).count(), 10, 1);
  EXPECT_EQ(parcel_.readings.size(), 120u);
}

TEST_F(Faults, AnOutageThatTheMeterOutlives) {
  play("+30s outage for 30s");
  expect_fault("outage", "the mains were gone", "has power");
  EXPECT_EQ(last_event("outage").reason, "grid");
  EXPECT_NEAR(static_cast<double>(flagged(Flag::no_voltage)), 30, 2);
}

// ---- All of it.

// A trouble each fifty minutes or so, of every kind in turn.
std::string week_of_troubles(unsigned seed) {
  constexpr std::array<std::string_view, 29> kKinds{"chip absent high",
                                                    "chip absent low",
                                                    "chip absent random",
                                                    "miso stuck high",
                                                    "miso stuck low",
                                                    "mosi stuck high",
                                                    "mosi stuck low",
                                                    "bits flip 0.002",
                                                    "bits flip 0.05",
                                                    "writes lost",
                                                    "bus slow",
                                                    "bus hangs",
                                                    "brownout",
                                                    "config flips 0x61 14",
                                                    "config flips 0x6A 13",
                                                    "power lost",
                                                    "adapter missing",
                                                    "adapter c missing",
                                                    "board gives 0.106 times",
                                                    "board gives 9.5 times",
                                                    "ct a unplugged",
                                                    "ct c reversed",
                                                    "cts a c swapped",
                                                    "outage",
                                                    "voltage 70%",
                                                    "voltage 118%",
                                                    "frequency 50Hz",
                                                    "frequency drifts to 56",
                                                    "load a 8500W"};
  std::mt19937 dice(seed);
  std::string text = fmt::format("seed {}\n", seed);
  for (unsigned n = 0; n < 200; ++n) {
    const std::string_view kind = kKinds[n % kKinds.size()];
    text += fmt::format("+{}s {}", 60 + n * 3000 + static_cast<unsigned>(dice() % 1200), kind);
    const bool moment = kind == "brownout" || kind.starts_with("config");
    const unsigned longest = kind == "bus hangs" ? 240 : 900;
    if (!moment) text += fmt::format(" for {}s", 15 + static_cast<unsigned>(dice() % longest));
    text += '\n';
  }
  return text;
}

TEST_F(Faults, AWeekWithTwoHundredOfThemNeedsNoRestart) {
  play(week_of_troubles(2026), 7 * 24h, 10s);

  constexpr std::size_t kTicks = 7 * 24 * 360;
  EXPECT_GT(parcel_.readings.size(), kTicks * 9 / 10);
  EXPECT_LT(parcel_.readings.size(), kTicks) << "some of them cost readings";
  EXPECT_TRUE(hub_.healthy()) << hub_.status().faults.front().what;
  const reading::Reading& last = parcel_.readings.back();
  EXPECT_EQ(last.time, to_stamp(kNoon) + 7 * 24h - 10s);
  EXPECT_EQ(reading::flag_text(last.flags), "");
  for (const store::Event& event : parcel_.events) {
    EXPECT_FALSE(event.cause.empty()) << event.kind;
  }
  for (const std::string_view fault :
       {"chip_absent", "chip_lost", "outage", "sag", "swell", "wrong_grid", "wrong_gain",
        "clipping", "ct_unplugged_a", "ct_turned_c", "cts_swapped"}) {
    EXPECT_TRUE(faults_.contains(std::string(fault)))
        << fault << " was not told; seen: " << names();
  }
}

}  // namespace
}  // namespace fithome::app
