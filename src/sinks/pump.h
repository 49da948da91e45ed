// SPDX-License-Identifier: MIT
//
// Hands readings on to a sink, in order, and remembers how far it is.
//
// Flow:    store::Reader -> Pump -> Sink; cursor, and what was refused -> PumpHost -> the writer
// Promise: the cursor moves only behind what the sink has acknowledged, so an outage of a month is
// a
//          cursor that stands still: nothing waits in memory. A kill makes it deliver a minute
//          again, or 20,000 readings, never less than all
// Errors:  a sink that fails is tried again 1, 2, 4 ... seconds later, at most 5 minutes, or as
// long
//          as it asks; each wait is cut by up to a half, at random. After 5 minutes it is a fault;
//          one that cannot be opened is one at once
// Times:   a reading whose time will be put right waits for that; where the key has the time in it,
//          one whose time may still be put right waits for 10 minutes of the house's
// Shape:   what is refused is halved until the one bad reading is found; that one becomes an event.
//          One that refuses 20 in a row refuses us, not a reading, and is failing
// Speed:   at most 1,000 readings at once, 25,000 a second, on a thread that gives way to others
// Threads: run() is the sink's own; pause(), resume() and rewind() any
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "sinks/sink.h"
#include "sinks/state.h"
#include "store/store.h"

namespace fithome::sinks {

/// What a pump asks of the house it runs in.
class PumpHost {
 public:
  virtual ~PumpHost() = default;
  /// To be durable soon, and not before the readings it speaks of.
  virtual void keep(const store::Cursor& cursor) = 0;
  /// A reading that was refused for good.
  virtual void keep(const store::Event& event) = 0;
  virtual void report(const SinkState& state) = 0;
  virtual void begin_fault(const std::string& name, const std::string& what) = 0;
  virtual void end_fault(const std::string& name) = 0;
};

class Pump {
 public:
  static constexpr std::size_t kMostAtOnce = 1000;
  static constexpr int kMostASecond = 25'000;
  static constexpr std::size_t kRefusesUs = 20;
  static constexpr Nanoseconds kIdle = std::chrono::seconds(1);
  static constexpr Nanoseconds kLongestWait = std::chrono::minutes(5);
  static constexpr Nanoseconds kFaultAfter = std::chrono::minutes(5);
  static constexpr std::chrono::minutes kMaySettle{10};  // of a clock nobody vouched for
  static constexpr Nanoseconds kKeepEach = std::chrono::minutes(1);
  static constexpr store::Sequence kKeepAfter = 20'000;

  /// The references must outlive it. `taken`: the cursor as it was kept.
  Pump(std::string name, std::string target, Sink& sink, PumpHost& host, const Clock& clock,
       store::Sequence taken);

  /// Until `stop` is asked for; then the cursor is kept.
  void run(const std::filesystem::path& data, std::stop_token stop);
  /// One try. Returns how long to wait for the next.
  Nanoseconds turn(const store::Reader& reader);
  /// Gives the cursor to be kept, where it has moved.
  void keep_cursor();

  void pause();
  void resume();
  /// Everything behind `taken` is delivered again; never forwards.
  void rewind(store::Sequence taken);

 private:
  void take_orders();
  bool is_paused();
  Nanoseconds hand_on(const store::Reader& reader, store::Sequence last, Monotonic begun);
  void tell_what_is_left_out(const store::Reader& reader);
  Nanoseconds deliver(std::span<const store::Numbered> batch, bool more_waits, Monotonic begun);
  Nanoseconds succeeded(std::span<const store::Numbered> batch, bool more_waits, Monotonic begun);
  Nanoseconds failed(const std::string& why, std::optional<Nanoseconds> after);
  Nanoseconds refused(std::span<const store::Numbered> batch, const std::string& why);
  void working_again();
  void keep_if_due();
  void report(Doing doing);
  void wake();

  Sink& sink_;
  PumpHost& host_;
  const Clock& clock_;
  SinkState state_;
  store::Sequence kept_;
  Monotonic kept_at_;
  std::size_t at_once_ = kMostAtOnce;
  std::size_t refused_in_row_ = 0;
  int failed_in_row_ = 0;
  bool opened_ = false;
  Monotonic failing_since_{};
  bool fault_ = false;
  std::size_t told_ = 0;  // of what the reader left out
  std::minstd_rand dice_;

  std::mutex mutex_;  // guards what others order, below
  std::condition_variable_any ordered_;
  bool woken_ = false;
  bool paused_ = false;
  std::optional<store::Sequence> rewind_;
};

}  // namespace fithome::sinks
