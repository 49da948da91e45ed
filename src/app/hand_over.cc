// SPDX-License-Identifier: MIT
#include "app/hand_over.h"

#include <utility>

namespace fithome::app {

bool HandOver::give(const reading::Reading& reading, const reading::Ledger& ledger) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.readings.size() >= capacity_) return false;
    waiting_.readings.push_back(reading);
    waiting_.ledgers.push_back(ledger);
  }
  changed_.notify_all();
  return true;
}

bool HandOver::give_waiting(const reading::Reading& reading, const reading::Ledger& ledger,
                            std::stop_token stop) {
  {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [&] { return waiting_.readings.size() < capacity_; })) {
      return false;
    }
    waiting_.readings.push_back(reading);
    waiting_.ledgers.push_back(ledger);
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
