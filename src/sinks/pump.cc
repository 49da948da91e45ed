// SPDX-License-Identifier: MIT
#include "sinks/pump.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace fithome::sinks {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kFirstWait = 1s;
constexpr Nanoseconds kMostAsked = 1h;  // more than that is a mistake of the other side's

using store::Trust;

bool has(const store::Numbered& one, reading::Flag flag) {
  return (one.reading.flags & bit(flag)) != 0;
}

/// Whether app/timeline.h may still move it: it is of the newest era, for which nobody vouched.
bool may_move(const store::Numbered& one, const std::optional<store::Era>& era) {
  if (!era) return has(one, reading::Flag::clock_unset);
  return era->trust != Trust::vouched && one.reading.time >= era->first;
}

Result<UtcTime> newest_time(const store::Reader& reader, store::Sequence last) {
  FITHOME_TRY(const auto newest, reader.read_after(last - std::min<store::Sequence>(last, 1), 1));
  return newest.empty() ? UtcTime{} : newest.back().reading.time;
}

/// The number of those that wait no longer, from the first on. `before`: a time whose readings of
/// an unvouched clock do not.
std::size_t settled(const std::vector<store::Numbered>& batch, const std::optional<store::Era>& era,
                    UtcTime before) {
  const auto waits = std::ranges::find_if(batch, [&](const store::Numbered& one) {
    if (!may_move(one, era)) return false;
    return has(one, reading::Flag::clock_unset) || one.reading.time >= before;
  });
  return static_cast<std::size_t>(waits - batch.begin());
}

}  // namespace

std::string_view name(Doing doing) {
  switch (doing) {
    case Doing::stopped:
      return "stopped";
    case Doing::up_to_date:
      return "up_to_date";
    case Doing::catching_up:
      return "catching_up";
    case Doing::failing:
      return "failing";
    case Doing::paused:
      return "paused";
    case Doing::waiting_for_clock:
      return "waiting_for_clock";
  }
  return "unknown";
}

Pump::Pump(std::string name, std::string target, Sink& sink, PumpHost& host, const Clock& clock,
           store::Sequence taken)
    : sink_(sink),
      host_(host),
      clock_(clock),
      kept_(taken),
      kept_at_(clock.monotonic()),
      dice_(std::random_device{}()) {
  state_.name = std::move(name);
  state_.target = std::move(target);
  state_.taken = taken;
}

void Pump::run(const std::filesystem::path& data, std::stop_token stop) {
  std::optional<store::Reader> reader;
  while (!stop.stop_requested()) {
    Nanoseconds wait{};
    if (!reader) {
      if (auto opened = store::Reader::open(data)) {
        reader = *std::move(opened);
      } else {
        wait = failed(opened.error().what, {});
      }
    }
    if (reader) wait = turn(*reader);
    std::unique_lock lock(mutex_);
    ordered_.wait_for(lock, stop, wait, [this] { return std::exchange(woken_, false); });
  }
  keep_cursor();
}

Nanoseconds Pump::turn(const store::Reader& reader) {
  take_orders();
  const Monotonic begun = clock_.monotonic();
  const auto last = reader.last_sequence();
  if (!last) return failed(last.error().what, {});
  // A power cut may have taken readings behind the cursor only if it took the cursor too.
  state_.backlog = *last - std::min(*last, state_.taken);
  keep_if_due();
  if (is_paused()) {
    report(Doing::paused);
    return kIdle;
  }
  if (!opened_) {
    if (const auto opened = sink_.open(); !opened) {
      fault_ = true;
      return failed(opened.error().what, {});
    }
    opened_ = true;
  }
  return hand_on(reader, *last, begun);
}

Nanoseconds Pump::hand_on(const store::Reader& reader, store::Sequence last, Monotonic begun) {
  const auto era = reader.era();
  if (!era) return failed(era.error().what, {});
  UtcTime before = UtcTime::max();
  if (sink_.time_in_key() && *era && (*era)->trust != Trust::vouched) {
    const auto newest = newest_time(reader, last);
    if (!newest) return failed(newest.error().what, {});
    before = *newest - kMaySettle;
  }
  const auto batch = reader.read_after(state_.taken, at_once_);
  if (!batch) return failed(batch.error().what, {});
  tell_what_is_left_out(reader);
  const auto after = reader.era();
  if (!after) return failed(after.error().what, {});
  if (*after != *era) return 0s;  // the clock was set meanwhile
  const auto ready = std::span(*batch).first(settled(*batch, *era, before));
  const bool more_waits = ready.size() < batch->size();
  if (!ready.empty()) return deliver(ready, more_waits, begun);
  working_again();
  report(more_waits ? Doing::waiting_for_clock : Doing::up_to_date);
  return kIdle;
}

void Pump::tell_what_is_left_out(const store::Reader& reader) {
  for (std::size_t n = told_; n < reader.left_out().size(); ++n) {
    log_warning("sink {}: cannot be handed on: {}", state_.name, reader.left_out()[n].what);
  }
  told_ = reader.left_out().size();
}

Nanoseconds Pump::deliver(std::span<const store::Numbered> batch, bool more_waits,
                          Monotonic begun) {
  const Delivery delivery = sink_.deliver(batch);
  switch (delivery.outcome) {
    case Delivery::Outcome::acknowledged:
      return succeeded(batch, more_waits, begun);
    case Delivery::Outcome::try_again:
      at_once_ = std::max<std::size_t>(batch.size() / 2, 1);  // maybe it was too much
      return failed(delivery.why, delivery.after);
    case Delivery::Outcome::refused:
      return refused(batch, delivery.why);
  }
  return kIdle;
}

