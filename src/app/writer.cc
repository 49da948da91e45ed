// SPDX-License-Identifier: MIT
#include "app/writer.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "base/log.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kBlink = 60ms;  // as long as green stays lit
constexpr Nanoseconds kIdle = 1s;     // how often the red light is looked after
constexpr Nanoseconds kFirstRetry = 1s;
constexpr Nanoseconds kLastRetry = 30s;
constexpr auto kMark = 15min;  // the store keeps a mark of the ledger each quarter of an hour

// How many of the readings from `begin` on may go in one batch: it has one ledger, so it ends with
// its quarter of an hour, the reading at the very boundary included.
std::size_t batch_end(const Parcel& parcel, std::size_t begin) {
  const auto quarter = [&](std::size_t at) {
    return (parcel.ledgers[at].time.time_since_epoch() - 1ms) / kMark;
  };
  std::size_t end = begin;
  while (end < parcel.readings.size() && quarter(end) == quarter(begin)) ++end;
  return end;
}

}  // namespace

// A batch begins with the changes that take effect before its first reading.
Result<void> Writer::write(const Parcel& parcel) {
  do {
    std::size_t end = batch_end(parcel, written_);
    std::size_t changed = changed_;
    std::vector<store::Calibration> calibrations;
    std::vector<store::Event> events;
    store::Batch batch;
    for (; changed < parcel.changes.size(); ++changed) {
      const Change& change = parcel.changes[changed];
      if (change.before > written_) break;
      if (change.calibration) calibrations.push_back(*change.calibration);
      if (change.event) events.push_back(*change.event);
      if (change.ledger) batch.ledger = &*change.ledger;
    }
    const bool all_changed = changed == parcel.changes.size();
    if (!all_changed) end = std::min(end, parcel.changes[changed].before);
    const bool last = all_changed && end == parcel.readings.size();
    if (last) events.insert(events.end(), parcel.events.begin(), parcel.events.end());
    batch.readings = std::span(parcel.readings).subspan(written_, end - written_);
    if (end > written_) batch.ledger = &parcel.ledgers[end - 1];
    batch.events = events;
    batch.calibrations = calibrations;
    FITHOME_TRY(const auto sequence, store_.append(batch));
    (void)sequence;
    const auto stored = end - written_;
    hub_.count([&](api::Status& status) { status.readings += stored; });
    written_ = end;
    if (changed > changed_) from_.stored(changed - std::exchange(changed_, changed));
  } while (written_ < parcel.readings.size() || changed_ < parcel.changes.size());
  return {};
}

void Writer::run(std::stop_token give_up) {
  while (!from_.closed()) {
    Parcel parcel = from_.take(kIdle);
    written_ = changed_ = 0;
    Nanoseconds retry = kFirstRetry;
    while (!parcel.empty()) {
      const auto done = write(parcel);
      if (done) break;
      hub_.count([](api::Status& status) { ++status.store_errors; });
      hub_.begin_fault("store_failing", done.error().what,
                       "readings are kept in memory; make room on the disk or see the log");
      leds_.rest(false);
      if (give_up.stop_requested() || !clock_.wait_for(retry, give_up)) {
        log_error("store: {} readings could not be stored: {}", parcel.readings.size() - written_,
                  done.error().what);
        return;
      }
      retry = std::min(retry * 2, kLastRetry);
    }
    if (!parcel.empty()) hub_.end_fault("store_failing");
    if (!parcel.readings.empty() && leds_.stored() && !from_.busy()) {
      clock_.wait_for(kBlink, give_up);
    }
    leds_.rest(hub_.healthy());
  }
}

}  // namespace fithome::app
