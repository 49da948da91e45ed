// SPDX-License-Identifier: MIT
#include "homeassistant/repair.h"

#include <gtest/gtest.h>

#include "homeassistant/fake.h"

namespace fithome::homeassistant {
namespace {

using std::chrono::hours;

const UtcTime kMidnight = parse_time("2026-11-01T00:00:00Z", {}).value();
constexpr std::int64_t kWattHour = 1'000'000'000;

// A house that takes 100 W more each hour: 0, 100, 200 ... Wh.
std::int64_t watt_hours_at(std::int64_t hour) { return 100 * hour * (hour - 1) / 2; }

class MissedHours : public testing::Test {
 protected:
  MissedHours() { client_.emplace(Client::log_in(wire(), "right").value()); }

  std::unique_ptr<Wire> wire() { return std::make_unique<FakeWire>(home_); }

  // As of the store: FitHome began at 00:20, and its newest reading is of `newest_`.
  Result<reading::Ledger> at(UtcTime time) {
    reading::Ledger ledger;
    ledger.time = std::clamp(time, kMidnight + std::chrono::minutes(20), newest_);
    const auto hour = std::chrono::floor<hours>(ledger.time - kMidnight).count();
    ledger.net.active.imported.nwh = 5'000 * kWattHour + watt_hours_at(hour) * kWattHour;
    ledger.net.corrected.imported.nwh = hour >= corrected_from_ ? 1'000 * kWattHour : 0;
    ledger.net.active.imported = ledger.net.active.imported + ledger.net.corrected.imported;
    return ledger;
  }
  std::size_t repair_now(const Span& span = {}) {
    Ledgers ledgers([this](UtcTime time, store::MeterId) { return at(time); });
    const auto done = repair(*client_, ledgers, import_, span, clock_);
    EXPECT_TRUE(done) << done.error().what;
    return done.value_or(0);
  }
  std::size_t wrong(const Span& span = {}) {
    Ledgers ledgers([this](UtcTime time, store::MeterId) { return at(time); });
    return compare(*client_, ledgers, import_, span).value().wrong.size();
  }
  auto& rows() { return home_.rows[import_.id]; }
  double sum_of(int hour) { return rows().at(to_iso(kMidnight + hours(hour)))["sum"]; }
  double state_of(int hour) { return rows().at(to_iso(kMidnight + hours(hour)))["state"]; }
  // What the energy dashboard shows of an hour.
  double bar_of(int hour) {
    return rows().begin()->first == to_iso(kMidnight + hours(hour))
               ? sum_of(hour)
               : sum_of(hour) - sum_of(hour - 1);
  }
  void expect_every_bar(int from, int to) {
    for (int hour = from; hour < to; ++hour) {
      EXPECT_NEAR(bar_of(hour), static_cast<double>(hour) / 10, 1e-9) << hour;
    }
  }

