// SPDX-License-Identifier: MIT
#include "app/sample_feed.h"

#include <utility>

namespace fithome::app {
namespace {

constexpr std::size_t kMostWaiting = 64;

}  // namespace

void SampleFeed::publish(const Poll& poll) {
  {
    const std::lock_guard lock(mutex_);
    for (Listener* listener : listeners_) {
      if (listener->meter_ != poll.meter) continue;
      if (listener->waiting_.size() < kMostWaiting) {
        listener->waiting_.push_back(poll);
      } else {
        ++listener->lost_;
      }
    }
  }
  changed_.notify_all();
}

SampleFeed::Listener::Listener(SampleFeed& feed, std::size_t meter) : feed_(feed), meter_(meter) {
  const std::lock_guard lock(feed_.mutex_);
  feed_.listeners_.push_back(this);
}

SampleFeed::Listener::~Listener() {
  const std::lock_guard lock(feed_.mutex_);
  std::erase(feed_.listeners_, this);
}

std::optional<Poll> SampleFeed::Listener::next(Nanoseconds patience, std::stop_token stop) {
  std::unique_lock lock(feed_.mutex_);
  if (!feed_.changed_.wait_for(lock, stop, patience, [&] { return !waiting_.empty(); })) return {};
  Poll poll = std::move(waiting_.front());
  waiting_.pop_front();
  return poll;
}

std::uint64_t SampleFeed::Listener::lost() const {
  const std::lock_guard lock(feed_.mutex_);
  return lost_;
}

}  // namespace fithome::app
