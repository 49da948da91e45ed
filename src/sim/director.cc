// SPDX-License-Identifier: MIT
#include "sim/director.h"

#include <algorithm>
#include <utility>

namespace fithome::sim {
namespace {

using namespace std::chrono_literals;

// 110 frames of a poll so take 0.8 s, in which the registers are renewed three times.
constexpr Nanoseconds kSlowFrame = 7ms;

std::size_t index(int line) { return static_cast<std::size_t>(line); }

void trouble(Board& board, const Act& act) {
  switch (act.trouble) {
    case Trouble::ct_unplugged:
      board.ct_mv_per_amp[index(act.line)] = 0;
      break;
    case Trouble::ct_reversed:
      board.ct_reversed[index(act.line)] = !board.ct_reversed[index(act.line)];
      break;
    case Trouble::cts_swapped:
      std::swap(board.ct_around[index(act.line)], board.ct_around[index(act.other)]);
      break;
    case Trouble::adapter_missing:
      for (std::size_t line = 0; line < board.voltage_connected.size(); ++line) {
        if (act.line == kAllLines || index(act.line) == line) board.voltage_connected[line] = false;
      }
      break;
    case Trouble::adapter_turned:
      board.voltage_reversed[index(act.line)] = !board.voltage_reversed[index(act.line)];
      break;
    case Trouble::board_gives:
      board.adapter_mv_per_volt *= act.value;
      break;
    default:
      break;
  }
}

void trouble(BusFaults& faults, const Act& act) {
  switch (act.trouble) {
    case Trouble::chip_absent:
      faults.absent = true;
      faults.absent_level = act.value > 0 ? 0xFF : 0x00;
      break;
    case Trouble::power_lost:
      faults.absent = true;
      faults.absent_level = 0x00;
      break;
    case Trouble::chip_floating:
      faults.floating = true;
      break;
    case Trouble::miso_stuck:
      faults.miso_stuck = act.value > 0;
      break;
    case Trouble::mosi_stuck:
      faults.mosi_stuck = act.value > 0;
      break;
    case Trouble::bits_flip:
      faults.bit_flips = std::max(faults.bit_flips, act.value);
      break;
    case Trouble::writes_lost:
      faults.writes_lost = true;
      break;
    default:
      break;
  }
}

}  // namespace

Director::Director(Scenario scenario, Monotonic start, Clock& clock, SimChip& chip, Wire& wire)
    : scenario_(std::move(scenario)),
      start_(start),
      clock_(clock),
      chip_(chip),
      wire_(wire),
      board_(chip.board()) {
  for (const Act& act : scenario_.acts) {
    if (of_the_mains(act.trouble)) continue;
    marks_.push_back(act.begin);
    if (act.end != kForEver) marks_.push_back(act.end);
  }
  std::ranges::sort(marks_);
  marks_.erase(std::ranges::unique(marks_).begin(), marks_.end());
  wire_.faults.seed = scenario_.seed;
  wire_.faults.before_select = [this] { update(); };
}

bool Director::under_way(Trouble trouble) const {
  return std::ranges::any_of(
      scenario_.acts, [&](const Act& act) { return act.trouble == trouble && under_way(act); });
}

void Director::update() {
  if (waiting_) wait();
  const Nanoseconds now = clock_.monotonic() - start_;
  if (next_ == marks_.size() || marks_[next_] > now) return;
  while (next_ < marks_.size() && marks_[next_] <= now) pass(marks_[next_++]);
  set_wire();
  waiting_ = under_way(Trouble::bus_slow) || under_way(Trouble::bus_hangs);
  if (under_way(Trouble::bus_hangs)) update();  // it holds this frame already
}

void Director::pass(Nanoseconds mark) {
  at_ = mark;
  chip_.live_until(start_ + mark);
  set_board();
  for (const Act& act : scenario_.acts) {
    if (act.begin > mark) break;
    const bool power = act.trouble == Trouble::power_lost && (act.begin == mark || act.end == mark);
    if (act.begin != mark && !power) continue;
    // Each needs the instant anew: what happens at an instant uses it up.
    chip_.live_until(start_ + mark);
    if (power) chip_.power_cycle();
    if (act.trouble == Trouble::brown_out) chip_.brown_out();
    if (act.trouble == Trouble::config_flips) chip_.flip_config_bit(act.address, act.bit);
  }
}

void Director::set_board() {
  Board board = board_;
  for (const Act& act : scenario_.acts) {
    if (act.begin > at_) break;
    if (under_way(act)) trouble(board, act);
  }
  chip_.board() = board;
}

void Director::set_wire() {
  BusFaults& faults = wire_.faults;
  faults.absent = faults.floating = faults.writes_lost = false;
  faults.bit_flips = 0;
  faults.miso_stuck.reset();
  faults.mosi_stuck.reset();
  for (const Act& act : scenario_.acts) {
    if (act.begin > at_) break;
    if (under_way(act)) trouble(faults, act);
  }
}

void Director::wait() {
  if (under_way(Trouble::bus_hangs)) {
    for (const Act& act : scenario_.acts) {
      if (act.trouble != Trouble::bus_hangs || !under_way(act) || act.end == kForEver) continue;
      clock_.wait_until(start_ + act.end, {});
    }
  } else {
    clock_.wait_for(kSlowFrame, {});
  }
}

}  // namespace fithome::sim
