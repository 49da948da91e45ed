// SPDX-License-Identifier: MIT
//
// Puts what the sampler hands over in the store, and never gives up on it.
//
// Flow:    HandOver -> Writer -> store::Store
// Promise: a batch that the store refused is kept and tried again, longer and longer apart (1 to
//          30 s); meanwhile the hand-over fills. What is stored survives a kill at once, and a
//          power cut within the sync interval.
// Threads: run() is the `writer` thread: the only one that touches the store and the LEDs
#pragma once

#include <vector>

#include "app/hand_over.h"
#include "app/hub.h"
#include "app/leds.h"
#include "app/sync_schedule.h"
#include "base/clock.h"
#include "store/store.h"

namespace fithome::app {

class Writer {
 public:
  Writer(store::Store& store, HandOver& from, Hub& hub, Leds& leds,
         std::chrono::milliseconds sync_interval, std::optional<std::chrono::days> keep = {})
      : store_(store), from_(from), hub_(hub), leds_(leds), sync_(sync_interval), keep_(keep) {}

  /// Until the hand-over is closed and empty, or `give_up` is asked for.
  void run(std::stop_token give_up);

 private:
  bool keep(const Parcel& parcel, std::stop_token give_up);
  Result<void> write(const Parcel& parcel);
  Result<void> append(const Parcel& parcel);
  void let_go();

  store::Store& store_;
  HandOver& from_;
  Hub& hub_;
  Leds& leds_;
  SyncSchedule sync_;
  std::optional<std::chrono::days> keep_;  // nothing: for ever
  std::optional<UtcTime> vouched_;         // the latest reading whose time is sure
  std::optional<Monotonic> let_go_at_;
  SystemClock clock_;          // back-off is in real time, whatever clock the house runs on
  bool written_ = false;       // the parcel at hand is in the store
  std::size_t restamped_ = 0;  // corrections of time of it that are done
  std::vector<store::Batch> batches_;
};

}  // namespace fithome::app
