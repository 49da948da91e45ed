// SPDX-License-Identifier: MIT
//
// Whether the transformers are still where and as they were: unplugged, turned round, swapped.
//
// Flow:    chip::Sample -> TransformerWatch -> DiagnosisWatch (flags, faults)
// Why:     what was installed wrongly from the start, a single run of samples cannot tell where a
//          house has solar power (calibrate/). But whoever turns a transformer round while the
//          meter runs leaves a mark: current and angle jump to their mirror image, or the line
//          shows nothing for a while and then the other sign
// Model:   a line's power is a pair, active and reactive. Solar turns the active one, nothing but a
//          transformer (or its adapter's plug) turns both
// Threads: one at a time; pure
#pragma once

#include <array>
#include <optional>

#include "chip/chip.h"

namespace fithome::app {

struct TransformerDoubts {
  struct Line {
    bool off = false;      // no current at all, though there was one
    bool turned = false;   // since it was last seen the right way
    bool certain = false;  // of turned: reactive power turned too
    bool pending = false;  // it was off; too little flows yet to tell which way round it is
  };
  std::array<Line, chip::kLines> lines{};
  bool swapped = false;  // two have changed places
  bool handled = false;  // all were off at once, and what came back cannot be compared
  bool any() const;
};

class TransformerWatch {
 public:
  /// `mains`: its lines always carry something. A circuit may be at rest, and start again as
  /// anything else: of one, nothing is told from that.
  explicit TransformerWatch(bool mains = true) : mains_(mains) {}

  /// A sample with voltage; others tell nothing of a transformer.
  TransformerDoubts take(const chip::Sample& sample);
  /// What comes next is not compared with what was: the chip was away.
  void forget();

 private:
  struct Power {
    double p = 0, q = 0;
  };
  struct Line {
    std::optional<Power> before;  // when it last carried a current that tells something
    int off_polls = 0;            // since then; one or two may be solar power that just balances
    bool was_off() const { return off_polls >= 3; }
  };
  void judge_places(const std::array<std::optional<Power>, chip::kLines>& now);
  void judge_direction(std::size_t line, Power now);
  static double distance(Power a, Power b);

  bool mains_;
  std::array<Line, chip::kLines> lines_{};
  std::array<bool, chip::kLines> carried_{};  // a current, ever
  TransformerDoubts doubts_;
};

}  // namespace fithome::app
