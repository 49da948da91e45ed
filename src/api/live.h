// SPDX-License-Identifier: MIT
//
// What the HTTP API asks of the running daemon: the newest reading and how the daemon feels.
// All else it reads from the store.
//
// Flow:    app (sampler, writer) -> Live -> api
// Threads: any; the implementation locks
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/time.h"
#include "reading/house.h"
#include "reading/ledger.h"
#include "reading/reading.h"
#include "sinks/state.h"
#include "store/store.h"

namespace fithome::api {

/// Something that is wrong now, as the page and the red LED show it.
struct Fault {
  std::string name;  // "chip_absent", "store_failing", "clock_unsynced"
  UtcTime since{};
  std::string what;        // one line
  std::string remedy;      // what to do about it
  std::string meter = {};  // whose it is; empty: of the one meter, or of no meter
};

/// One meter of several.
struct MeterStatus {
  store::MeterId id = store::kFirstMeter;
  std::string name = {};    // "solar"
  std::string device = {};  // as Status has it
  std::string wiring = {};
  std::vector<bool> lines = {};              // a, b, c in use
  std::vector<std::string> line_names = {};  // of a, b, c; empty: none
  std::uint64_t missed = 0;                  // these as Status counts them for all meters together
  std::uint64_t spi_errors = 0;
  std::uint64_t spi_retries = 0;
  std::uint64_t chip_resets = 0;
};

/// Events of power quality, since the daemon began.
struct PowerCounts {
  std::map<std::string, std::uint64_t> began;                      // by kind
  std::set<std::tuple<store::MeterId, std::string, int>> lasting;  // meter, kind, channel or -1

  void note(const store::Event& event) {
    const std::tuple key{event.meter, event.kind, event.channel ? int{*event.channel} : -1};
    if (!lasting.contains(key)) ++began[event.kind];
    if (event.end) {
      lasting.erase(key);
    } else {
      lasting.insert(key);
    }
  }
};

struct Status {
  std::string version;
  std::string revision;  // the commit it was built from
  bool simulated = false;
  std::string house;   // what is simulated; empty for a real one
  std::string device;  // "/dev/spidev0.0 (mode 3, 500 kHz)"
  std::string wiring;  // split_phase, three_phase, single_phase
  std::string site;    // the store's UUID
  std::string meter;   // its name
  std::string data;    // the store's directory
  double interval_s = 1;
  double uptime_s = 0;
  std::vector<bool> lines;  // a, b, c in use
  store::MeterId meter_id = store::kFirstMeter;
  std::vector<MeterStatus> meters;  // all, the first one again; may be empty where there is but one
  reading::HouseSum sum;            // that is the house; nothing where it is simply the one meter
  std::string sum_text;             // "mains + solar"
  double skew_s = 0;                // between the meters, at the last tick
  double skew_worst_s = 0;          // since start
  std::optional<UtcTime> last_reading;
  std::uint64_t readings = 0;      // stored since start
  std::uint64_t missed = 0;        // ticks without a reading since start
  std::uint64_t dropped = 0;       // readings the full queue had no room for
  std::uint64_t spi_errors = 0;    // polls that failed on the wire
  std::uint64_t spi_retries = 0;   // frames asked for again
  std::uint64_t chip_resets = 0;   // times the chip was found reset or changed
  std::uint64_t store_errors = 0;  // batches that had to be tried again
  double late_worst_s = 0;         // a tick against its deadline, worst since start
  std::uint64_t late_ticks = 0;
  std::vector<Fault> faults;  // none: all is well
  PowerCounts power;
  std::vector<sinks::SinkState> sinks;  // in the order of the configuration
};

/// What a meter said last.
struct Latest {
  std::optional<reading::Reading> reading;
  std::optional<reading::Ledger> ledger;
};

/// An event, each time it was stored: when it began, grew worse, ended.
struct Happened {
  std::uint64_t number = 0;  // counts from 1 since the daemon began
  store::Event event;
};
constexpr std::size_t kHappenedKept = 64;

class Live {
 public:
  virtual ~Live() = default;
  /// Of the first meter.
  virtual std::optional<reading::Reading> newest() const = 0;
  virtual std::optional<reading::Ledger> ledger() const = 0;
  /// Of all meters at one moment, in the order of Status::meters; the one, where there is but one.
  virtual std::vector<Latest> latest() const { return {Latest{newest(), ledger()}}; }
  /// Of the house, where Status::sum says what that is.
  virtual std::optional<reading::Ledger> house_ledger() const { return {}; }
  virtual Status status() const = 0;
  /// What was stored behind that number, the latest kHappenedKept of it.
  virtual std::vector<Happened> happened(std::uint64_t /*after*/) const { return {}; }
  /// `wake` is called, from any thread and never under a lock of ours, after each new reading. One
  /// listener; an empty function ends it and returns once no call is under way.
  virtual void on_reading(std::function<void()> wake) = 0;
};

}  // namespace fithome::api