  FakeHomeAssistant home_;
  ManualClock clock_{UtcInstant{}};
  std::optional<Client> client_;
  Statistic import_{.id = "fithome:ab_1_import", .name = "Home Energy import"};
  UtcTime newest_ = kMidnight + hours(48) + std::chrono::minutes(30);
  std::int64_t corrected_from_ = 1'000'000;
};

TEST_F(MissedHours, AreBroughtToOneWhoHasNothing) {
  EXPECT_EQ(wrong(), 48U);
  EXPECT_EQ(repair_now(), 48U);
  EXPECT_EQ(rows().size(), 48U) << "not the hour that is not over";
  expect_every_bar(0, 48);
  EXPECT_NEAR(state_of(47), 5000e-3 + 0.1 * 48 * 47 / 2, 1e-9) << "the meter's own total";
  EXPECT_EQ(wrong(), 0U);
}

TEST_F(MissedHours, BroughtAgainChangeNothing) {
  repair_now();
  const auto before = rows();
  EXPECT_EQ(repair_now(), 0U);
  EXPECT_EQ(rows(), before);
}

TEST_F(MissedHours, InTheMiddleAndAtTheEndAreFilled) {
  newest_ = kMidnight + hours(20);
  repair_now();
  newest_ = kMidnight + hours(30);
  rows().erase(to_iso(kMidnight + hours(7)));
  rows()[to_iso(kMidnight + hours(9))]["sum"] = 99;
  EXPECT_EQ(wrong(), 12U);
  EXPECT_EQ(repair_now(), 12U);
  expect_every_bar(0, 30);
}

TEST_F(MissedHours, OfARangeAreThoseOfIt) {
  repair_now();
  for (const int hour : {5, 10, 11, 20}) rows().erase(to_iso(kMidnight + hours(hour)));
  const Span span{kMidnight + hours(10), kMidnight + hours(12)};
  EXPECT_EQ(wrong(span), 2U);
  EXPECT_EQ(repair_now(span), 2U);
  EXPECT_EQ(wrong(), 2U);
}

TEST_F(MissedHours, EarlierThanItsFirstCountNothingTwice) {
  repair_now({kMidnight + hours(40), {}});
  expect_every_bar(40, 48);
  ASSERT_EQ(rows().size(), 8U);

  const Span early{kMidnight + hours(10), kMidnight + hours(20)};
  EXPECT_EQ(wrong(early), 10U);
  repair_now(early);

  EXPECT_EQ(rows().size(), 38U) << "no hole between";
  expect_every_bar(10, 48);
  EXPECT_EQ(wrong(), 0U);
}

TEST_F(MissedHours, AreThoseOfAMonthUnlessToldOtherwise) {
  newest_ = kMidnight + std::chrono::days(60);
  EXPECT_EQ(repair_now(), 720U);
  EXPECT_EQ(rows().begin()->first, "2026-12-01T00:00:00.000Z");
}

TEST_F(MissedHours, AreNoneBeforeFithomeBegan) {
  EXPECT_EQ(repair_now({kMidnight - std::chrono::days(400), {}}), 48U);
  EXPECT_EQ(repair_now({{}, kMidnight - hours(1)}), 0U);
  EXPECT_EQ(repair_now({newest_ + hours(5), newest_ + hours(10)}), 0U);
}

TEST_F(MissedHours, TakeASetTotalForNoConsumption) {
  corrected_from_ = 12;
  repair_now();
  expect_every_bar(0, 48);
}

// What it keeps itself of the MQTT sensor: zero was where it found it, at the sixth hour.
class OwnHours : public MissedHours {
 protected:
  OwnHours() {
    import_ = {.id = "sensor.home_energy_import", .of_sensor = true};
    for (int hour = 5; hour < 40; ++hour) keep(hour, -5.5);
  }
  // The total reaches it late, and lacks what is less than a watt-hour.
  void keep(int hour, double offset, double late = 0.003) {
    const double state = 5 + total_at(hour + 1) - late;
    rows()[to_iso(kMidnight + hours(hour))] = {
        {"start", to_iso(kMidnight + hours(hour))}, {"state", state}, {"sum", state + offset}};
  }
  static double total_at(int hour) { return static_cast<double>(watt_hours_at(hour)) / 1000; }
  void expect_exact(int from, int to) {
    for (int hour = from; hour < to; ++hour) {
      EXPECT_NEAR(state_of(hour), 5 + total_at(hour + 1), 1e-9) << hour;
      if (hour > from) EXPECT_NEAR(bar_of(hour), static_cast<double>(hour) / 10, 1e-9) << hour;
    }
  }
};

TEST_F(OwnHours, ThatItMissedAreToldFromOneSideToTheOther) {
  for (int hour = 10; hour < 20; ++hour) rows().erase(to_iso(kMidnight + hours(hour)));
  keep(20, -5.5, 0.5);  // it came back within that hour, and was told late
  EXPECT_EQ(repair_now(), 35U);
  EXPECT_EQ(rows().size(), 35U) << "none before its first nor behind its last";
  expect_exact(5, 40);
  for (int hour = 5; hour < 40; ++hour) EXPECT_NEAR(sum_of(hour) - state_of(hour), -5.5, 1e-9);
  EXPECT_EQ(repair_now(), 0U);
  EXPECT_EQ(home_.metadata[import_.id]["source"], "recorder");
  EXPECT_TRUE(home_.metadata[import_.id]["name"].is_null());
}

TEST_F(OwnHours, AreLeftAloneWhereItsSumBeganAnew) {
  for (int hour = 10; hour < 20; ++hour) rows().erase(to_iso(kMidnight + hours(hour)));
  for (int hour = 20; hour < 40; ++hour) keep(hour, 1);
  Ledgers ledgers([this](UtcTime time, store::MeterId) { return at(time); });
  EXPECT_EQ(compare(*client_, ledgers, import_, {})->unknown, 10U);
  EXPECT_EQ(repair_now(), 25U);
  EXPECT_EQ(rows().size(), 25U);
  EXPECT_NEAR(sum_of(20) - state_of(20), 1, 1e-9);
}

TEST_F(OwnHours, AreNoneOfOneThatKeepsNone) {
  rows().clear();
  EXPECT_EQ(repair_now(), 0U);
  EXPECT_TRUE(rows().empty());
}

TEST_F(MissedHours, ThatItDoesNotShowAreAnError) {
  home_.forgets = true;
  Ledgers ledgers([this](UtcTime time, store::MeterId) { return at(time); });
  const auto done = repair(*client_, ledgers, import_, {}, clock_);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::transient);
}

}  // namespace
}  // namespace fithome::homeassistant
