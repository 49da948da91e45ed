// SPDX-License-Identifier: MIT
//
// How the daemon is, in one place: the newest reading of each meter, counters, and what is wrong
// now.
//
// Flow:    Sampler, Writer -> Hub -> api::Server, LEDs
// Threads: any
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "api/live.h"
#include "app/hand_over.h"
#include "base/clock.h"

namespace fithome::app {

class Hub final : public api::Live {
 public:
  /// `identity`: the parts of the status that never change.
  Hub(const Clock& clock, api::Status identity);

  std::optional<reading::Reading> newest() const override;
  std::optional<reading::Ledger> ledger() const override;
  std::vector<api::Latest> latest() const override;
  std::optional<reading::Ledger> house_ledger() const override;
  api::Status status() const override;
  std::vector<api::Happened> happened(std::uint64_t after) const override;
  void on_reading(std::function<void()> wake) override;

  /// What a tick brought, of the meters that the identity names.
  void publish(const Parcel& tick);
  /// These are stored.
  void happen(std::span<const store::Event> events);
  /// Changes counters: hub.count([](api::Status& s) { ++s.missed; }).
  template <class Change>
  void count(Change change) {
    const std::lock_guard lock(mutex_);
    change(status_);
  }
  /// The same for one meter, by its place in the configuration: for all of them, and for itself
  /// where there are several.
  template <class Change>
  void count(std::size_t meter, Change change) {
    const std::lock_guard lock(mutex_);
    change(status_);
    if (meter < status_.meters.size()) change(status_.meters[meter]);
  }

  /// Something is wrong from now on; logged when it begins. The same name again updates the text.
  /// `meter`: whose it is, where there are several.
  void begin_fault(std::string_view name, std::string_view what, std::string_view remedy,
                   std::string_view meter = {});
  /// It is over; logged, with how long it lasted. Nothing where it had not begun.
  void end_fault(std::string_view name, std::string_view meter = {});
  bool healthy() const;

 private:
  const Clock& clock_;
  const Monotonic started_;
  std::vector<api::Fault>::iterator fault(std::string_view name, std::string_view meter);

  mutable std::mutex mutex_;  // guards status_, latest_, house_, happened_
  api::Status status_;
  std::vector<store::MeterId> ids_;  // of the meters, which never change
  std::vector<api::Latest> latest_;  // one a meter
  std::optional<reading::Ledger> house_;
  std::deque<api::Happened> happened_;
  std::mutex wake_mutex_;  // held while wake_ is called, so that ending it waits for the call
  std::function<void()> wake_;
};

}  // namespace fithome::app
