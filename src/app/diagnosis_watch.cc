// SPDX-License-Identifier: MIT
#include "app/diagnosis_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fithome::app {
namespace {

using namespace std::chrono_literals;
using reading::Flag;

constexpr std::string_view kGain =
    "set voltage_gain to that of your board's revision and adapter (docs/configuration.md has a "
    "table), then calibrate";

constexpr std::size_t kOften = 3;  // losses of the chip in kRecent
constexpr auto kRecent = 10min;

constexpr std::array<std::string_view, chip::kLines> kUnplugged{"ct_unplugged_a", "ct_unplugged_b",
                                                                "ct_unplugged_c"};
constexpr std::array<std::string_view, chip::kLines> kTurned{"ct_turned_a", "ct_turned_b",
                                                             "ct_turned_c"};

/// Beyond this no house lives; a sag of seconds may.
bool odd_voltage(Volts u, Volts nominal) { return u < nominal * 0.5 || u > nominal * 1.5; }
/// The two revisions of the board are 9.5 times apart.
bool other_revision(Volts u, Volts nominal) { return u > nominal * 0.08 && u < nominal * 0.14; }

}  // namespace

DiagnosisWatch::Lasting& DiagnosisWatch::lasting(std::string_view name) {
  const auto known = std::ranges::find(lasting_, name, &Lasting::name);
  if (known != lasting_.end()) return *known;
  return lasting_.emplace_back(Lasting{.name = std::string(name), .since = {}, .well_since = {}});
}

void DiagnosisWatch::put(const Rule& rule, bool now, UtcTime time,
                         const std::function<Words()>& words) {
  Lasting& state = lasting(rule.name);
  if (now) {
    state.well_since.reset();
    if (!state.since) state.since = time;
    if (!state.shown && time - *state.since < rule.after) return;
    const Words said = words();
    hub_.begin_fault(rule.name, said.what, said.remedy, meter_);
    state.shown = true;
    return;
  }
  if (!state.shown) return state.since.reset();
  if (!state.well_since) state.well_since = time;
  if (time - *state.well_since < rule.until) return;
  hub_.end_fault(rule.name, meter_);
  state.shown = false;
  state.since.reset();
}

void DiagnosisWatch::chip_lost(std::string_view cause, UtcTime time) {
  hub_.begin_fault("chip_lost", cause, "it is configured again by itself", meter_);
  losses_.push_back(time);
  std::erase_if(losses_, [&](UtcTime loss) { return time - loss > kRecent; });
  put(unsteady(), losses_.size() >= kOften, time, [&] {
    return Words{
        fmt::format("the chip lost its settings {} times in ten minutes", losses_.size()),
        "its supply is weak or a wire is loose: try another adapter, shorter wires, and press all "
        "plugs home"};
  });
}

void DiagnosisWatch::chip_back() {
  hub_.end_fault("chip_lost", meter_);
  transformers_.forget();
}

void DiagnosisWatch::poll_failed(const Error& error, UtcTime time) {
  if (error.code == Code::invalid) {
    put({"wrong_gain", 0s, 2s}, true, time, [&] { return Words{error.what, std::string(kGain)}; });
  } else {
    hub_.begin_fault("reading_failed", error.what, kCheckWires, meter_);
  }
}

void DiagnosisWatch::poll_succeeded() { hub_.end_fault("reading_failed", meter_); }

reading::Flags DiagnosisWatch::look(const chip::Sample& sample, UtcTime time) {
  look_at_mains(sample, time);
  look_at_energy(sample, time);
  put(unsteady(), false, time, {});

  bool odd = false;
  bool dead = false;
  bool clipped = false;
  for (const auto& line : sample.lines) {
    if (!line) continue;
    odd = odd || (!line->no_voltage && odd_voltage(line->u, config_.nominal));
    dead = dead || line->no_voltage;
    clipped = clipped || line->clipped;
  }
  put({"clipping", 5s, 60s}, clipped, time, [] {
    return Words{"a voltage or current is beyond the meter's range: what is shown is too low",
                 "halve pga and double current_gain, or take a larger transformer; if the voltage "
                 "clips, the adapter gives too much"};
  });
  // Without voltage, or beyond the range, a direction means nothing.
  if (dead || clipped) return odd ? bit(Flag::suspect) : 0;
  const TransformerDoubts doubts = transformers_.take(sample);
  look_at_transformers(doubts, time);
  return odd || doubts.any() ? bit(Flag::suspect) : 0;
}

void DiagnosisWatch::look_at_mains(const chip::Sample& sample, UtcTime time) {
  const bool revision = std::ranges::any_of(sample.lines, [&](const auto& line) {
    return line && other_revision(line->u, config_.nominal);
  });
  put({"wrong_gain", 10s, 2s}, revision, time, [&] {
    return Words{fmt::format("the voltage reads about a tenth of {:.0f} V: the gain is that of "
                             "another board revision",
                             config_.nominal.value),
                 std::string(kGain)};
  });
  const double own = config_.grid == chip::Grid::hz60 ? 60 : 50;
  const double other = 110 - own;
  const bool wrong = sample.f.value > 0 && std::abs(sample.f.value - other) < 3;
  put({"wrong_grid", 5s, 5s}, wrong, time, [&] {
    return Words{fmt::format("the mains run at {:.1f} Hz, but the meter is set for {:.0f} Hz",
                             sample.f.value, own),
                 fmt::format("say grid = {:.0f} under [[meter]], and nominal_v if it is not the "
                             "usual one",
                             other)};
  });
}

void DiagnosisWatch::look_at_energy(const chip::Sample& sample, UtcTime time) {
  const bool late = sample.energy_near_overflow || sample.energy_overflow;
  put({"slow_poll", 0s, 60s}, late, time, [&] {
    return Words{sample.energy_overflow
                     ? "an energy counter was full when it was read: energy was lost"
                     : "an energy counter was over half full when it was read",
                 "a shorter interval, or look for what held the reader up: a slow disk, a busy "
                 "computer"};
  });
}

void DiagnosisWatch::look_at_transformers(const TransformerDoubts& doubts, UtcTime time) {
  for (std::size_t n = 0; n < doubts.lines.size(); ++n) {
    const auto& line = doubts.lines[n];
    if (!chip::lines_of(config_.wiring)[n]) continue;
    put({kUnplugged[n], 60s, 2s}, line.off, time, [&] {
      return Words{
          fmt::format("line {} shows no current at all, though it did: its transformer is off, or "
                      "all that it measures is; which of them cannot be told",
                      chip::line_letter(n)),
          "if something is switched on there, see that its transformer is closed, around the "
          "conductor, and plugged in; if nothing is, all is well, and this ends with the next "
          "current"};
    });
    put({kTurned[n], 0s, 0s}, line.turned && line.certain, time, [&] {
      return Words{fmt::format("the power of line {} turned into its mirror image: its "
                               "transformer, or a second voltage adapter, was turned round",
                               chip::line_letter(n)),
                   "turn it back; or, if it is right now, restart fithome (and look at `reversed` "
                   "in the configuration)"};
    });
  }
  put({"cts_swapped", 0s, 0s}, doubts.swapped, time, [] {
    return Words{"two lines have exchanged their currents: their transformers were swapped",
                 "swap them back; or, if they are right now, restart fithome"};
  });
  put({"cts_handled", 0s, 0s}, doubts.handled, time, [] {
    return Words{
        "all transformers were off at once: whether each is back in its place cannot be told",
        "see that each is around its own line, arrow towards the house, then restart fithome"};
  });
}

}  // namespace fithome::app
