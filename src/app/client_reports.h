// SPDX-License-Identifier: MIT
//
// The API's answers as values, for those who show them to people.
//
// Flow:    Source -> body -> parse_* -> print_*
// Shape:   docs/api.md; what an older or newer daemon leaves out is absent, what it adds is ignored
// Errors:  unsupported - not an answer of this API
// Threads: plain values
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/live.h"
#include "base/result.h"
#include "reading/ledger.h"
#include "reading/reading.h"
#include "store/store.h"

namespace fithome::app {

struct Now {
  std::string meter;
  bool simulated = false;
  std::optional<double> age_s;  // nothing: this meter has given no reading yet
  reading::Reading reading;
  std::vector<reading::ChannelId> channels;  // in use, in the order of the channel table
  std::array<std::string, chip::kLines> line_names;
};
/// The house where it is a stated sum.
struct HouseNow {
  std::string sum;
  std::optional<Watts> power;
  std::vector<std::string> missing;  // the meters that are the reason why not
};
struct NowReport {
  Now first;
  std::optional<HouseNow> house;
  std::vector<Now> meters;  // all, where there are several
};
Result<NowReport> parse_now(std::string_view body);

struct NamedEnergy {
  std::string name;  // "net", "counted", "a"
  reading::Flow active;
};
struct EnergyShare {
  std::optional<UtcTime> since;      // nothing: since the meter began
  std::vector<NamedEnergy> amounts;  // net, counted, then the lines in use
};
struct EnergyReport {
  UtcTime time{};
  std::string meter;
  bool simulated = false;
  std::vector<EnergyShare> shares;   // today, since another moment if asked for, all
  std::string sum;                   // that is the house; empty: the meter is
  std::vector<EnergyShare> house;    // its shares, as above, netted only
  std::vector<EnergyReport> meters;  // all, where there are several
};
Result<EnergyReport> parse_energy(std::string_view body);

struct StatusReport {
  api::Status status;
  std::vector<std::optional<UtcTime>> last_readings;  // one a meter, where there are several
  double last_reading_age_s = 0;
  std::optional<std::uint64_t> memory_bytes;
  std::optional<store::Info> store;       // nothing: it cannot be read
  std::vector<store::Event> events;       // newest first
  std::vector<std::string> event_meters;  // whose each of them is; empty: of the one
};
Result<StatusReport> parse_status(std::string_view body);

struct EventsReport {
  UtcTime from{}, to{};
  std::vector<store::Event> events;            // newest first
  std::vector<std::string> event_meters = {};  // whose; empty where there is but one meter
};
Result<EventsReport> parse_events(std::string_view body);

/// The error that a body with an HTTP status of 400 or more tells of.
Failure parse_failure(std::string_view body, int status);

}  // namespace fithome::app
