// SPDX-License-Identifier: MIT
#include "imports/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

namespace fithome::imports {
namespace {

constexpr std::size_t kAtOnce = 1000;

/// What the store holds of a day.
struct Held {
  std::size_t measured = 0;
  std::optional<UtcTime> last_imported = {};
  std::size_t of_that_instant = 0;
};

Result<Held> held(const store::Reader& reader, store::MeterId meter, UtcTime from, UtcTime to) {
  const std::vector<reading::ChannelId> one{reading::ChannelId{0}};
  FITHOME_TRY(auto scan, reader.scan({.meter = meter, .from = from, .to = to, .channels = one}));
  Held found;
  while (true) {
    FITHOME_TRY(const store::Chunk chunk, scan.next());
    if (chunk.size() == 0) return found;
    for (std::size_t row = 0; row < chunk.size(); ++row) {
      if ((chunk.flags[row] & bit(reading::Flag::imported)) == 0) {
        ++found.measured;
        continue;
      }
      const bool same = found.last_imported == chunk.time[row];
      found.last_imported = chunk.time[row];
      found.of_that_instant = same ? found.of_that_instant + 1 : 1;
    }
  }
}

/// How many of a day's readings, in order of time, are there. A day goes in at once and a source
/// says the same again, so they are its first ones.
std::size_t known_of(const std::vector<reading::Reading>& day, const Held& has) {
  if (!has.last_imported) return 0;
  const auto at = std::ranges::equal_range(day, *has.last_imported, {}, &reading::Reading::time);
  const auto before = static_cast<std::size_t>(at.begin() - day.begin());
  return before + std::min<std::size_t>(at.size(), has.of_that_instant);
}

/// Those of one instant stay as they came.
void in_order_of_time(std::vector<reading::Reading>& day) {
  if (std::ranges::is_sorted(day, {}, &reading::Reading::time)) return;
  std::vector<std::size_t> order(day.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](std::size_t n) { return std::pair(day[n].time, n); });
  std::vector<reading::Reading> sorted;
  sorted.reserve(day.size());
  for (const std::size_t n : order) sorted.push_back(day[n]);
  day = std::move(sorted);
}

class Days {
 public:
  Days(store::Store& store, const store::Reader& reader, store::MeterId meter)
      : store_(store), reader_(reader), meter_(meter) {}

  Result<void> add(const reading::Reading& reading);
  /// Of what was added.
  Result<void> keep_day();
  Imported& found() { return found_; }

 private:
  store::Store& store_;
  const store::Reader& reader_;
  store::MeterId meter_;
  std::vector<reading::Reading> day_;
  UtcTime midnight_{};  // at which day_ begins, local
  UtcTime next_{};      // and ends
  Imported found_;
};

Result<void> Days::add(const reading::Reading& reading) {
  if (day_.empty() || reading.time >= next_) {
    FITHOME_TRY_VOID(keep_day());
    midnight_ = local_midnight(reading.time);
    next_ = local_midnight(midnight_ + std::chrono::hours(26));  // a day has 23 to 25
  }
  day_.push_back(reading);
  day_.back().flags |= bit(reading::Flag::imported);
  return {};
}

Result<void> Days::keep_day() {
  if (day_.empty()) return {};
  in_order_of_time(day_);
  FITHOME_TRY(const Held has, held(reader_, meter_, midnight_, next_));
  if (has.measured > 0) {
    found_.both.push_back(midnight_);
    day_.clear();
    return {};
  }
  const std::size_t known = known_of(day_, has);
  const auto fresh = std::span(day_).subspan(known);
  if (!fresh.empty()) {
    FITHOME_TRY([[maybe_unused]] const auto last,
                store_.append({.meter = meter_, .readings = fresh}));
  }
  found_.there += known;
  found_.brought += fresh.size();
  day_.clear();
  return {};
}

// What stands before a value that makes no sense is good. Where nobody answers, though, a day may
// yet come whole.
Failure broken_off(Error error, Days& days, store::Store& store) {
  if (error.code != Code::transient) {
    auto kept = days.keep_day();
    if (kept) kept = store.sync();
    if (!kept) return Failure(std::move(kept).error());
  }
  error.what +=
      fmt::format("; {} readings were brought in before that: import again, and it goes on",
                  days.found().brought);
  return Failure(std::move(error));
}

/// Hands out again what was read to look at it.
class LookedInto final : public Source {
 public:
  LookedInto(std::vector<reading::Reading> first, std::unique_ptr<Source> source)
      : first_(std::move(first)), source_(std::move(source)) {}

  Result<std::vector<reading::Reading>> next(std::size_t most) override {
    if (first_.empty()) return source_->next(most);
    const auto end = first_.begin() + static_cast<std::ptrdiff_t>(std::min(most, first_.size()));
    std::vector<reading::Reading> some(first_.begin(), end);
    first_.erase(first_.begin(), end);
    return some;
  }
  double done() const override { return source_->done(); }
  std::string left_out() const override { return source_->left_out(); }

 private:
  std::vector<reading::Reading> first_;
  std::unique_ptr<Source> source_;
};

}  // namespace

Result<std::unique_ptr<Source>> look_into(std::unique_ptr<Source> source) {
  std::vector<reading::Reading> first;
  while (first.size() < kAtOnce) {
    const auto some = source->next(kAtOnce - first.size());
    if (!some) {
      Error error = some.error();
      error.what += "; nothing was changed";
      return Failure(std::move(error));
    }
    if (some->empty()) break;
    first.insert(first.end(), some->begin(), some->end());
  }
  if (first.empty()) return fail(Code::not_found, "there is no reading in it; nothing was changed");
  return std::unique_ptr<Source>(std::make_unique<LookedInto>(std::move(first), std::move(source)));
}

Result<Imported> import_readings(Source& source, store::Store& store, const store::Reader& reader,
                                 store::MeterId meter, const Watch& watch) {
  Days days(store, reader, meter);
  Progress progress;
  while (true) {
    auto some = source.next(kAtOnce);
    if (!some) return broken_off(std::move(some).error(), days, store);
    if (some->empty()) break;
    for (const reading::Reading& reading : *some) FITHOME_TRY_VOID(days.add(reading));
    progress.readings += some->size();
    progress.done = source.done();
    watch(progress);
  }
  FITHOME_TRY_VOID(days.keep_day());
  FITHOME_TRY_VOID(store.sync());
  days.found().left_out = source.left_out();
  return std::move(days.found());
}

}  // namespace fithome::imports
