// SPDX-License-Identifier: MIT
//
// How the daemon is, in one place: the newest reading, counters, and what is wrong now.
//
// Flow:    Sampler, Writer -> Hub -> api::Server, LEDs
// Threads: any
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "api/live.h"
#include "base/clock.h"

namespace fithome::app {

class Hub final : public api::Live {
 public:
  /// `identity`: the parts of the status that never change.
  Hub(const Clock& clock, api::Status identity);

  std::optional<reading::Reading> newest() const override;
  std::optional<reading::Ledger> ledger() const override;
  api::Status status() const override;
  void on_reading(std::function<void()> wake) override;

  void publish(const reading::Reading& reading, const reading::Ledger& ledger);
  /// Changes counters: hub.count([](api::Status& s) { ++s.missed; }).
  template <class Change>
  void count(Change change) {
    const std::lock_guard lock(mutex_);
    change(status_);
  }

  /// Something is wrong from now on; logged when it begins. The same name again updates the text.
  void begin_fault(std::string_view name, std::string_view what, std::string_view remedy);
  /// It is over; logged, with how long it lasted. Nothing where it had not begun.
  void end_fault(std::string_view name);
  bool healthy() const;

 private:
  const Clock& clock_;
  const Monotonic started_;
  mutable std::mutex mutex_;  // guards status_, newest_, ledger_
  api::Status status_;
  std::optional<reading::Reading> newest_;
  std::optional<reading::Ledger> ledger_;
  std::mutex wake_mutex_;  // held while wake_ is called, so that ending it waits for the call
  std::function<void()> wake_;
};

}  // namespace fithome::app
