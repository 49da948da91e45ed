// SPDX-License-Identifier: MIT
#include "reading/ledger.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>

namespace fithome::reading {
namespace {

using chip::EnergyKind;

const UtcTime kBooked = UtcTime(std::chrono::milliseconds(1'800'000'000'000));

chip::EnergyCounters counts(std::uint64_t import_a, std::uint64_t export_c,
                            std::uint64_t import_total, std::uint64_t export_total) {
  chip::EnergyCounters counters{};
  counters[chip::energy_of(EnergyKind::active_import, 0)] = import_a;
  counters[chip::energy_of(EnergyKind::active_export, 2)] = export_c;
  counters[chip::energy_total(EnergyKind::active_import)] = import_total;
  counters[chip::energy_total(EnergyKind::active_export)] = export_total;
  return counters;
}

TEST(Ledger, CountsEachLineAndNetsThemAsTheChipDid) {
  Ledger ledger;

  book(ledger, counts(320'000, 32'000, 288'000, 0), {}, kBooked);

  EXPECT_DOUBLE_EQ(ledger.lines[0].active.imported.wh(), 1000);
  EXPECT_DOUBLE_EQ(ledger.lines[2].active.exported.wh(), 100);
  EXPECT_DOUBLE_EQ(ledger.counted().active.imported.wh(), 1000);
  EXPECT_DOUBLE_EQ(ledger.counted().active.exported.wh(), 100);
  EXPECT_DOUBLE_EQ(ledger.net.active.imported.wh(), 900);
  EXPECT_DOUBLE_EQ(ledger.net.active.exported.wh(), 0);
  EXPECT_EQ(ledger.time, kBooked);
}

TEST(Ledger, TakesTenSecondsOf1200WattsForWhatTheChipCountsOfThem) {
  Ledger ledger;

  book(ledger, counts(1066, 0, 1066, 0), {},
       kBooked);  // 12,000 J, of which 7.5 are not counted yet

  EXPECT_DOUBLE_EQ(ledger.net.active.imported.wh(), 3.33125);
}

TEST(Ledger, BookingTheSameCountersTwiceAddsNothing) {
  Ledger once;
  book(once, counts(1066, 3, 1063, 0), {}, kBooked);
  Ledger twice = once;

  book(twice, counts(1066, 3, 1063, 0), {}, kBooked);

  EXPECT_EQ(twice, once);
}

TEST(Ledger, ACounterThatForgotItsPastTakesNothingAway) {
  Ledger ledger;
  book(ledger, counts(1000, 0, 1000, 0), {}, kBooked);
  const LineEnergy before = ledger.net;

  book(ledger, counts(10, 0, 10, 0), {}, kBooked);
  EXPECT_EQ(ledger.net, before);

  book(ledger, counts(30, 0, 30, 0), {}, kBooked);
  EXPECT_EQ(ledger.net.active.imported.nwh, 1020 * kNanoWattHoursPerCount);
}

TEST(Ledger, AReversedTransformerCountsImportThatTheChipCalledExport) {
  LineRules rules;
  rules[2].reversed = true;
  Ledger ledger;

  book(ledger, counts(1000, 400, 600, 0), rules, kBooked);

  EXPECT_EQ(ledger.lines[2].active.imported.nwh, 400 * kNanoWattHoursPerCount);
  EXPECT_EQ(ledger.lines[2].active.exported.nwh, 0);
  EXPECT_EQ(ledger.net.active.imported.nwh, 1400 * kNanoWattHoursPerCount);
}

TEST(Ledger, LinesThatCancelOutLeaveNoPhantomImportBehind) {
  LineRules rules;
  rules[0].scale_per_mille = 2000;  // so that the netting is ours
  Ledger ledger;
  chip::EnergyCounters counters{};
  auto& in = counters[chip::energy_of(EnergyKind::active_import, 0)];
  auto& out = counters[chip::energy_of(EnergyKind::active_export, 2)];
  for (int poll = 0; poll < 3600; ++poll) {
    in += poll % 2 == 0 ? 44 : 45;
    out += poll % 2 == 0 ? 89 : 89;
    book(ledger, counters, rules, kBooked);
  }

  EXPECT_EQ(ledger.net.active.imported.nwh, 0);
  EXPECT_EQ(ledger.net.active.exported.nwh, 0);
  EXPECT_GT(ledger.lines[0].active.imported.nwh, 0);
}

// However the counters grow and whenever they are booked: nothing lost, nothing twice, no total
// ever falls, and what is netted is what the lines came to.
TEST(Ledger, IsTheSameHoweverOftenItIsBooked) {
  rc::check([] {
    LineRules rules;
    for (LineRule& rule : rules) {
      rule.reversed = *rc::gen::arbitrary<bool>();
      rule.scale_per_mille = *rc::gen::element(1000, 1500, 2000);
    }
    chip::EnergyCounters counters{};
    Ledger often;
    const int polls = *rc::gen::inRange(1, 40);
    for (int poll = 0; poll < polls; ++poll) {
      for (int line = 0; line < chip::kLines; ++line) {
        counters.at(static_cast<std::size_t>(chip::energy_of(EnergyKind::active_import, line))) +=
            *rc::gen::inRange(0u, 3000u);
        counters.at(static_cast<std::size_t>(chip::energy_of(EnergyKind::active_export, line))) +=
            *rc::gen::inRange(0u, 3000u);
      }
      const LineEnergy before = often.net;
      book(often, counters, rules, kBooked);
      RC_ASSERT(often.net.active.imported.nwh >= before.active.imported.nwh);
      RC_ASSERT(often.net.active.exported.nwh >= before.active.exported.nwh);
    }
    Ledger once;
    book(once, counters, rules, kBooked);

    RC_ASSERT(often.lines == once.lines);
    const auto balance = [](const LineEnergy& of) {
      return of.active.imported.nwh - of.active.exported.nwh;
    };
    const bool ours = rules[0].reversed || rules[1].reversed || rules[2].reversed ||
                      rules[0].scale_per_mille != rules[1].scale_per_mille ||
                      rules[1].scale_per_mille != rules[2].scale_per_mille;
    if (ours) RC_ASSERT(balance(often.net) + often.net_remainder[0] == balance(often.counted()));
  });
}

TEST(Ledger, ATotalThatIsSetByHandIsToldFromWhatWasCounted) {
  Ledger ledger;
  ledger.net.active = {{1'000}, {200}};

  set_total(ledger.net, {5'000}, {150});
  set_total(ledger.net, {5'500}, {150});

  EXPECT_EQ(ledger.net.active, (Flow{{5'500}, {150}}));
  EXPECT_EQ(ledger.net.corrected, (Flow{{4'500}, {-50}}));
}

}  // namespace
}  // namespace fithome::reading
