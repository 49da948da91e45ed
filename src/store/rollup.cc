// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "reading/aggregate.h"
#include "store/reader_impl.h"

namespace fithome::store {
namespace {

constexpr std::uint64_t kMostSteps = 100'000;

/// The start of the step that `time` lies in, counted from the epoch, before it too.
UtcTime step_start(UtcTime time, std::chrono::milliseconds step) {
  const std::int64_t into = ms(time) % step.count();
  return time - std::chrono::milliseconds(into < 0 ? into + step.count() : into);
}

Result<void> check_steps(const Bounds& bounds, std::chrono::milliseconds step) {
  const auto span = static_cast<std::uint64_t>(ms(bounds.last)) -
                    static_cast<std::uint64_t>(ms(step_start(bounds.first, step)));
  const std::uint64_t steps = span / static_cast<std::uint64_t>(step.count()) + 1;
  if (steps <= kMostSteps) return {};
  return fail(Code::invalid, fmt::format("{} steps are too many (at most {}); ask for a shorter "
                                         "time or longer steps",
                                         steps, kMostSteps));
}

/// Readings of one step after another, in order of time.
class Steps {
 public:
  Steps(std::chrono::milliseconds step, std::size_t channels) : step_(step), sums_(channels) {}

  void add(const Chunk& chunk) {
    for (std::size_t row = 0; row < chunk.size(); ++row) add_row(chunk, row);
  }
  std::vector<Rolled> finish(const std::vector<Column>& columns) {
    close(columns);
    return std::move(done_);
  }

 private:
  void add_row(const Chunk& chunk, std::size_t row) {
    const UtcTime start = step_start(chunk.time[row], step_);
    if (now_.readings == 0 || start != now_.start) {
      close(chunk.columns);
      now_.start = start;
    }
    ++now_.readings;
    now_.flags |= chunk.flags[row];
    for (std::size_t n = 0; n < sums_.size(); ++n) {
      const Column& column = chunk.columns[n];
      if (column.present[row] != 0) sums_[n].add(column.steps[row]);
    }
  }

  void close(const std::vector<Column>& columns) {
    if (now_.readings == 0) return;
    for (std::size_t n = 0; n < sums_.size(); ++n) {
      const auto value = sums_[n].in_unit(columns[n].channel);
      now_.values.push_back({value.count, value.min, value.mean, value.max});
      sums_[n] = {};
    }
    done_.push_back(std::exchange(now_, {}));
  }

  std::chrono::milliseconds step_;
  std::vector<reading::Summary> sums_;
  Rolled now_;
  std::vector<Rolled> done_;
};

}  // namespace

Result<std::vector<Rolled>> Reader::rollup(const Range& range,
                                           std::chrono::milliseconds step) const {
  if (step.count() <= 0) return fail(Code::invalid, "a roll-up's step must be longer than 0");
  FITHOME_TRY(Scan scan, this->scan(range));
  {
    FITHOME_TRY(const View view, impl_->view());
    FITHOME_TRY(const auto bounds, impl_->bounds(view, range));
    if (!bounds) return std::vector<Rolled>();
    FITHOME_TRY_VOID(check_steps(*bounds, step));
  }

  std::optional<Steps> steps;
  while (true) {
    FITHOME_TRY(const Chunk chunk, scan.next());
    if (!steps) steps.emplace(step, chunk.columns.size());
    if (chunk.size() == 0) return steps->finish(chunk.columns);
    steps->add(chunk);
  }
}

}  // namespace fithome::store
