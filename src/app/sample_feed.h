// SPDX-License-Identifier: MIT
//
// Each poll as the chip told it, in full precision, to whoever asks for the next ones.
//
// Flow:    Sampler -> SampleFeed -> Listener (control socket: `samples`)
// Shape:   a Poll is a sample, or the reason why there is none. Values are the chip's: sign and
//          scale of the house (LineRules) are not yet applied
// Promise: never holds up the sampler; a listener that lags loses polls and is told how many
// Threads: publish() the sampler's; a Listener: one thread, which it must not outlive
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/time.h"
#include "chip/chip.h"
#include "reading/reading.h"

namespace fithome::app {

struct Poll {
  std::size_t meter = 0;                 // its place among the sampler's
  UtcTime time{};                        // of the reading that was made of it
  std::optional<chip::Sample> sample{};  // nothing: none could be had
  reading::Flags flags = 0;              // of that reading
  std::string missed{};                  // why there is no sample
};

class SampleFeed {
 public:
  void publish(const Poll& poll);

  class Listener {
   public:
    /// To the polls of the meter at that place.
    explicit Listener(SampleFeed& feed, std::size_t meter = 0);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    /// The next poll; nothing after `patience` of real time, or when told to stop.
    std::optional<Poll> next(Nanoseconds patience, std::stop_token stop);
    /// Polls that were lost, since it listens, because it lagged.
    std::uint64_t lost() const;

   private:
    friend class SampleFeed;
    SampleFeed& feed_;
    const std::size_t meter_;
    std::deque<Poll> waiting_;  // these two are guarded by the feed's mutex
    std::uint64_t lost_ = 0;
  };

 private:
  mutable std::mutex mutex_;  // guards all below, and what waits in the listeners
  std::condition_variable_any changed_;
  std::vector<Listener*> listeners_;
};

}  // namespace fithome::app
