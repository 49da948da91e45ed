// SPDX-License-Identifier: MIT
#include "calibrate/diagnosis.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "sim/sim_bus.h"
#include "sim/test_installation.h"

namespace fithome::calibrate {
namespace {

using namespace std::chrono_literals;
using chip::Sample;

const UtcInstant kNight = UtcInstant(std::chrono::sys_days(std::chrono::year(2026) / 6 / 1)) + 9h;

/// A meter in a house, from the wires to the samples.
struct Bench {
  Bench(std::unique_ptr<sim::House> inside, const sim::Board& board, chip::ChipConfig of,
        UtcInstant start = kNight)
      : clock(start), house(std::move(inside)), sim_chip(clock, house, board), config(of) {
    house.nominal = of.nominal;
    chip::reset(pad, {});
  }

  std::vector<Sample> watch(std::size_t windows) {
    if (!chip.ready()) {
      EXPECT_TRUE(chip.start({}));
    }
    std::vector<Sample> samples;
    while (samples.size() < windows) {
      clock.advance(1s);
      auto sample = chip.sample();
      EXPECT_TRUE(sample) << sample.error().what;
      if (!sample) break;
      samples.push_back(*std::move(sample));
    }
    return samples;
  }
  /// Switches a load; what the meter shows while it changes is not kept.
  void load(std::size_t line, double watts) {
    house.load_line = line;
    house.switched_on = watts;
    watch(2);
  }

