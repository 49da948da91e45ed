// SPDX-License-Identifier: MIT
//
// From samples to what was wrong with the mains: outages, sags, swells, wrong frequency, too much
// current; each with its begin, its end and the worst that was seen.
//
// Flow:    chip::Sample -> PowerEvents::take -> what began, grew worse or ended
// Shape:   voltages against the nominal one, as IEEE 1159 has them: sag below 90 %, swell above
//          110 %, outage below 10 %; it is over 2 % nearer. Frequency: 1 % off, over at half of it.
//          Current: above the transformer's rating, over 5 % below. What is shorter than a sample
//          the chip's latches tell, at its own thresholds (78 % and 122 %, 57 and 63 Hz).
// Debounce: what comes again within three seconds is the same event; so a flicker is one
// Threads: one at a time; pure
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "chip/chip.h"
#include "reading/channels.h"
#include "reading/ledger.h"

namespace fithome::reading {

enum class PowerKind : std::uint8_t { outage, sag, swell, frequency, over_current };
constexpr std::size_t kPowerKinds = 5;
/// "outage", "sag", "swell", "frequency", "over_current".
std::string_view power_kind_name(PowerKind kind);

struct PowerEvent {
  PowerKind kind{};
  std::optional<ChannelId> channel = {};  // what was measured; nothing: all lines
  UtcTime begin{};
  std::optional<UtcTime> end = {};   // nothing while it lasts
  std::optional<double> worst = {};  // in the channel's unit, where it was measured
  std::string reason = {};           // "grid", "adapter", "line", "low", "high", or empty
  std::string cause = {};            // one line a householder understands
};

class PowerEvents {
 public:
  PowerEvents(const chip::ChipConfig& config, const LineRules& rules);

  /// What began, ended, or grew worse since it was last told.
  std::vector<PowerEvent> take(const chip::Sample& sample, UtcTime time);
  /// The chip is out of sight: all that lasts ends at `time`, and its latches tell nothing of the
  /// time until the next sample.
  std::vector<PowerEvent> lose(UtcTime time);
  /// Those that last.
  std::vector<PowerEvent> lasting() const;
  /// The clock was set: what lasts began so much later.
  void move(UtcTime first, std::chrono::milliseconds by);

 private:
  enum class Level : std::uint8_t { good, between, bad };  // between: as it was
  struct Seen {
    Level level = Level::good;
    std::optional<double> value = {};
    std::string reason = {};
    std::string cause = {};
  };
  /// One thing that can be wrong, at one place.
  struct Watch {
    PowerKind kind{};
    std::optional<ChannelId> channel = {};
    bool low = false;  // the lower, the worse
    std::optional<PowerEvent> event = {};
    std::optional<UtcTime> good_since = {};
    UtcTime told{};
  };
  using Changes = std::vector<PowerEvent>;

  void watch_line(std::size_t line, const chip::Sample& sample, UtcTime time, Changes& changes);
  void watch_house(const chip::Sample& sample, UtcTime time, Changes& changes);
  static void feed(Watch& watch, Seen seen, UtcTime time, Changes& changes);

  bool is_lost(const chip::Sample& sample, std::size_t line) const;
  Seen see_sag(const chip::Sample& sample, std::size_t line) const;
  Seen see_swell(const chip::Sample& sample, std::size_t line) const;
  Seen see_current(const chip::Sample& sample, std::size_t line) const;
  Seen see_outage(const chip::Sample& sample) const;
  static Seen see_line_lost(const chip::LineSample& of, std::size_t line);
  Seen see_frequency(const chip::Sample& sample, bool low) const;

  Volts nominal_;
  Hertz frequency_;
  Amps rating_;
  std::array<bool, chip::kLines> used_;
  LineRules rules_;
  struct LineWatches {
    Watch outage, sag, swell, current;
  };
  std::array<LineWatches, chip::kLines> lines_;
  Watch outage_, slow_, fast_;
  std::array<bool, chip::kLines> was_lost_{};  // at the last sample
  bool latches_told_ = false;                  // the latches are of the time since the last sample
};

}  // namespace fithome::reading
