// SPDX-License-Identifier: MIT
#include "sim/scenario.h"

#include <gtest/gtest.h>

#include "base/time.h"

namespace fithome::sim {
namespace {

using namespace std::chrono_literals;

const UtcInstant kNoon = UtcInstant(std::chrono::sys_days(std::chrono::June / 1 / 2026)) + 12h;

Scenario good(std::string_view text) {
  auto scenario = parse_scenario(text);
  EXPECT_TRUE(scenario) << scenario.error().front().what;
  if (!scenario) return {};
  auto begun = started(*std::move(scenario), kNoon);
  EXPECT_TRUE(begun) << begun.error().what;
  return begun ? *begun : Scenario{};
}

ScenarioProblem only_problem(std::string_view text) {
  const auto scenario = parse_scenario(text);
  EXPECT_FALSE(scenario) << text;
  if (scenario) return {};
  EXPECT_EQ(scenario.error().size(), 1u);
  return scenario.error().front();
}

TEST(Scenario, ALineIsATimeATroubleAndHowLong) {
  const Scenario scenario = good("# a bad day\n\n+1h30m  ct a unplugged for 30s  # pulled\n");

  ASSERT_EQ(scenario.acts.size(), 1u);
  const Act& act = scenario.acts[0];
  EXPECT_EQ(act.trouble, Trouble::ct_unplugged);
  EXPECT_EQ(act.begin, 90min);
  EXPECT_EQ(act.end, 90min + 30s);
  EXPECT_EQ(act.line, 0);
  EXPECT_EQ(act.source_line, 3);
}

TEST(Scenario, TimesByTheCalendarCountFromTheStart) {
  const Scenario scenario = good("2026-06-01T12:00:10Z outage for 5s\n+1s brownout\n");

  ASSERT_EQ(scenario.acts.size(), 2u);
  EXPECT_EQ(scenario.acts[0].trouble, Trouble::brown_out) << "by their begin";
  EXPECT_EQ(scenario.acts[1].begin, 10s);
  EXPECT_EQ(scenario.acts[1].end, 15s);
}

TEST(Scenario, WhatIsBeforeTheStartIsRefusedByItsLine) {
  const auto scenario = parse_scenario("\n2026-06-01T11:00:00Z brownout\n");
  ASSERT_TRUE(scenario);

  const auto begun = started(*scenario, kNoon);

  ASSERT_FALSE(begun);
  EXPECT_TRUE(begun.error().what.contains("line 2")) << begun.error().what;
}

TEST(Scenario, WithoutForItGoesOnForEver) {
  EXPECT_EQ(good("+0s adapter missing").acts[0].end, kForEver);
}

TEST(Scenario, TakesNumbersWithTheirUnits) {
  EXPECT_EQ(good("+0s voltage 70%").acts[0].value, 0.7);
  EXPECT_EQ(good("+0s voltage c 130%").acts[0].line, 2);
  EXPECT_EQ(good("+0s frequency 50Hz").acts[0].value, 50);
  EXPECT_EQ(good("+0s load a 9000W").acts[0].value, 9000);
  EXPECT_EQ(good("+0s bits flip 0.001").acts[0].value, 0.001);
  EXPECT_EQ(good("+0s board gives 9.5 times").acts[0].value, 9.5);
  EXPECT_EQ(good("+0s config flips 0x61 14").acts[0].address, 0x61);
  EXPECT_EQ(good("+0s cts a c swapped").acts[0].other, 2);
  EXPECT_EQ(good("seed 99\n").seed, 99u);
}

TEST(Scenario, EveryTroubleItKnowsCanBeSaid) {
  const std::pair<std::string_view, std::string_view> places[] = {
      {"PROBABILITY", "0.1"}, {"ADDRESS", "0x61"}, {"BIT", "3"},
      {"FACTOR", "2"},        {"LINE", "a"},       {"OTHER", "c"},
      {"HERTZ", "55"},        {"WATTS", "10"},     {"PERCENT", "50%"}};
  for (std::string text : known_troubles()) {
    for (const auto& [place, value] : places) {
      if (const auto at = text.find(place); at != text.npos) text.replace(at, place.size(), value);
    }
    const auto moment = parse_scenario("+1s " + text);
    const auto lasting = parse_scenario("+1s " + text + " for 5s");
    EXPECT_TRUE(moment || lasting) << text;
    if (moment && momentary(moment->acts[0].trouble)) {
      EXPECT_FALSE(lasting) << text;
    }
  }
}

TEST(Scenario, AnErrorSaysWhereAndWhatIsPossible) {
  const ScenarioProblem wrong_line = only_problem("+10s ct d unplugged");
  EXPECT_EQ(wrong_line.line, 1);
  EXPECT_EQ(wrong_line.column, 9);
  EXPECT_TRUE(wrong_line.what.contains("a, b and c")) << wrong_line.what;
  EXPECT_EQ(wrong_line.source, "+10s ct d unplugged");

  EXPECT_TRUE(only_problem("+10s ct a stolen").what.contains("ct LINE unplugged"));
  EXPECT_TRUE(only_problem("+10s gremlins").what.contains("brownout"));
  EXPECT_TRUE(only_problem("soon brownout").what.contains("+1h30m"));
  EXPECT_TRUE(only_problem("+10s").what.contains("no trouble"));
  EXPECT_TRUE(only_problem("+10s brownout for 5s").what.contains("for"));
  EXPECT_TRUE(only_problem("+10s outage for ever").what.contains("30s"));
  EXPECT_TRUE(only_problem("+10s bits flip 2").what.contains("0 to 1"));
  EXPECT_TRUE(only_problem("+10s config flips 0x70 1").what.contains("0x6F"));
  EXPECT_TRUE(only_problem("+10s bus hangs").what.contains("how long"));
  EXPECT_TRUE(only_problem("+10s cts a a swapped").what.contains("itself"));
  EXPECT_TRUE(only_problem("+99999d brownout").what.contains("ten years"));
}

TEST(Scenario, AllThatIsWrongIsTold) {
  const auto scenario = parse_scenario("+1s brownout\nx\n+1s outage for 5s\ny\n");
  ASSERT_FALSE(scenario);
  ASSERT_EQ(scenario.error().size(), 2u);
  EXPECT_EQ(scenario.error()[1].line, 4);
}

}  // namespace
}  // namespace fithome::sim
