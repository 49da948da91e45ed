// SPDX-License-Identifier: MIT
#include "app/transformer_watch.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fithome::app {
namespace {

constexpr double kNothing = 0.020;  // A; an open input shows 1 to 2 mA
constexpr double kLeast = 20;       // VA; less has no direction to speak of
constexpr double kReactive = 10;    // var; less is no evidence
constexpr double kMirror = 0.15;    // of the power: how exactly it must be the mirror image
constexpr double kOfReactive = 0.10;

bool opposite(double a, double b) { return (a < 0) != (b < 0); }

}  // namespace

bool TransformerDoubts::any() const {
  return swapped || handled || std::ranges::any_of(lines, [](const Line& line) {
           return line.off || line.turned || line.pending;
         });
}

double TransformerWatch::distance(Power a, Power b) { return std::hypot(a.p - b.p, a.q - b.q); }

void TransformerWatch::forget() {
  for (Line& line : lines_) line = {};
  for (auto& line : doubts_.lines) line.pending = false;
}

TransformerDoubts TransformerWatch::take(const chip::Sample& sample) {
  std::array<std::optional<Power>, chip::kLines> now{};  // of the lines that carry a current
  for (std::size_t n = 0; n < now.size(); ++n) {
    if (!sample.lines[n]) continue;
    const chip::LineSample& line = *sample.lines[n];
    const bool off = line.i.value < kNothing;
    doubts_.lines[n].off = off && mains_ && carried_[n];
    if (!off) {
      carried_[n] = true;
      now[n] = Power{line.p.value, line.q.value};
    } else if (mains_) {
      ++lines_[n].off_polls;
    } else {
      lines_[n] = {};
    }
  }
  judge_places(now);
  for (std::size_t n = 0; n < now.size(); ++n) {
    if (now[n]) judge_direction(n, *now[n]);
  }
  return doubts_;
}

/// Of two that were both seen before: are they nearer to themselves, or to each other?
void TransformerWatch::judge_places(const std::array<std::optional<Power>, chip::kLines>& now) {
  for (std::size_t a = 0; a < now.size(); ++a) {
    for (std::size_t b = a + 1; b < now.size(); ++b) {
      Line& one = lines_[a];
      Line& other = lines_[b];
      if (!now[a] || !now[b] || !one.before || !other.before) continue;
      const double as_before = distance(*now[a], *one.before) + distance(*now[b], *other.before);
      const double exchanged = distance(*now[a], *other.before) + distance(*now[b], *one.before);
      const bool both_off = one.was_off() && other.was_off();
      if (one.was_off() != other.was_off()) continue;
      // Switching loads moves both sums alike; only an exchange moves them so far apart.
      if (exchanged < (both_off ? 0.5 : 0.3) * as_before && as_before > kLeast) {
        doubts_.swapped = !doubts_.swapped;
        std::swap(one.before, other.before);
      } else if (both_off && !(as_before < 0.5 * exchanged)) {
        doubts_.handled = true;
      }
    }
  }
}

void TransformerWatch::judge_direction(std::size_t n, Power now) {
  Line& line = lines_[n];
  TransformerDoubts::Line& doubt = doubts_.lines[n];
  const double size = std::hypot(now.p, now.q);
  if (!line.before) {
    line = {size >= kLeast ? std::optional(now) : std::nullopt, 0};
    return;
  }
  const Power before = *line.before;
  if (size < kLeast) {
    doubt.pending = line.was_off();
    return;
  }
  const double was = std::hypot(before.p, before.q);
  const bool mirrored = std::hypot(now.p + before.p, now.q + before.q) < kMirror * was;
  const bool reactive = std::abs(before.q) > std::max(kReactive, kOfReactive * was) &&
                        std::abs(now.q) > std::max(kReactive, kOfReactive * size);
  bool turned = mirrored;
  if (line.was_off()) turned = reactive ? opposite(now.q, before.q) : opposite(now.p, before.p);
  if (turned) {
    doubt.turned = !doubt.turned;
    doubt.certain = doubt.turned && reactive;
  }
  doubt.pending = false;
  line = {now, 0};
}

}  // namespace fithome::app
