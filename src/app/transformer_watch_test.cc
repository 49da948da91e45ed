// SPDX-License-Identifier: MIT
#include "app/transformer_watch.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fithome::app {
namespace {

struct Load {
  double p, q;
};

chip::Sample sample(Load a, Load c) {
  chip::Sample made;
  const auto line = [](Load load) {
    chip::LineSample of;
    of.u = Volts(120);
    of.p = Watts(load.p);
    of.q = Vars(load.q);
    of.i = Amps(std::hypot(load.p, load.q) / 120);
    return of;
  };
  made.lines[0] = line(a);
  made.lines[2] = line(c);
  return made;
}

class Transformers : public testing::Test {
 protected:
  TransformerDoubts see(Load a, Load c) { return watch_.take(sample(a, c)); }
  // Long enough that it is a transformer taken off, not solar power that just balances.
  void take_off(Load a, Load c) {
    for (int n = 0; n < 3; ++n) see(a, c);
  }
  TransformerWatch watch_;
};

constexpr Load kNone{0.1, 0};

TEST_F(Transformers, AHouseThatSwitchesThingsOnAndOffIsInNoDoubt) {
  for (const Load a : {Load{500, 80}, {2000, 80}, {480, 75}, {-300, 70}, {-1500, 60}, {700, 90}}) {
    EXPECT_FALSE(see(a, {300, 40}).any()) << a.p;
    EXPECT_FALSE(see(a, {a.p + 100, 40}).any()) << "a load of 240 V is on both legs";
  }
}

TEST_F(Transformers, SolarThatTurnsThePowerIsNoTurnedTransformer) {
  see({750, 100}, {300, 40});
  EXPECT_FALSE(see({-750, 100}, {300, 40}).any());
}

TEST_F(Transformers, SolarThatJustBalancesTheHouseIsNoTransformerTakenOff) {
  see({750, 2}, {300, 40});
  see({1, 1}, {300, 40});
  EXPECT_FALSE(see({-200, 1}, {300, 40}).any());
}

TEST_F(Transformers, ALineThatNeverCarriedAnythingWorriesNobody) {
  EXPECT_FALSE(see({750, 100}, kNone).any());
  EXPECT_FALSE(see({750, 100}, kNone).any());
}

TEST_F(Transformers, ACircuitMayRestAndStartAgainAsAnythingElse) {
  watch_ = TransformerWatch(false);
  see({750, 100}, {300, 40});
  take_off(kNone, kNone);
  EXPECT_FALSE(see(kNone, kNone).any());
  EXPECT_FALSE(see({40, -90}, {2000, 5}).any()) << "the dryer's standby is capacitive";
}

TEST_F(Transformers, TheMirrorImageIsATurnedOneUntilItIsTurnedBack) {
  see({750, 100}, {300, 40});
  EXPECT_TRUE(see({-755, -101}, {300, 40}).lines[0].turned);
  EXPECT_TRUE(see({-1200, -120}, {300, 40}).lines[0].certain);
  EXPECT_FALSE(see({1190, 121}, {300, 40}).any());
}

TEST_F(Transformers, AResistiveLoadAloneIsNoProofButADoubt) {
  see({750, 2}, {300, 40});
  const auto doubts = see({-750, -2}, {300, 40});
  EXPECT_TRUE(doubts.lines[0].turned);
  EXPECT_FALSE(doubts.lines[0].certain);
}

TEST_F(Transformers, OneThatWasOffIsJudgedByItsReactivePowerWhenItComesBack) {
  see({750, 100}, {300, 40});
  EXPECT_TRUE(see(kNone, {300, 40}).lines[0].off);
  take_off(kNone, {300, 40});
  const auto doubts = see({200, -130}, {310, 40});
  EXPECT_FALSE(doubts.lines[0].off);
  EXPECT_TRUE(doubts.lines[0].turned) << "though the sun makes its active power look right";
  take_off(kNone, {300, 40});
  EXPECT_FALSE(see({-100, 100}, {300, 40}).any());
}

TEST_F(Transformers, WithTooLittleToTellTheDoubtStays) {
  see({750, 100}, {300, 40});
  take_off(kNone, {300, 40});
  EXPECT_TRUE(see({8, 1}, {300, 40}).lines[0].pending);
  EXPECT_TRUE(see({9, 1}, {300, 40}).any());
  EXPECT_FALSE(see({600, 90}, {300, 40}).any());
}

TEST_F(Transformers, TwoThatExchangeTheirCurrentsWereSwapped) {
  see({750, 100}, {300, 40});
  EXPECT_TRUE(see({301, 40}, {748, 101}).swapped);
  EXPECT_TRUE(see({400, 40}, {748, 101}).swapped);
  EXPECT_FALSE(see({749, 101}, {400, 41}).any());
}

TEST_F(Transformers, TwoThatWereOffAtOnceAreComparedWhenTheyComeBack) {
  see({750, 100}, {300, 40});
  take_off(kNone, kNone);
  EXPECT_FALSE(see({740, 99}, {320, 41}).any()) << "as before";
  take_off(kNone, kNone);
  EXPECT_TRUE(see({321, 41}, {735, 99}).swapped);
  take_off(kNone, kNone);
  EXPECT_TRUE(see({90, 5}, {95, 6}).handled) << "cannot tell";
  EXPECT_TRUE(see({700, 90}, {300, 40}).any()) << "and that stays so";
}

TEST_F(Transformers, WhatWasBeforeTheChipWasAwayIsNotCompared) {
  see({750, 100}, {300, 40});
  watch_.forget();
  EXPECT_FALSE(see({-750, -100}, {300, 40}).any());
}

}  // namespace
}  // namespace fithome::app