  ManualClock clock;
  sim::Installation house;
  sim::SimChip sim_chip;
  sim::SimBus bus{sim_chip};
  chip::EnergyPad pad{};
  chip::ChipConfig config;
  chip::Chip chip{bus, clock, config, pad};
};

chip::ChipConfig fitting(const sim::Board& board = {}) {
  chip::ChipConfig config;
  for (int line = 0; line < chip::kLines; ++line) {
    auto& of = config.lines[static_cast<std::size_t>(line)];
    of.voltage_gain = sim::matching_voltage_gain(board);
    of.current_gain = std::max<std::uint16_t>(1, sim::matching_current_gain(board, line, 2));
  }
  return config;
}

std::unique_ptr<sim::PlainHouse> plain(double watts_a, double watts_c, Hertz f = Hertz{60}) {
  auto house = std::make_unique<sim::PlainHouse>();
  house->state.lines[0] = {Volts{120}, Watts{watts_a}, Vars{watts_a / 5}};
  house->state.lines[2] = {Volts{120}, Watts{watts_c}, Vars{-watts_c / 7}};
  house->state.f = f;
  return house;
}

const Finding* find(const Diagnosis& diagnosis, Trouble trouble) {
  const auto found = std::ranges::find(diagnosis.findings, trouble, &Finding::trouble);
  return found == diagnosis.findings.end() ? nullptr : &*found;
}

Diagnosis after_a_step(Bench& bench, std::size_t line, double watts, std::optional<int> told,
                       std::optional<bool> source = {}) {
  const auto before = bench.watch(4);
  bench.load(line, watts);
  const auto on = bench.watch(4);
  bench.load(line, 0);
  const auto after = bench.watch(4);
  Evidence evidence{.samples = after, .config = bench.config};
  evidence.source = source;
  evidence.steps = {
      {.before = before, .on = on, .after = after, .watts = Watts{1200}, .line = told}};
  evidence.ct_mv_per_amp = {6, 6, 6};
  return diagnose(evidence);
}

TEST(Diagnosis, FindsNothingWrongWithAGoodMeter) {
  Bench bench(plain(400, 250), {}, fitting());

  const auto samples = bench.watch(kLongWatch);
  const auto found = diagnose({.samples = samples, .config = bench.config, .source = false});

  EXPECT_TRUE(found.findings.empty());
}

TEST(Diagnosis, ALoadThatIsSwitchedOnTellsWhichWayRoundATransformerIs) {
  sim::Board board;
  board.ct_reversed[2] = true;
  Bench bench(plain(400, -2500), board, fitting());  // solar exports on C

  const auto right = after_a_step(bench, 0, 1200, 0);
  const auto reversed = after_a_step(bench, 2, 1200, {}, true);

  EXPECT_EQ(right.orientation[0], Orientation::right);
  EXPECT_TRUE(right.findings.empty());
  EXPECT_EQ(reversed.orientation[2], Orientation::reversed);
  ASSERT_TRUE(reversed.has(Trouble::reversed_ct, 2));
  EXPECT_NE(find(reversed, Trouble::reversed_ct)->remedy.find("reversed = true"),
            std::string::npos);
}

TEST(Diagnosis, SignAloneDecidesNothingWhereSolarMayFeedIn) {
  Bench bench(plain(400, -2500), {}, fitting());
  const auto samples = bench.watch(kLongWatch);

  const auto unknown = diagnose({.samples = samples, .config = bench.config});
  const auto solar = diagnose({.samples = samples, .config = bench.config, .source = true});
  const auto none = diagnose({.samples = samples, .config = bench.config, .source = false});

  EXPECT_FALSE(unknown.has(Trouble::reversed_ct));
  ASSERT_NE(find(unknown, Trouble::reversed_ct), nullptr);
  EXPECT_EQ(find(unknown, Trouble::reversed_ct)->certainty, Certainty::cannot_tell);
  EXPECT_TRUE(solar.findings.empty());
  EXPECT_TRUE(none.has(Trouble::reversed_ct, 2));
}

TEST(Diagnosis, ATransformerAroundTheOtherLegIsNotCalledReversed) {
  sim::Board board;
  board.ct_reversed[2] = true;
  Bench bench(plain(400, 250), board, fitting());
  bench.house.conductor[2] = 0;
  auto samples = bench.watch(30);
  bench.load(0, 600);
  std::ranges::copy(bench.watch(30), std::back_inserter(samples));

  const auto found = diagnose({.samples = samples, .config = bench.config, .source = false});

  EXPECT_FALSE(found.has(Trouble::reversed_ct));
  EXPECT_EQ(find(found, Trouble::reversed_ct)->certainty, Certainty::cannot_tell);
}

TEST(Diagnosis, FindsTwoTransformersAroundOneConductor) {
  Bench bench(plain(400, 250), {}, fitting());
  bench.house.conductor[2] = 0;

  EXPECT_TRUE(after_a_step(bench, 0, 1200, 0).has(Trouble::wrong_leg, 2));
  EXPECT_FALSE(after_a_step(bench, 2, 1200, {}).has(Trouble::wrong_leg));
}

TEST(Diagnosis, FindsSwappedTransformersWhenTheLegOfALoadIsKnown) {
  Bench bench(plain(400, 250), {}, fitting());
  bench.house.conductor = {2, 1, 0};

  EXPECT_TRUE(after_a_step(bench, 0, 1200, 0).has(Trouble::swapped_cts));
  EXPECT_FALSE(after_a_step(bench, 0, 1200, {}).has(Trouble::swapped_cts));
}

TEST(Diagnosis, FindsATransformerThatIsUnplugged) {
  sim::Board board;
  board.ct_mv_per_amp[2] = 0;
  board.noise = true;
  Bench bench(plain(400, 250), board, fitting(sim::Board{}));

  const auto certain = after_a_step(bench, 2, 1200, 2);
  const auto samples = bench.watch(kLongWatch);
  const auto likely = diagnose({.samples = samples, .config = bench.config});

  EXPECT_EQ(find(certain, Trouble::unplugged_ct)->certainty, Certainty::certain);
  EXPECT_EQ(find(likely, Trouble::unplugged_ct)->certainty, Certainty::likely);
  EXPECT_EQ(find(likely, Trouble::unplugged_ct)->line, 2);
}

TEST(Diagnosis, FindsAGainThatWasMadeForAnotherPga) {
  chip::ChipConfig config = fitting();
  config.pga = 1;
  Bench bench(plain(400, 250), {}, config);

  const auto found = after_a_step(bench, 0, 1200, 0);

  ASSERT_TRUE(found.has(Trouble::wrong_pga, 0));
  EXPECT_NE(find(found, Trouble::wrong_pga)->remedy.find("pga = 2"), std::string::npos);
}

TEST(Diagnosis, ALoadThatReadsTwiceIsNoWrongPgaWhereTheTransformerIsUnknown) {
  chip::ChipConfig config = fitting();
  config.pga = 4;
  Bench bench(plain(400, 250), {}, config);
  const auto before = bench.watch(4);
  bench.load(0, 1200);
  const auto on = bench.watch(4);
  bench.load(0, 0);
  const auto after = bench.watch(4);

  Evidence evidence{.samples = after, .config = bench.config};
  evidence.steps = {{.before = before, .on = on, .after = after, .watts = Watts{1200}}};
  const auto found = diagnose(evidence);

  EXPECT_FALSE(found.has(Trouble::wrong_pga));
  EXPECT_TRUE(found.has(Trouble::current_gain_off, 0));
}

TEST(Diagnosis, AStepThatSomethingElseDisturbedProvesNothing) {
  Bench bench(plain(400, 250), {}, fitting());
  const auto before = bench.watch(4);
  bench.load(2, 1200);
  const auto on = bench.watch(4);

  Evidence evidence{.samples = on, .config = bench.config};
  evidence.steps = {{.before = before, .on = on, .after = on, .watts = Watts{1200}, .line = 2}};
  const auto found = diagnose(evidence);

  EXPECT_EQ(found.orientation[2], Orientation::unknown);
  EXPECT_EQ(find(found, Trouble::reversed_ct)->certainty, Certainty::cannot_tell);
}

TEST(Diagnosis, TellsTheBoardsRevisionFromTheVoltage) {
  const auto newer = judge_voltage(Volts{655.35}, 37106, Volts{120}, 0);
  const auto older = judge_voltage(Volts{12.7}, 3920, Volts{120}, 0);
  const auto off = judge_voltage(Volts{145}, 37106, Volts{120}, 0);

  EXPECT_EQ(newer->trouble, Trouble::wrong_revision);
  EXPECT_NE(newer->remedy.find("rev3"), std::string::npos);
  EXPECT_EQ(older->trouble, Trouble::wrong_revision);
  EXPECT_EQ(off->trouble, Trouble::voltage_gain_off);
  EXPECT_FALSE(judge_voltage(Volts{118}, 37106, Volts{120}, 0));
}

TEST(Diagnosis, FindsClippingMissingVoltageAndTheOtherMains) {
  Bench clipping(plain(5'000, 250), {}, fitting());
  Bench dark(plain(400, 250), {}, fitting());
  dark.sim_chip.board().voltage_connected = {false, false, false};
  Bench europe(plain(400, 250, Hertz{50}), {}, fitting());

  const auto cut = clipping.watch(3);
  EXPECT_FALSE(diagnose({.samples = cut, .config = clipping.config}).has(Trouble::clipping, 0));
  clipping.load(0, 6'000);
  const auto more = clipping.watch(3);
  EXPECT_TRUE(diagnose({.samples = more, .config = clipping.config}).has(Trouble::clipping, 0));
  const auto none = dark.watch(3);
  EXPECT_TRUE(diagnose({.samples = none, .config = dark.config}).has(Trouble::adapter_missing));
  const auto slow = europe.watch(3);
  EXPECT_TRUE(diagnose({.samples = slow, .config = europe.config}).has(Trouble::wrong_frequency));
}

TEST(Diagnosis, FindsASecondAdapterThatIsInPhase) {
  Bench bench(plain(400, 250), {}, fitting());
  const auto samples = bench.watch(3);
  Evidence evidence{.samples = samples, .config = bench.config};

  evidence.u_angle_c = Degrees{0.4};
  EXPECT_TRUE(diagnose(evidence).findings.empty()) << "one adapter for both legs is in phase";
  evidence.adapters = 2;
  EXPECT_TRUE(diagnose(evidence).has(Trouble::adapter_in_phase));
  evidence.u_angle_c = Degrees{179.4};
  EXPECT_TRUE(diagnose(evidence).findings.empty());
}

// What a house was made with, and what its owner knows of it.
struct Truth {
  std::array<bool, 3> reversed{};
  std::array<std::size_t, 3> conductor{0, 1, 2};
  std::array<double, 3> current_factor{1, 1, 1};  // reading over real
  double voltage_factor = 1;
  std::optional<std::size_t> unplugged;

  bool alone(std::size_t line) const {
    return std::ranges::count(conductor, conductor[line]) == 1 && unplugged != line;
  }
  bool turned(int line) const {
    return alone(static_cast<std::size_t>(line)) && reversed[static_cast<std::size_t>(line)];
  }
};

bool is_true(const Finding& finding, const Truth& truth) {
  const int line = finding.line.value_or(0);
  const double factor = truth.current_factor[static_cast<std::size_t>(line)];
  switch (finding.trouble) {
    case Trouble::reversed_ct:
      return truth.turned(line);
    case Trouble::swapped_cts:
      return truth.conductor[0] == 2 && truth.conductor[2] == 0;
    case Trouble::wrong_leg:
      return finding.line
                 ? truth.conductor[static_cast<std::size_t>(line)] != static_cast<std::size_t>(line)
                 : truth.conductor != std::array<std::size_t, 3>{0, 1, 2};
    case Trouble::unplugged_ct:
      return truth.unplugged == static_cast<std::size_t>(line);
    case Trouble::wrong_pga: {
      const double whole = std::round(std::log2(factor));
      return whole != 0 && std::abs(std::log2(factor) - whole) < 0.2;
    }
    case Trouble::current_gain_off:
      return factor < 0.9 || factor > 1.12;
    case Trouble::voltage_gain_off:
      return truth.voltage_factor < 0.95 || truth.voltage_factor > 1.05;
    case Trouble::clipping:
      return true;  // whoever reads full scale is clipped; tested above
    case Trouble::wrong_revision:
    case Trouble::adapter_missing:
    case Trouble::adapter_in_phase:
    case Trouble::wrong_frequency:
      return false;
  }
  return false;
}

// A generated house of two legs, wired by somebody in a hurry.
struct Hurried {
  explicit Hurried(std::uint64_t seed) : random(seed) {
    const auto chance = [&](double of) { return between(0, 1) < of; };
    for (const std::size_t line : {0u, 2u}) truth.reversed[line] = chance(0.35);
    const double place = between(0, 1);
    if (place < 0.2) truth.conductor = {2, 1, 0};
    if (place > 0.85) truth.conductor = {0, 1, 0};
    if (place > 0.2 && place < 0.3) truth.unplugged = 2;
    board.noise = true;
    board.noise_seed = seed;
    for (const std::size_t line : {0u, 2u}) board.ct_reversed[line] = truth.reversed[line];
    if (truth.unplugged) board.ct_mv_per_amp[*truth.unplugged] = 0;

    config = fitting(sim::Board{});
    const double pga_factor = chance(0.3) ? (chance(0.5) ? 2 : 0.5) : 1;
    config.pga = static_cast<int>(2 * pga_factor);
    truth.voltage_factor = chance(0.3) ? between(0.7, 1.3) : between(0.97, 1.03);
    for (const std::size_t line : {0u, 2u}) {
      const double gain_factor = chance(0.4) ? between(0.5, 1.9) : between(0.96, 1.04);
      truth.current_factor[line] = gain_factor * pga_factor;
      scale(config.lines[line].current_gain, gain_factor);
      scale(config.lines[line].voltage_gain, truth.voltage_factor);
    }
    source = chance(0.4) ? std::optional(false) : chance(0.5) ? std::optional(true) : std::nullopt;
    start =
        kNight + std::chrono::minutes(static_cast<int>(between(0, source == false ? 60 : 1440)));
    load_line = chance(0.5) ? 0 : 2;
    if (chance(0.6)) told_line = static_cast<int>(load_line);
    ct_known = chance(0.7);
    watts = between(700, 1600);
    label_error = between(0.93, 1.07);
  }
  double between(double low, double high) {
    return low + (high - low) * std::uniform_real_distribution<>()(random);
  }
  static void scale(std::uint16_t& gain, double factor) {
    gain = static_cast<std::uint16_t>(std::lround(gain * factor));
  }

  Diagnosis examine(std::uint64_t seed) {
    Bench bench(sim::generated_house(seed, Hertz{60}, Volts{120}), board, config, start);
    bench.house.conductor = truth.conductor;
    const auto before = bench.watch(source == false ? kLongWatch : kWindows);
    bench.load(load_line, watts);
    const auto on = bench.watch(5);
    bench.load(load_line, 0);
    const auto after = bench.watch(5);
    const std::span all(before);
    Evidence evidence{.samples = all, .config = config};
    evidence.source = source;
    if (ct_known) evidence.ct_mv_per_amp = {6, 6, 6};
    evidence.steps = {{.before = all.last(5),
                       .on = on,
                       .after = after,
                       .watts = Watts{watts * label_error},
                       .line = told_line}};
    return diagnose(evidence);
  }

  std::mt19937_64 random;
  Truth truth;
  sim::Board board;
  chip::ChipConfig config;
  std::optional<bool> source;
  UtcInstant start;
  std::size_t load_line = 0;
  std::optional<int> told_line;
  bool ct_known = false;
  double watts = 0, label_error = 1;
};

TEST(Diagnosis, IsRightOrCannotTellInTwoHundredHousesAndNeverWrong) {
  std::map<std::string_view, int> right;
  std::map<std::string_view, int> unsure;
  for (std::uint64_t seed = 9'000; seed < 9'200; ++seed) {
    SCOPED_TRACE(seed);
    Hurried house(seed);

    const Diagnosis found = house.examine(seed);

    for (const Finding& finding : found.findings) {
      if (finding.certainty == Certainty::cannot_tell) {
        ++unsure[name(finding.trouble)];
        continue;
      }
      EXPECT_TRUE(is_true(finding, house.truth)) << name(finding.trouble) << ": " << finding.what;
      ++right[name(finding.trouble)];
    }
    for (const int line : {0, 2}) {
      const Orientation known = found.orientation[static_cast<std::size_t>(line)];
      if (known == Orientation::unknown) continue;
      EXPECT_EQ(known == Orientation::reversed, house.truth.turned(line)) << "line " << line;
      ++right[known == Orientation::right ? "right way round" : "wrong way round"];
    }
  }
  // Not bought by silence.
  EXPECT_GT(right["reversed_ct"], 40);
  EXPECT_GT(right["right way round"], 60);
  EXPECT_GT(right["swapped_cts"], 10);
  EXPECT_GT(right["wrong_leg"], 4);
  EXPECT_GT(right["unplugged_ct"], 4);
  EXPECT_GT(right["wrong_pga"], 8);
  EXPECT_GT(right["current_gain_off"], 20);
  EXPECT_GT(right["voltage_gain_off"], 10);
  for (const auto& [what, count] : right) RecordProperty(std::string(what), count);
  for (const auto& [what, count] : unsure) RecordProperty("unsure " + std::string(what), count);
}

}  // namespace
}  // namespace fithome::calibrate
