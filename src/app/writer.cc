// SPDX-License-Identifier: MIT
#include "app/writer.h"

#include <algorithm>
#include <chrono>
#include <span>

#include "base/log.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kBlink = 60ms;  // as long as green stays lit
constexpr Nanoseconds kIdle = 1s;     // how often the red light is looked after
constexpr Nanoseconds kFirstStoreRetry = 1s;
constexpr Nanoseconds kLastStoreRetry = 30s;
constexpr Nanoseconds kLetGoEach = 10min;
constexpr std::string_view kMakeRoom =
    "readings are kept in memory; make room on the disk or see the log";
constexpr reading::Flags kDoubtfulTime =
    bit(reading::Flag::clock_unset) | bit(reading::Flag::clock_unsynced);
constexpr auto kMark = 15min;  // the store keeps a mark of the ledger each quarter of an hour

// Quarters contain their end and not their beginning.
auto quarter(const reading::Ledger& ledger) {
  return (ledger.time.time_since_epoch() - 1ms) / kMark;
}

// Whether the parcel holds no later ledger of the same meter and quarter.
bool last_of_quarter(const Parcel& parcel, std::size_t at) {
  for (std::size_t later = at + 1; later < parcel.ledgers.size(); ++later) {
    if (parcel.meters[later] != parcel.meters[at]) continue;
    return quarter(parcel.ledgers[later]) != quarter(parcel.ledgers[at]);
  }
  return true;
}

// Those that take effect before reading `n`, from the `changed`th on, each a batch of its own.
void add_changes(std::vector<store::Batch>& batches, const Parcel& parcel, std::size_t& changed,
                 std::size_t n) {
  for (; changed < parcel.changes.size() && parcel.changes[changed].before <= n; ++changed) {
    const Change& change = parcel.changes[changed];
    store::Batch& batch = batches.emplace_back(store::Batch{.meter = change.meter});
    if (change.calibration) batch.calibrations = {&*change.calibration, 1};
    if (change.ledger) batch.ledger = &*change.ledger;
    if (change.event) batch.events = {&*change.event, 1};
  }
}

// In the order of the readings; a batch has one ledger, which is as of its last reading.
void add_readings(std::vector<store::Batch>& batches, const Parcel& parcel) {
  std::size_t changed = 0;
  for (std::size_t n = 0; n < parcel.readings.size(); ++n) {
    add_changes(batches, parcel, changed, n);
    const bool joins = !batches.empty() && batches.back().meter == parcel.meters[n] &&
                       batches.back().ledger == nullptr && !batches.back().readings.empty();
    if (joins) {
      auto& readings = batches.back().readings;
      readings = std::span(readings.data(), readings.size() + 1);
    } else {
      batches.push_back(
          {.meter = parcel.meters[n], .readings = std::span(parcel.readings).subspan(n, 1)});
    }
    if (last_of_quarter(parcel, n)) batches.back().ledger = &parcel.ledgers[n];
  }
  add_changes(batches, parcel, changed, parcel.readings.size());
}

void add_house(std::vector<store::Batch>& batches, const Parcel& parcel) {
  for (std::size_t n = 0; n < parcel.house.size(); ++n) {
    const bool last = n + 1 == parcel.house.size();
    if (!last && quarter(parcel.house[n]) == quarter(parcel.house[n + 1])) continue;
    batches.push_back({.meter = store::kHouse, .ledger = &parcel.house[n]});
  }
}

}  // namespace

Result<void> Writer::append(const Parcel& parcel) {
  for (; restamped_ < parcel.restamps.size(); ++restamped_) {
    FITHOME_TRY_VOID(store_.restamp(parcel.restamps[restamped_]));
  }
  batches_.clear();
  add_readings(batches_, parcel);
  add_house(batches_, parcel);
  if (batches_.empty()) {
    const auto& events = parcel.events;
    batches_.push_back({.meter = events.empty() ? store::kFirstMeter : events.front().meter});
  } else if (!batches_.back().events.empty()) {
    batches_.push_back({.meter = batches_.back().meter});
  }
  if (parcel.era) batches_.front().era = &*parcel.era;
  batches_.back().events = parcel.events;
  batches_.back().skews = parcel.skews;
  batches_.back().cursors = parcel.cursors;
  FITHOME_TRY([[maybe_unused]] const auto sequence, store_.append_all(batches_));
  hub_.count([&](api::Status& status) { status.readings += parcel.readings.size(); });
  hub_.happen(parcel.events);
  std::optional<UtcTime> first, last;
  if (!parcel.readings.empty()) {
    first = parcel.readings.front().time;
    last = parcel.readings.back().time;
    if ((parcel.readings.back().flags & kDoubtfulTime) == 0) vouched_ = last;
  }
  sync_.appended(first, last, clock_.monotonic());
  return {};
}

/// Does what there is to do, if anything; tried again, it goes on where it failed.
Result<void> Writer::write(const Parcel& parcel) {
  if (!parcel.empty() && !written_) FITHOME_TRY_VOID(append(parcel));
  written_ = true;
  if (parcel.changes.empty() && !sync_.due(clock_.monotonic())) return {};
  FITHOME_TRY_VOID(store_.sync());
  sync_.synced();
  if (const auto& error = store_.seal_error()) {
    hub_.count([](api::Status& status) { ++status.store_errors; });
    hub_.begin_fault("store_failing", error->what, kMakeRoom);
  }
  if (!parcel.changes.empty()) from_.stored(parcel.changes.size());
  return {};
}

/// False when it was given up.
bool Writer::keep(const Parcel& parcel, std::stop_token give_up) {
  written_ = false;
  restamped_ = 0;
  for (Nanoseconds retry = kFirstStoreRetry;; retry = std::min(retry * 2, kLastStoreRetry)) {
    const auto done = write(parcel);
    if (done) return true;
    hub_.count([](api::Status& status) { ++status.store_errors; });
    hub_.begin_fault("store_failing", done.error().what, kMakeRoom);
    leds_.rest(false);
    if (give_up.stop_requested() || !clock_.wait_for(retry, give_up)) {
      log_error("store: {} readings could not be stored: {}", written_ ? 0 : parcel.readings.size(),
                done.error().what);
      return false;
    }
  }
}

/// Rarely, and never on the word of a clock alone: it may have jumped.
void Writer::let_go() {
  const Monotonic now = clock_.monotonic();
  if (!keep_ || !vouched_ || (let_go_at_ && now - *let_go_at_ < kLetGoEach)) return;
  let_go_at_ = now;
  const auto gone = store_.let_go(*vouched_ - *keep_);
  if (!gone) log_warning("{}", gone.error().what);
  if (gone && *gone > 0) {
    log_info("store: {} readings older than {} days are let go; what they came to stays", *gone,
             keep_->count());
  }
}

void Writer::run(std::stop_token give_up) {
  while (!from_.closed()) {
    const Parcel parcel = from_.take(kIdle);
    if (!keep(parcel, give_up)) return;
    if (!parcel.empty() && !store_.seal_error()) hub_.end_fault("store_failing");
    let_go();
    if (!parcel.readings.empty() && leds_.stored() && !from_.busy()) {
      clock_.wait_for(kBlink, give_up);
    }
    leds_.rest(hub_.healthy());
  }
  if (const auto synced = store_.sync(); !synced) log_error("{}", synced.error().what);
}

}  // namespace fithome::app
