// SPDX-License-Identifier: MIT
#include "app/writer.h"

#include <algorithm>
#include <chrono>

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

Result<void> Writer::append(const Parcel& parcel) {
  do {
    const std::size_t end = batch_end(parcel, written_);
    const bool last = end == parcel.readings.size();
    store::Batch batch;
    batch.readings = std::span(parcel.readings).subspan(written_, end - written_);
    batch.ledger = end > written_ ? &parcel.ledgers[end - 1] : nullptr;
    if (last) batch.events = parcel.events;
    FITHOME_TRY([[maybe_unused]] const auto sequence, store_.append(batch));
    const auto stored = end - written_;
    hub_.count([&](api::Status& status) { status.readings += stored; });
    written_ = end;
  } while (written_ < parcel.readings.size());
  std::optional<UtcTime> first, last;
  if (!parcel.readings.empty()) {
    first = parcel.readings.front().time;
    last = parcel.readings.back().time;
  }
  sync_.appended(first, last, clock_.monotonic());
  return {};
}

/// Does what there is to do, if anything; tried again, it goes on where it failed.
Result<void> Writer::write(const Parcel& parcel) {
  if (!parcel.empty()) FITHOME_TRY_VOID(append(parcel));
  if (!sync_.due(clock_.monotonic())) return {};
  FITHOME_TRY_VOID(store_.sync());
  sync_.synced();
  return {};
}

/// False when it was given up.
bool Writer::keep(const Parcel& parcel, std::stop_token give_up) {
  written_ = 0;
  for (Nanoseconds retry = kFirstRetry;; retry = std::min(retry * 2, kLastRetry)) {
    const auto done = write(parcel);
    if (done) return true;
    hub_.count([](api::Status& status) { ++status.store_errors; });
    hub_.begin_fault("store_failing", done.error().what,
                     "readings are kept in memory; make room on the disk or see the log");
    leds_.rest(false);
    if (give_up.stop_requested() || !clock_.wait_for(retry, give_up)) {
      log_error("store: {} readings could not be stored: {}", parcel.readings.size() - written_,
                done.error().what);
      return false;
    }
  }
}

void Writer::run(std::stop_token give_up) {
  while (!from_.closed()) {
    const Parcel parcel = from_.take(kIdle);
    if (!keep(parcel, give_up)) return;
    if (!parcel.empty()) hub_.end_fault("store_failing");
    if (!parcel.readings.empty() && leds_.stored() && !from_.busy()) {
      clock_.wait_for(kBlink, give_up);
    }
    leds_.rest(hub_.healthy());
  }
  if (const auto synced = store_.sync(); !synced) log_error("{}", synced.error().what);
}

}  // namespace fithome::app
