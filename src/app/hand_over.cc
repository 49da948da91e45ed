// SPDX-License-Identifier: MIT
#include "app/hand_over.h"

#include <algorithm>
#include <set>
#include <utility>

namespace fithome::app {

void Parcel::add(store::MeterId meter, const reading::Reading& reading,
                 const reading::Ledger& ledger) {
  meters.push_back(meter);
  readings.push_back(reading);
  ledgers.push_back(ledger);
}

void Parcel::clear() {
  meters.clear();
  readings.clear();
  ledgers.clear();
  house.clear();
  skews.clear();
  events.clear();
  restamps.clear();
  era.reset();
  changes.clear();
  cursors.clear();
}

bool HandOver::has_room(const Parcel& tick) const {
  return waiting_.readings.empty() || waiting_.readings.size() + tick.readings.size() <= capacity_;
}

void HandOver::append(const Parcel& tick) {
  const auto add = [](auto& to, const auto& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  add(waiting_.meters, tick.meters);
  add(waiting_.readings, tick.readings);
  add(waiting_.ledgers, tick.ledgers);
  add(waiting_.house, tick.house);
  add(waiting_.skews, tick.skews);
  add(waiting_.events, tick.events);
}

std::size_t HandOver::thin_out() {
  // What one tick brought has one time.
  std::set<UtcTime> gone;
  UtcTime before{};
  bool drop = true;
  for (std::size_t n = 0; n < waiting_.readings.size() / 2; ++n) {
    const UtcTime time = waiting_.readings[n].time;
    if (n == 0 || time != before) drop = !drop;
    if (drop) gone.insert(time);
    before = time;
  }
  if (gone.empty()) return 0;
  const auto goes = [&gone](const auto& of_a_time) { return gone.contains(of_a_time.time); };
  Parcel kept;
  std::size_t change = 0;
  bool after_gap = false;
  for (std::size_t n = 0; n <= waiting_.readings.size(); ++n) {
    for (; change < waiting_.changes.size() && waiting_.changes[change].before <= n; ++change) {
      waiting_.changes[change].before = kept.readings.size();
    }
    if (n == waiting_.readings.size()) break;
    if (goes(waiting_.readings[n])) {
      note_thinned(waiting_.meters[n], waiting_.readings[n].time);
      after_gap = true;
      continue;
    }
    kept.add(waiting_.meters[n], waiting_.readings[n], waiting_.ledgers[n]);
    const bool last_of_tick = n + 1 == waiting_.readings.size() ||
                              waiting_.readings[n + 1].time != waiting_.readings[n].time;
    if (after_gap) kept.readings.back().flags |= bit(reading::Flag::after_gap);
    if (last_of_tick) after_gap = false;
  }
  const std::size_t count = waiting_.readings.size() - kept.readings.size();
  std::swap(waiting_.meters, kept.meters);
  std::swap(waiting_.readings, kept.readings);
  std::swap(waiting_.ledgers, kept.ledgers);
  std::erase_if(waiting_.house, goes);
  std::erase_if(waiting_.skews, goes);
  return count;
}

void HandOver::note_thinned(store::MeterId meter, UtcTime time) {
  store::Event& event =
      thinned_
          .try_emplace(
              meter, store::Event{.meter = meter,
                                  .kind = "gap",
                                  .begin = time,
                                  .end = time,
                                  .cause = "the store could not keep up: readings went, no energy"})
          .first->second;
  event.begin = std::min(event.begin, time);
  event.end = std::max(*event.end, time);
}

std::optional<std::size_t> HandOver::give(const Parcel& tick) {
  std::size_t gone = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!has_room(tick)) gone = thin_out();
    if (!has_room(tick)) return {};
    append(tick);
  }
  changed_.notify_all();
  return gone;
}

bool HandOver::give_waiting(const Parcel& tick, std::stop_token stop) {
  {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [&] { return has_room(tick); })) return false;
    append(tick);
  }
  changed_.notify_all();
  return true;
}

void HandOver::give(store::Event event) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.events.push_back(std::move(event));
  }
  changed_.notify_all();
}

void HandOver::give(const store::Era& era) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.era = era;
  }
  changed_.notify_all();
}

void HandOver::give(const store::Cursor& cursor) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.cursors.push_back(cursor);
  }
  changed_.notify_all();
}

void HandOver::give(const store::Restamp& restamp) {
  const auto move = [&](UtcTime& time) {
    const bool of_it = time >= restamp.from.first && time <= restamp.last;
    if (of_it) time += restamp.by;
    return of_it;
  };
  {
    const std::lock_guard lock(mutex_);
    for (reading::Reading& reading : waiting_.readings) {
      if (move(reading.time)) reading.flags = (reading.flags & ~restamp.clear) | restamp.set;
    }
    for (reading::Ledger& ledger : waiting_.ledgers) move(ledger.time);
    for (reading::Ledger& ledger : waiting_.house) move(ledger.time);
    for (store::Skew& skew : waiting_.skews) move(skew.time);
    for (store::Event& event : waiting_.events) {
      move(event.begin);
      if (event.end) move(*event.end);
    }
    for (Change& change : waiting_.changes) {
      if (change.ledger) move(change.ledger->time);
      if (change.calibration) move(change.calibration->time);
      if (change.event) move(change.event->begin);
      if (change.event && change.event->end) move(*change.event->end);
    }
    for (auto& [meter, event] : thinned_) {
      move(event.begin);
      move(*event.end);
    }
    waiting_.restamps.push_back(restamp);
    waiting_.era = restamp.to;
  }
  changed_.notify_all();
}

std::uint64_t HandOver::give(Change change) {
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    change.before = waiting_.readings.size();
    waiting_.changes.push_back(std::move(change));
    number = ++changes_given_;
  }
  changed_.notify_all();
  return number;
}

bool HandOver::wait_stored(std::uint64_t number, Nanoseconds patience, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, stop, patience, [&] { return changes_stored_ >= number; });
}

void HandOver::stored(std::size_t changes) {
  {
    const std::lock_guard lock(mutex_);
    changes_stored_ += changes;
  }
  changed_.notify_all();
}

Parcel HandOver::take(Nanoseconds patience) {
  Parcel taken;
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return !waiting_.empty() || closed_; });
    taken = std::exchange(waiting_, {});
    for (auto& [meter, event] : std::exchange(thinned_, {})) taken.events.push_back(event);
  }
  changed_.notify_all();
  return taken;
}

void HandOver::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

bool HandOver::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_ && waiting_.empty();
}

bool HandOver::busy() const {
  const std::lock_guard lock(mutex_);
  return closed_ || !waiting_.empty();
}

}  // namespace fithome::app
