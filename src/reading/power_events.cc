// SPDX-License-Identifier: MIT
#include "reading/power_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace fithome::reading {
namespace {

using namespace std::chrono_literals;

constexpr double kLost = 0.10, kSag = 0.90, kSagOver = 0.92, kSwell = 1.10, kSwellOver = 1.08;
constexpr double kOff = 0.01, kOffOver = 0.005;  // of the frequency
constexpr double kCurrentOver = 0.95;
constexpr Amps kFlows{0.2};  // a current that no noise makes
constexpr auto kQuiet = 3s;
constexpr auto kTellAgain = 10s;  // of an event that grows worse

// The chip's state bits, datasheet pages 60 to 65: line A's, then B and C below it.
constexpr unsigned kOverCurrentA = 15, kOverVoltageA = 12;    // EMMState0
constexpr unsigned kFastBit = 15, kSagA = 14, kSlowBit = 11;  // EMMState1
constexpr bool has(std::uint16_t state, std::size_t bit) { return (state >> bit & 1) != 0; }

ChannelId channel_of(Quantity quantity, std::size_t line) {
  return line_channel(quantity, static_cast<int>(line));
}

}  // namespace

std::string_view power_kind_name(PowerKind kind) {
  constexpr std::array<std::string_view, kPowerKinds> kNames{"outage", "sag", "swell", "frequency",
                                                             "over_current"};
  return kNames[static_cast<std::size_t>(kind)];
}

PowerEvents::PowerEvents(const chip::ChipConfig& config, const LineRules& rules)
    : nominal_(config.nominal),
      frequency_(config.grid == chip::Grid::hz60 ? 60 : 50),
      rating_(config.over_current),
      used_(chip::lines_of(config.wiring)),
      rules_(rules) {
  for (std::size_t line = 0; line < lines_.size(); ++line) {
    const ChannelId u = channel_of(Quantity::voltage, line);
    const ChannelId i = channel_of(Quantity::current, line);
    lines_[line] = {.outage = {.kind = PowerKind::outage, .channel = u, .low = true},
                    .sag = {.kind = PowerKind::sag, .channel = u, .low = true},
                    .swell = {.kind = PowerKind::swell, .channel = u},
                    .current = {.kind = PowerKind::over_current, .channel = i}};
  }
  const ChannelId f = house_channel(Quantity::frequency);
  outage_ = {.kind = PowerKind::outage, .low = true};
  slow_ = {.kind = PowerKind::frequency, .channel = f, .low = true};
  fast_ = {.kind = PowerKind::frequency, .channel = f};
}

bool PowerEvents::is_lost(const chip::Sample& sample, std::size_t line) const {
  return sample.lines[line] && sample.lines[line]->u < nominal_ * kLost;
}

PowerEvents::Seen PowerEvents::see_sag(const chip::Sample& sample, std::size_t line) const {
  const double u = sample.lines[line]->u.value;
  const bool now = has(sample.state.live1, kSagA - line);
  const bool since = latches_told_ && !was_lost_[line] && has(sample.state.latched1, kSagA - line);
  if (u < nominal_.value * kSag) {
    return {Level::bad,
            u,
            {},
            fmt::format("the voltage of line {} fell below 90 % of {:.0f} V",
                        chip::line_letter(line), nominal_.value)};
  }
  if (now || since) {
    return {Level::bad,
            {},
            {},
            fmt::format("the voltage of line {} fell below 78 % of {:.0f} V for less than a second",
                        chip::line_letter(line), nominal_.value)};
  }
  return {u < nominal_.value * kSagOver ? Level::between : Level::good, u, {}, {}};
}

