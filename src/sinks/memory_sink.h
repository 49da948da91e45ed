// SPDX-License-Identifier: MIT
//
// A sink and a house for tests: the sink keeps what it is given by its number, and fails to order.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sinks/pump.h"

namespace fithome::sinks {

class MemorySink final : public Sink {
 public:
  enum class Mood { well, down, takes_half, answer_lost, busy };

  Result<void> open() override {
    if (not_there.empty()) return {};
    return fail(Code::transient, not_there);
  }
  bool time_in_key() const override { return keyed_by_time; }
  Delivery deliver(std::span<const store::Numbered> batch) override {
    batches.push_back(batch.size());
    const Mood mood = moods.empty() ? Mood::well : moods.front();
    if (!moods.empty()) moods.pop_front();
    if (mood == Mood::down) return again("nobody answers");
    if (mood == Mood::busy) return again("busy", std::chrono::seconds(90));
    if (mood == Mood::takes_half) {
      take(batch.first(batch.size() / 2));
      return again("it broke off");
    }
    for (const store::Numbered& one : batch) {
      if (bad(one.sequence)) return {Delivery::Outcome::refused, "not to my taste", {}};
    }
    take(batch);
    if (mood == Mood::answer_lost) return again("the answer was lost");
    return {};
  }
  Result<std::string> test() override { return std::string("a memory"); }

  std::deque<Mood> moods;  // of the next tries; then well
  std::function<bool(store::Sequence)> bad = [](store::Sequence) { return false; };
  std::string not_there;       // why it cannot be opened
  bool keyed_by_time = false;  // then `has` may be less than `keys`
  std::map<store::Sequence, store::Numbered> has;
  std::set<std::pair<store::Sequence, UtcTime>> keys;
  std::vector<std::size_t> batches;

 private:
  static Delivery again(std::string why, std::optional<Nanoseconds> after = {}) {
    return {Delivery::Outcome::try_again, std::move(why), after};
  }
  void take(std::span<const store::Numbered> batch) {
    for (const store::Numbered& one : batch) {
      if (bad(one.sequence)) continue;
      has.insert_or_assign(one.sequence, one);
      keys.emplace(one.sequence, one.reading.time);
    }
  }
};

class MemoryHost final : public PumpHost {
 public:
  void keep(const store::Cursor& cursor) override { cursors.push_back(cursor.taken); }
  void keep(const store::Event& event) override { events.push_back(event); }
  void report(const SinkState& now) override { state = now; }
  void begin_fault(const std::string&, const std::string& what) override { fault = what; }
  void end_fault(const std::string&) override { fault.reset(); }
  store::Sequence cursor() const { return cursors.empty() ? 0 : cursors.back(); }

  std::vector<store::Sequence> cursors;
  std::vector<store::Event> events;
  SinkState state;
  std::optional<std::string> fault;
};

}  // namespace fithome::sinks
