// SPDX-License-Identifier: MIT
//
// How a sink does, for the API, the metrics and the page.
//
// Flow:    Pump -> PumpHost::report -> api
// Threads: plain values
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "store/store.h"

namespace fithome::sinks {

enum class Doing {
  stopped,            // no daemon delivers
  up_to_date,         // all there is has been delivered
  catching_up,        // more is there, and goes out
  failing,            // the last try failed; another follows
  paused,             // by a person
  waiting_for_clock,  // the next reading's time will still be put right
};
/// "catching_up"
std::string_view name(Doing doing);

struct SinkState {
  std::string name = {};
  std::string target = {};  // "FitHome.aggregate at pi.local:27017"; no secret
  Doing doing = Doing::stopped;
  store::Sequence taken = 0;    // the last reading that the other side has, or refused
  std::uint64_t backlog = 0;    // readings behind it
  std::uint64_t delivered = 0;  // since the daemon began, repeats included
  std::uint64_t refused = 0;    // readings set aside since the daemon began
  std::uint64_t failures = 0;   // tries that failed since the daemon began
  std::optional<UtcTime> last_success = {};
  std::optional<UtcTime> last_failure = {};
  std::string last_error = {};  // of the last failure; empty: none since the daemon began
  friend bool operator==(const SinkState&, const SinkState&) = default;
};

}  // namespace fithome::sinks
