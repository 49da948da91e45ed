// SPDX-License-Identifier: MIT
//
// Puts what the sampler hands over on disk, and never gives up on it.
//
// Flow:    HandOver -> Writer -> store::Store
// Promise: a batch that the store refused is kept and tried again, longer and longer apart (1 to
//          30 s); meanwhile the hand-over fills. What was acknowledged is on disk.
// Threads: run() is the `writer` thread: the only one that touches the store and the LEDs
#pragma once

#include "app/hand_over.h"
#include "app/hub.h"
#include "app/leds.h"
#include "base/clock.h"
#include "store/store.h"

namespace fithome::app {

class Writer {
 public:
  Writer(store::Store& store, HandOver& from, Hub& hub, Leds& leds)
      : store_(store), from_(from), hub_(hub), leds_(leds) {}

  /// Until the hand-over is closed and empty, or `give_up` is asked for.
  void run(std::stop_token give_up);

 private:
  Result<void> write(const Parcel& parcel);

  store::Store& store_;
  HandOver& from_;
  Hub& hub_;
  Leds& leds_;
  SystemClock clock_;        // back-off is in real time, whatever clock the house runs on
  std::size_t written_ = 0;  // readings of the parcel at hand that are on disk
  std::size_t changed_ = 0;  // changes of it that are
};

}  // namespace fithome::app
