// SPDX-License-Identifier: MIT
//
// Where readings are handed on to: a database, a broker.
//
// Flow:    store::Reader -> Pump -> Sink -> the other side
// Shape:   a sink is this class and a durable cursor (store::Cursor), which the pump keeps
// Promise: a reading may be delivered again, after a crash or an answer that was lost. The sink
//          gives it a key made of site, meter and number, so that a repeat changes nothing
// Threads: the pump's own; a sink is used by one thread
// Source:  docs/decisions/0015-sinks.md
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"

namespace fithome::sinks {

/// What became of a batch.
struct Delivery {
  enum class Outcome {
    acknowledged,  // the other side has all of it safely
    try_again,     // it may work later: not there, busy, or only a part of it arrived
    refused,       // something in it will never be taken
  };
  Outcome outcome = Outcome::acknowledged;
  std::string why = {};                   // unless acknowledged: one line, without any secret
  std::optional<Nanoseconds> after = {};  // the other side asked for so much time
};

class Sink {
 public:
  virtual ~Sink() = default;
  /// Before the first delivery, again and again until it works. May wait for the network.
  virtual Result<void> open() { return {}; }
  /// Whether the time is a part of the key: a reading that moves after it was delivered, and is
  /// then delivered again, would be there twice.
  virtual bool time_in_key() const { return false; }
  /// Never empty, in order of the numbers. Takes a few seconds at the most, whatever the other side
  /// does: so long does the end of the daemon wait.
  virtual Delivery deliver(std::span<const store::Numbered> batch) = 0;
  /// Whether the other side is there and lets us in: says what it is, or what to do.
  virtual Result<std::string> test() = 0;
};

}  // namespace fithome::sinks