PowerEvents::Seen PowerEvents::see_swell(const chip::Sample& sample, std::size_t line) const {
  const chip::LineSample& of = *sample.lines[line];
  const bool peak =
      has(sample.state.live0, kOverVoltageA - line) ||
      (latches_told_ && !was_lost_[line] && has(sample.state.latched0, kOverVoltageA - line));
  double u = of.u.value;
  if (peak) u = std::max(u, of.u_peak.value / std::numbers::sqrt2);
  if (peak || u > nominal_.value * kSwell) {
    return {Level::bad,
            u,
            {},
            fmt::format("the voltage of line {} rose above 110 % of {:.0f} V",
                        chip::line_letter(line), nominal_.value)};
  }
  return {u > nominal_.value * kSwellOver ? Level::between : Level::good, u, {}, {}};
}

PowerEvents::Seen PowerEvents::see_current(const chip::Sample& sample, std::size_t line) const {
  const chip::LineSample& of = *sample.lines[line];
  const bool peak = has(sample.state.live0, kOverCurrentA - line) ||
                    (latches_told_ && has(sample.state.latched0, kOverCurrentA - line));
  double i = of.i.value;
  if (peak) i = std::max(i, of.i_peak.value / std::numbers::sqrt2);
  const double scale = rules_[line].scale_per_mille / 1000.0;
  if (peak || i > rating_.value) {
    return {Level::bad,
            i * scale,
            {},
            fmt::format("line {} carried more than the {:.0f} A that its transformer is made for",
                        chip::line_letter(line), rating_.value * scale)};
  }
  return {i > rating_.value * kCurrentOver ? Level::between : Level::good, i * scale, {}, {}};
}

// With the mains gone no current flows; where one does, only the meter's view of the voltage is.
PowerEvents::Seen PowerEvents::see_outage(const chip::Sample& sample) const {
  Volts most{};
  bool flows = false;
  for (std::size_t line = 0; line < used_.size(); ++line) {
    if (!sample.lines[line]) continue;
    most = std::max(most, sample.lines[line]->u);
    flows = flows || sample.lines[line]->i > kFlows;
  }
  if (most >= nominal_ * kLost) return {};
  if (flows) {
    return {Level::bad, most.value, "adapter",
            "no voltage, though current flows: the voltage adapter is unplugged or broken"};
  }
  return {Level::bad, most.value, "grid",
          "no voltage and no current: the mains were gone, or the adapter was unplugged while "
          "nothing ran"};
}

PowerEvents::Seen PowerEvents::see_line_lost(const chip::LineSample& of, std::size_t line) {
  if (of.i > kFlows) {
    return {Level::bad, of.u.value, "adapter",
            fmt::format("line {} has no voltage, though current flows: its voltage adapter is "
                        "unplugged or broken",
                        chip::line_letter(line))};
  }
  return {Level::bad, of.u.value, "line",
          fmt::format("line {} had no voltage while others did", chip::line_letter(line))};
}

PowerEvents::Seen PowerEvents::see_frequency(const chip::Sample& sample, bool low) const {
  const double f = sample.f.value;
  if (f <= 0) return {Level::between, {}, {}, {}};  // no voltage to tell it by: an outage's affair
  // The other grid's frequency is a configuration's fault, and told as that.
  if (std::abs(f - (110 - frequency_.value)) < 3) return {Level::between, {}, {}, {}};
  const double off = (low ? frequency_.value - f : f - frequency_.value) / frequency_.value;
  const bool chip = latches_told_ && has(sample.state.live1, low ? kSlowBit : kFastBit);
  if (off > kOff || chip) {
    return {Level::bad, f, low ? "low" : "high",
            fmt::format("the frequency was more than 1 % {} {:.0f} Hz", low ? "below" : "above",
                        frequency_.value)};
  }
  return {off > kOffOver ? Level::between : Level::good, f, {}, {}};
}

