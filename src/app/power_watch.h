// SPDX-License-Identifier: MIT
//
// Power quality of one meter, told to everyone: events for the store, a fault while one lasts,
// counts for the metrics; and outages, by what became of chip and program.
//
// Flow:    Sampler -> PowerWatch -> HandOver (events), Hub (faults, counts)
// Threads: the sampler's only
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/hand_over.h"
#include "app/heartbeat.h"
#include "app/hub.h"
#include "chip/chip.h"
#include "reading/power_events.h"

namespace fithome::app {

class PowerWatch {
 public:
  /// The references must outlive it. `name`: of the meter, where there are several.
  PowerWatch(HandOver& to, Hub& hub, const chip::ChipConfig& config,
             const reading::LineRules& rules, store::MeterId meter, std::string name)
      : to_(to), hub_(hub), meter_(meter), name_(std::move(name)), events_(config, rules) {}

  void take(const chip::Sample& sample, UtcTime time);
  /// The chip does not answer, since the tick of `since`; again and again is once.
  void chip_silent(UtcTime since);
  /// It does again, and `fresh` where it had lost its configuration: so its supply was gone.
  void chip_back(bool fresh, UtcTime time);
  /// From when to when no program measured.
  void was_away(const Absence& absence, UtcTime from, UtcTime to);
  /// The clock was set.
  void move(const store::Restamp& restamp);

 private:
  void tell(std::vector<reading::PowerEvent> changes);
  void tell(store::Event event);
  void show_faults();

  HandOver& to_;
  Hub& hub_;
  store::MeterId meter_;
  std::string name_;  // for the faults; empty where there is but one meter
  reading::PowerEvents events_;
  std::optional<store::Event> silent_;  // the chip, still
  bool sagged_before_ = false;          // the voltage was low when the chip fell silent
};

}  // namespace fithome::app
