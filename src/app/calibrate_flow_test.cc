// SPDX-License-Identifier: MIT
//
// A person and a script calibrate a simulated board that somebody fitted with wrong gains. The
// seeds are this test's own: nothing was tuned on them.
#include "app/calibrate_flow.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <random>

#include "app/apply_settings.h"
#include "sim/sim_bus.h"
#include "sim/test_installation.h"
#include "sim/test_rig.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;
using calibrate::Kind;

/// A board whose parts differ from what its settings were made for.
class SimWorkbench final : public Workbench {
 public:
  SimWorkbench(sim::Board board, std::unique_ptr<sim::House> house, MeterSettings settings)
      : installation(std::move(house)),
        sim_chip_(clock, installation, board),
        bus_(sim_chip_),
        settings_(std::move(settings)) {
    chip::reset(pad_, {});
    chip_.emplace(bus_, clock, settings_.chip, pad_);
    EXPECT_TRUE(chip_->start({}));
  }

  const MeterSettings& settings() const override { return settings_; }
  std::string describe() const override { return "a simulated board"; }

  Result<std::vector<chip::Sample>> windows(
      std::size_t count, const std::function<void(const chip::Sample&)>& seen) override {
    calibrate::Windows windows;
    while (windows.size() < count) {
      clock.advance(1s);
      FITHOME_TRY(const auto sample, chip_->sample());
      if (sample.incoherent || !windows.add(sample, clock.monotonic().time_since_epoch())) continue;
      seen(sample);
    }
    return std::vector(windows.samples().begin(), windows.samples().end());
  }

  Result<std::uint64_t> apply(const MeterSettings& after, const ChangeNote& note) override {
    store::Calibration record;
    record.id = kept.size() + 1;
    record.kind = note.kind;
    record.before = to_json(settings_);
    FITHOME_TRY_VOID(apply_settings(*chip_, ledger, settings_.rules, after));
    record.after = to_json(after);
    settings_ = after;
    kept.push_back(record);
    return record.id;
  }
  Result<std::vector<store::Calibration>> history() override { return kept; }
  Result<LedgerSet> set_ledger(const LedgerChange&) override {
    return fail(Code::unsupported, "not here");
  }

