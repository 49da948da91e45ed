// SPDX-License-Identifier: MIT
//
// The daemon's side of a calibration: puts settings into effect between two readings and keeps them
// in the store, so that every reading knows its calibration.
//
// Flow:    control socket -> CalibrationService -> Errands -> Chip::reconfigure; HandOver -> store
// Shape:   calibration.current  {} -> {"settings","configured","wiring","grid","nominal_v",
//                               "simulated"}
//          calibration.apply    {"before","settings","kind","line","reference","error_ppm","note",
//                               "undoes"} -> {"id","first_sequence"}, once it is on disk
//          ledger.set           {"line","import_nwh","export_nwh","note"} -> {"import_before_nwh",
//                               "export_before_nwh","import_nwh","export_nwh"}; what is left out
//                               stays. Line "" is the house, netted
// Errors:  invalid - what the chip cannot take; transient - the meter could not be asked, or others
//          changed it meanwhile ("before" is not what is in effect)
// Threads: the operations' own; one change at a time
#pragma once

#include <filesystem>
#include <mutex>

#include "app/control.h"
#include "app/errands.h"
#include "app/hand_over.h"
#include "app/meter_settings.h"

namespace fithome::app {

class CalibrationService {
 public:
  struct Meter {
    std::filesystem::path data;
    MeterSettings configured;
    MeterSettings current;
    bool simulated = false;
  };
  /// The references must outlive the operations.
  CalibrationService(Meter meter, Errands& errands, HandOver& to);

  void add_to(Operations& operations);

 private:
  Result<void> tell(Reply& reply) const;
  Result<void> apply(const Json& request, Reply& reply, std::stop_token stop);
  Result<void> set_ledger(const Json& request, Reply& reply, std::stop_token stop);

  mutable std::mutex mutex_;  // one change at a time; guards meter_.current
  Meter meter_;
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
