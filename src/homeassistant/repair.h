// SPDX-License-Identifier: MIT
//
// Compares the hours that Home Assistant has with those of the ledger, and brings what it lacks.
//
// Flow:    Ledgers, Client -> Compared -> hours to import -> Client
// Promise: done again it changes nothing, and no hour is ever counted twice: hours are told by
//          their start and overwritten, and a sum is what flowed since the first hour that Home
//          Assistant has. Where an earlier hour comes first all after it are told anew. Of a sensor
//          only hours that it has, or that are missing between two of them, are told, and each
//          keeps its sum's distance from the total: what it has later goes on from there
// Errors:  those of Client and of the store; transient - Home Assistant took hours, but has them
//          not
// Threads: one; each call blocks
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "homeassistant/client.h"
#include "homeassistant/statistics.h"

namespace fithome::homeassistant {

/// The ledgers of one store at whole hours; each is looked up once.
class Ledgers {
 public:
  using At = std::function<Result<reading::Ledger>(UtcTime time, store::MeterId meter)>;
  explicit Ledgers(At at) : at_(std::move(at)) {}

  /// The whole hours that are known of a meter: [first, end). Nothing is known before its first
  /// reading, and its newest hour is not over.
  struct Known {
    UtcTime first{}, end{};
  };
  Result<Known> known(store::MeterId meter);
  /// Those of [from, to); sums are counted from `base` on.
  Result<std::vector<Hour>> hours(const Statistic& statistic, UtcTime base, UtcTime from,
                                  UtcTime to);
  /// Of a sensor: those of `offsets` in [from, to).
  Result<std::vector<Hour>> sensor_hours(const Statistic& statistic, const Offsets& offsets,
                                         UtcTime from, UtcTime to);

 private:
  Result<reading::Ledger> at(UtcTime time, store::MeterId meter);

  At at_;
  std::map<std::pair<store::MeterId, UtcTime>, reading::Ledger> seen_;
  std::map<store::MeterId, Known> known_;
};

/// What a person asked for; nothing: all there is, from the first hour that Home Assistant has on.
struct Span {
  std::optional<UtcTime> from, to;
};

/// Where Home Assistant has nothing yet, so far back is brought unless told otherwise.
constexpr std::chrono::days kUnlessTold{30};

struct Compared {
  std::vector<Hour> theirs;       // all that it has of the time we know of
  std::vector<Difference> wrong;  // of those asked for, in order
  std::size_t unknown = 0;        // of a sensor: hours missing where its sum began anew
};

Result<Compared> compare(Client& client, Ledgers& ledgers, const Statistic& statistic,
                         const Span& span);

/// Imports what is wrong and reads it back until it is there: at most kSettles. Returns how many
/// hours it was.
constexpr std::chrono::seconds kSettles{30};
Result<std::size_t> repair(Client& client, Ledgers& ledgers, const Statistic& statistic,
                           const Span& span, Clock& clock);

}  // namespace fithome::homeassistant