  ManualClock clock{UtcInstant(1'790'000'000s)};
  sim::Installation installation;
  reading::Ledger ledger;
  std::vector<store::Calibration> kept;

 private:
  sim::SimChip sim_chip_;
  sim::SimBus bus_;
  chip::EnergyPad pad_{};
  MeterSettings settings_;
  std::optional<chip::Chip> chip_;
};

/// Answers by the key of the question, and does what a person would do before answering.
class Script final : public Dialog {
 public:
  std::map<std::string, std::function<std::string()>, std::less<>> answers;
  std::string said;

  void say(std::string_view text) override { said += std::string(text) + "\n"; }
  void progress(std::string_view) override {}
  std::optional<std::string> ask(std::string_view key, std::string_view) override {
    const auto found = answers.find(key);
    return found == answers.end() ? std::string() : found->second();
  }
};

struct Wrong {
  sim::Board board;
  MeterSettings settings;
};

/// 15 V too high or low, 5 % of the amperes, parts from a seed.
Wrong wrong_meter(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto between = [&](double from, double to) {
    return std::uniform_real_distribution(from, to)(random);
  };
  Wrong wrong;
  wrong.board.noise = true;
  wrong.board.noise_seed = seed;
  wrong.board.adapter_mv_per_volt = between(0.7, 0.9);
  for (double& mv : wrong.board.ct_mv_per_amp) mv = between(5.5, 6.5);
  const double volts = random() % 2 == 0 ? 15 : -15;
  const double amps = random() % 2 == 0 ? 1.05 : 0.95;
  auto& chip = wrong.settings.chip;
  for (int line = 0; line < chip::kLines; ++line) {
    auto& of = chip.lines[static_cast<std::size_t>(line)];
    of.voltage_gain = static_cast<std::uint16_t>(
        std::lround(sim::matching_voltage_gain(wrong.board) * (1 + volts / 120)));
    of.current_gain = static_cast<std::uint16_t>(
        std::lround(sim::matching_current_gain(wrong.board, line, chip.pga) * amps));
  }
  return wrong;
}

std::unique_ptr<sim::PlainHouse> house(double volts, double watts_a, double watts_c) {
  auto house = std::make_unique<sim::PlainHouse>();
  house->state.lines[0] = {Volts{volts}, Watts{watts_a}, Vars{0}};
  house->state.lines[2] = {Volts{volts}, Watts{watts_c}, Vars{0}};
  return house;
}

double off(double reading, double truth) { return std::abs(reading / truth - 1); }

class FromFifteenVoltsAndFivePercent : public testing::TestWithParam<std::uint64_t> {};

TEST_P(FromFifteenVoltsAndFivePercent, FlagsReachAThousandthInOnePass) {
  const Wrong wrong = wrong_meter(GetParam());
  SimWorkbench bench(wrong.board, house(121.5, 1500, 900), wrong.settings);
  Script nobody;

  const auto voltage =
      calibrate_lines(bench, nobody, {.kind = Kind::voltage, .reference = 121.5, .yes = true});
  ASSERT_TRUE(voltage) << voltage.error().what;
  for (const auto& [line, watts] : {std::pair{0, 1500.0}, std::pair{2, 900.0}}) {
    const auto current = calibrate_lines(
        bench, nobody, {.kind = Kind::current, .lines = {line}, .watts = watts, .yes = true});
    ASSERT_TRUE(current) << current.error().what;
    EXPECT_LT(std::abs(*current->front().error_after), 0.001);
  }

  EXPECT_GT(std::abs(voltage->front().proposal.error), 0.11) << "it was 15 V off";
  const auto samples = bench.windows(10, [](const auto&) {}).value();
  for (const auto& sample : samples) {
    for (const std::size_t line : {0u, 2u}) {
      EXPECT_LT(off(sample.lines[line]->u.value, 121.5), 0.001);
      EXPECT_LT(off(sample.lines[line]->p.value, line == 0 ? 1500 : 900), 0.002);
    }
  }
  EXPECT_EQ(bench.kept.size(), 4u);
}

TEST_P(FromFifteenVoltsAndFivePercent, TheWizardReachesAThousandthInOnePass) {
  Wrong wrong = wrong_meter(GetParam() + 1000);
  wrong.board.ct_reversed[2] = true;
  SimWorkbench bench(wrong.board, house(121.5, 300, 200), wrong.settings);
  auto& real = bench.installation;
  const double volts = 121.5;
  const double heater = 1450 * volts / 120 * volts / 120;
  const auto shown = [=] { return std::to_string(heater); };
  Script person;
  person.answers["volts"] = [] { return "121.5"; };
  for (const char letter : {'a', 'c'}) {
    const auto key = [&](const char* what) { return std::string(what) + "." + letter; };
    const auto at = static_cast<std::size_t>(letter - 'a');
    person.answers[key("on")] = [&real, shown, at] {
      real.load_line = at;
      real.switched_on = 1450;
      return shown();
    };
    person.answers[key("off_again")] = [&real] {
      real.switched_on = 0;
      return "";
    };
    person.answers[key("check")] = person.answers[key("on")];
    person.answers[key("off")] = person.answers[key("off_again")];
  }
  person.answers["again"] = [] { return "n"; };  // in one pass
  person.answers["source"] = [] { return "n"; };

  const auto done = run_wizard(bench, person, {});

  ASSERT_TRUE(done) << done.error().what << person.said;
  real.switched_on = 0;
  const auto before = bench.windows(10, [](const auto&) {}).value();
  const auto& rules = bench.settings().rules;
  for (const std::size_t line : {0u, 2u}) {
    real.load_line = line;
    real.switched_on = 1450;
    const auto on = bench.windows(10, [](const auto&) {}).value();
    real.switched_on = 0;
    double step = 0;
    for (std::size_t n = 0; n < 10; ++n) {
      step += (on[n].lines[line]->p.value - before[n].lines[line]->p.value) / 10;
    }
    if (rules[line].reversed) step = -step;
    EXPECT_LT(off(step, heater), 0.001) << person.said;
    EXPECT_LT(off(on[0].lines[line]->u.value, volts), 0.001);
  }
  EXPECT_FALSE(rules[0].reversed);
  EXPECT_TRUE(rules[2].reversed) << "the heater told it";
}

INSTANTIATE_TEST_SUITE_P(OnFreshSeeds, FromFifteenVoltsAndFivePercent,
                         testing::Values(918'273, 5'550'123, 77'007, 31'415'926, 2'718'281));

TEST(Calibrate, ADryRunChangesNothing) {
  const Wrong wrong = wrong_meter(4242);
  SimWorkbench bench(wrong.board, house(120, 1000, 500), wrong.settings);
  Script nobody;

  const auto found = calibrate_lines(
      bench, nobody, {.kind = Kind::voltage, .reference = 120, .yes = true, .dry_run = true});

  ASSERT_TRUE(found);
  EXPECT_FALSE(found->front().applied);
  EXPECT_NE(found->front().proposal.after.voltage_gain,
            found->front().proposal.before.voltage_gain);
  EXPECT_EQ(to_json(bench.settings()), to_json(wrong.settings));
}

TEST(Calibrate, AsksForWhatIsMissingAndTakesNoForAnAnswer) {
  const Wrong wrong = wrong_meter(4243);
  SimWorkbench bench(wrong.board, house(120, 1000, 500), wrong.settings);
  Script person;
  person.answers["reference"] = [] { return "120"; };
  person.answers["apply"] = [] { return "n"; };

  const auto found = calibrate_lines(bench, person, {.kind = Kind::voltage, .lines = {0}});

  ASSERT_TRUE(found);
  EXPECT_FALSE(found->front().applied);
  EXPECT_TRUE(bench.kept.empty());
}

TEST(Calibrate, RefusesAReferenceThatCannotBe) {
  const Wrong wrong = wrong_meter(4244);
  SimWorkbench bench(wrong.board, house(120, 1000, 500), wrong.settings);
  Script nobody;

  const auto found =
      calibrate_lines(bench, nobody, {.kind = Kind::voltage, .reference = 12, .yes = true});

  EXPECT_FALSE(found);
  EXPECT_TRUE(bench.kept.empty());
}

TEST(Calibrate, IsUndoneToTheLastDigit) {
  const Wrong wrong = wrong_meter(4245);
  SimWorkbench bench(wrong.board, house(120, 1000, 500), wrong.settings);
  Script nobody;
  ASSERT_TRUE(calibrate_lines(
      bench, nobody, {.kind = Kind::voltage, .lines = {0}, .reference = 120, .yes = true}));

  const auto undo = undo_of(bench.kept, bench.settings(), {});

  ASSERT_TRUE(undo);
  EXPECT_EQ(undo->number, 1u);
  ASSERT_TRUE(bench.apply(undo->settings, {.kind = "undo"}));
  EXPECT_EQ(to_json(bench.settings()), to_json(wrong.settings));
}

}  // namespace
}  // namespace fithome::app
