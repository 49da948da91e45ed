// SPDX-License-Identifier: MIT
//
// /metrics: the newest reading, the energy totals and the daemon's own counts for Prometheus.
//
// Shape:   energy is a counter of joules for each line and direction, so that rate() is watts; the
//          house's totals are metrics of their own, for a sum over lines must not count them twice.
//          Where there are several meters, all that is one's has a label `meter`, the totals of
//          each are fithome_meter_..., and fithome_house_... is the stated sum
// Units:   base units, as Prometheus wants them: joules, watts, volts, amperes, hertz, celsius
// Threads: a pure function
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/exposition.h"
#include "api/live.h"
#include "api/process.h"

namespace fithome::api {

struct MetricsInput {
  Status status;
  std::optional<reading::Reading> newest;
  std::optional<reading::Ledger> ledger;
  std::optional<Process> process;
  UtcTime now{};
  std::vector<Latest> latest = {};            // of all meters, where there are several
  std::optional<reading::Ledger> house = {};  // where the status says what that is
};

/// The reading's values are left out once it is older than ten intervals (ten seconds at least): a
/// chip that is gone must not draw a straight line.
std::string metrics_text(const MetricsInput& input, MetricsFormat format);

}  // namespace fithome::api
