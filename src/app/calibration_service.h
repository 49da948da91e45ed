// SPDX-License-Identifier: MIT
//
// The daemon's side of a calibration: puts settings into effect between two readings and keeps them
// in the store, so that every reading knows its calibration.
//
// Flow:    control socket -> CalibrationService -> Errands -> Chip::reconfigure; HandOver -> store
// Shape:   calibration.current  {} -> {"meter_id","settings","configured","wiring","grid",
//                               "nominal_v","simulated"}
//          calibration.apply    {"before","settings","kind","line","reference","error_ppm","note",
//                               "undoes"} -> {"id","first_sequence"}, once it is on disk
//          ledger.set           {"line","import_nwh","export_nwh","note"} -> {"import_before_nwh",
//                               "export_before_nwh","import_nwh","export_nwh"}; what is left out
//                               stays. Line "" is the house, netted: the stated sum where there
//                               is one and no "meter" is named
//          All are of the first meter, unless "meter" names another
// Errors:  invalid - what the chip cannot take; transient - the meter could not be asked, or others
//          changed it meanwhile ("before" is not what is in effect)
// Threads: the operations' own; one change at a time
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "app/control.h"
#include "app/errands.h"
#include "app/hand_over.h"
#include "app/meter_settings.h"

namespace fithome::app {

class CalibrationService {
 public:
  struct Meter {
    std::string name;
    store::MeterId id = store::kFirstMeter;
    MeterSettings configured;
    MeterSettings current;
  };
  /// `meters`: in the sampler's order. The references must outlive the operations.
  CalibrationService(std::filesystem::path data, std::vector<Meter> meters, bool simulated,
                     Errands& errands, HandOver& to);

  void add_to(Operations& operations);

 private:
  Result<void> tell(const Json& request, Reply& reply) const;
  Result<void> apply(const Json& request, Reply& reply, std::stop_token stop);
  Result<void> set_ledger(const Json& request, Reply& reply, std::stop_token stop);
  Result<std::size_t> asked(const Json& request) const;

  const std::filesystem::path data_;
  mutable std::mutex mutex_;  // one change at a time; guards what is current of the meters
  std::vector<Meter> meters_;
  std::vector<std::string> names_;
  const bool simulated_;
  Errands& errands_;
  HandOver& to_;
};

/// What was set, as an event: "house: from the grid 12.000 -> 4711.000 kWh, ...".
store::Event ledger_event(const std::string& line, const reading::LineEnergy& before,
                          const reading::LineEnergy& after, const std::string& note, UtcTime now);
/// What was changed, as an event.
store::Event calibration_event(const store::Calibration& calibration, const MeterSettings& before,
                               const MeterSettings& after);
/// The net of the ledger for "", a line for "a"; null for what is no line.
reading::LineEnergy* place_of(reading::Ledger& ledger, std::string_view line);

}  // namespace fithome::app