void PowerEvents::feed(Watch& watch, Seen seen, UtcTime time, Changes& changes) {
  const auto worse = [&](const std::optional<double>& value) {
    if (!value) return false;
    if (!watch.event->worst) return true;
    return watch.low ? *value < *watch.event->worst : *value > *watch.event->worst;
  };
  if (seen.level == Level::bad) {
    watch.good_since.reset();
    const bool begins = !watch.event;
    if (begins) {
      watch.event = {.kind = watch.kind, .channel = watch.channel, .begin = time};
      watch.event->reason = seen.reason;
      watch.event->cause = seen.cause;
    }
    const bool other = seen.reason == "adapter" && watch.event->reason != seen.reason;
    if (other) {  // once a current was seen it was not the mains
      watch.event->reason = seen.reason;
      watch.event->cause = seen.cause;
    }
    const bool grew = worse(seen.value);
    if (grew) {
      watch.event->worst = seen.value;
      watch.event->cause = seen.cause;
    }
    if (begins || other || (grew && time - watch.told >= kTellAgain)) {
      watch.told = time;
      changes.push_back(*watch.event);
    }
    return;
  }
  if (!watch.event || seen.level == Level::between) return;
  if (!watch.good_since) watch.good_since = time;
  if (time - *watch.good_since < kQuiet) return;
  watch.event->end = *watch.good_since;
  changes.push_back(*std::exchange(watch.event, {}));
  watch.good_since.reset();
}

void PowerEvents::watch_line(std::size_t line, const chip::Sample& sample, UtcTime time,
                             Changes& changes) {
  LineWatches& watches = lines_[line];
  const bool lost = is_lost(sample, line);
  const bool all = see_outage(sample).level == Level::bad;
  Seen outage;
  if (lost && !all) outage = see_line_lost(*sample.lines[line], line);
  feed(watches.outage, std::move(outage), time, changes);
  feed(watches.sag, lost ? Seen{} : see_sag(sample, line), time, changes);
  feed(watches.swell, see_swell(sample, line), time, changes);
  feed(watches.current, see_current(sample, line), time, changes);
  was_lost_[line] = lost;
}

void PowerEvents::watch_house(const chip::Sample& sample, UtcTime time, Changes& changes) {
  feed(outage_, see_outage(sample), time, changes);
  feed(slow_, see_frequency(sample, true), time, changes);
  feed(fast_, see_frequency(sample, false), time, changes);
}

std::vector<PowerEvent> PowerEvents::take(const chip::Sample& sample, UtcTime time) {
  Changes changes;
  watch_house(sample, time, changes);
  for (std::size_t line = 0; line < lines_.size(); ++line) {
    if (used_[line] && sample.lines[line]) watch_line(line, sample, time, changes);
  }
  latches_told_ = true;
  return changes;
}

namespace {

template <class Lines, class Visit>
void each_watch(Lines& lines, auto& outage, auto& slow, auto& fast, Visit visit) {
  visit(outage);
  visit(slow);
  visit(fast);
  for (auto& line : lines) {
    visit(line.outage);
    visit(line.sag);
    visit(line.swell);
    visit(line.current);
  }
}

}  // namespace

std::vector<PowerEvent> PowerEvents::lose(UtcTime time) {
  Changes changes;
  each_watch(lines_, outage_, slow_, fast_, [&](Watch& watch) {
    if (!watch.event) return;
    watch.event->end = std::max(watch.event->begin, watch.good_since.value_or(time));
    changes.push_back(*std::exchange(watch.event, {}));
    watch.good_since.reset();
  });
  latches_told_ = false;
  return changes;
}

std::vector<PowerEvent> PowerEvents::lasting() const {
  std::vector<PowerEvent> lasting;
  each_watch(lines_, outage_, slow_, fast_, [&](const Watch& watch) {
    if (watch.event) lasting.push_back(*watch.event);
  });
  return lasting;
}

void PowerEvents::move(UtcTime first, std::chrono::milliseconds by) {
  each_watch(lines_, outage_, slow_, fast_, [&](Watch& watch) {
    if (watch.event && watch.event->begin >= first) watch.event->begin += by;
    if (watch.good_since && *watch.good_since >= first) *watch.good_since += by;
    if (watch.told >= first) watch.told += by;
  });
}

}  // namespace fithome::reading