Nanoseconds Pump::succeeded(std::span<const store::Numbered> batch, bool more_waits,
                            Monotonic begun) {
  const bool full = batch.size() >= at_once_;
  state_.taken = batch.back().sequence;
  state_.backlog -= std::min<std::uint64_t>(state_.backlog, batch.size());
  state_.delivered += batch.size();
  state_.last_success = to_stamp(clock_.utc());
  at_once_ = std::min(at_once_ * 2, kMostAtOnce);
  refused_in_row_ = 0;
  working_again();
  keep_if_due();
  const Doing behind = more_waits ? Doing::waiting_for_clock : Doing::catching_up;
  report(state_.backlog > 0 ? behind : Doing::up_to_date);
  if (!full) return kIdle;
  const Nanoseconds pace = Nanoseconds(1s) / kMostASecond * static_cast<int>(batch.size());
  return std::max<Nanoseconds>(begun + pace - clock_.monotonic(), 0s);
}

/// Logged when it begins and when it is over; in between, tries are counted.
Nanoseconds Pump::failed(const std::string& why, std::optional<Nanoseconds> after) {
  const Monotonic now = clock_.monotonic();
  if (failed_in_row_ == 0) {
    failing_since_ = now;
    log_warning("sink {}: {}; trying again", state_.name, why);
  }
  ++state_.failures;
  state_.last_failure = to_stamp(clock_.utc());
  state_.last_error = why;
  if (fault_ || now - failing_since_ >= kFaultAfter) {
    fault_ = true;
    host_.begin_fault(state_.name, why);
  }
  report(Doing::failing);
  const auto longest = std::min(kFirstWait * (1 << std::min(failed_in_row_, 20)), kLongestWait);
  failed_in_row_ = std::min(failed_in_row_ + 1, 20);
  const auto cut = std::uniform_int_distribution<std::int64_t>(0, longest.count() / 2)(dice_);
  return std::max(longest - Nanoseconds(cut), std::min(after.value_or(0s), kMostAsked));
}

Nanoseconds Pump::refused(std::span<const store::Numbered> batch, const std::string& why) {
  if (refused_in_row_ >= kRefusesUs) return failed("refuses everything: " + why, {});
  if (batch.size() > 1) {
    at_once_ = batch.size() / 2;
    report(Doing::catching_up);
    return 0s;
  }
  const store::Numbered& bad = batch.front();
  host_.keep(store::Event{
      .meter = bad.meter,
      .kind = "refused_" + state_.name,
      .begin = bad.reading.time,
      .end = bad.reading.time,
      .cause = fmt::format("{} refused reading {}: {}", state_.name, bad.sequence, why),
      .reason = "refused"});
  if (state_.refused == 0)
    log_warning("sink {}: reading {} set aside: {}", state_.name, bad.sequence, why);
  ++state_.refused;
  ++refused_in_row_;
  state_.taken = bad.sequence;
  state_.backlog -= std::min<std::uint64_t>(state_.backlog, 1);
  state_.last_failure = to_stamp(clock_.utc());
  state_.last_error = why;
  keep_if_due();
  report(Doing::catching_up);
  return 0s;
}

void Pump::working_again() {
  if (failed_in_row_ > 0) {
    const std::chrono::duration<double> lasted = clock_.monotonic() - failing_since_;
    log_info("sink {}: works again after {:.0f} s", state_.name, lasted.count());
  }
  failed_in_row_ = 0;
  if (std::exchange(fault_, false)) host_.end_fault(state_.name);
}

// A commit costs the disk far more than a reading, and a cursor that is behind only makes repeats.
void Pump::keep_if_due() {
  const bool far = state_.taken >= kept_ + kKeepAfter;
  if (far || clock_.monotonic() - kept_at_ >= kKeepEach) keep_cursor();
}

void Pump::keep_cursor() {
  kept_at_ = clock_.monotonic();
  if (state_.taken == kept_) return;
  kept_ = state_.taken;
  host_.keep(store::Cursor{state_.name, kept_});
}

void Pump::report(Doing doing) {
  state_.doing = doing;
  host_.report(state_);
}

void Pump::take_orders() {
  std::optional<store::Sequence> to;
  {
    const std::lock_guard lock(mutex_);
    to = std::exchange(rewind_, {});
  }
  if (!to) return;
  log_info("sink {}: goes on behind reading {}, was at {}", state_.name, *to, state_.taken);
  state_.taken = std::min(*to, state_.taken);  // forwards would leave readings out
  refused_in_row_ = 0;
  keep_cursor();
}

bool Pump::is_paused() {
  const std::lock_guard lock(mutex_);
  return paused_;
}

void Pump::pause() {
  const std::lock_guard lock(mutex_);
  paused_ = true;
  wake();
}

void Pump::resume() {
  const std::lock_guard lock(mutex_);
  paused_ = false;
  wake();
}

void Pump::rewind(store::Sequence taken) {
  const std::lock_guard lock(mutex_);
  rewind_ = taken;
  wake();
}

void Pump::wake() {
  woken_ = true;
  ordered_.notify_all();
}

}  // namespace fithome::sinks
