// SPDX-License-Identifier: MIT
#include "app/errands.h"

#include <algorithm>
#include <utility>

namespace fithome::app {

Result<void> Errands::run(Work work, std::stop_token stop, Terms terms) {
  const auto job = std::make_shared<Job>(std::move(work), terms.takes, terms.meter);
  std::stop_source wake{std::nostopstate};
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(job);
    wake = wake_;
  }
  wake.request_stop();  // not under the lock: it calls back

  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, terms.patience, [&] { return job->stage != Stage::waiting; });
  if (withdraw(job)) {
    return fail(Code::transient,
                stop.stop_requested()
                    ? "stopped before the meter could be asked"
                    : "the meter could not be asked: the sampler is held up by something else; try "
                      "again, and see fithome status");
  }
  changed_.wait(lock, [&] { return job->stage == Stage::done; });
  return {};
}

// Under the lock. False where it has been begun.
bool Errands::withdraw(const std::shared_ptr<Job>& job) {
  if (job->stage != Stage::waiting) return false;
  std::erase(waiting_, job);
  return true;
}

std::shared_ptr<Errands::Job> Errands::next(Nanoseconds time_left, bool whatever_it_takes) {
  const std::lock_guard lock(mutex_);
  const auto fits = std::ranges::find_if(
      waiting_, [&](const auto& job) { return whatever_it_takes || job->takes <= time_left; });
  if (fits == waiting_.end()) return nullptr;
  const std::shared_ptr<Job> job = *fits;
  waiting_.erase(fits);
  job->stage = Stage::under_way;
  return job;
}

bool Errands::do_next(Nanoseconds time_left, bool whatever_it_takes, std::span<Bench> benches) {
  const auto job = next(time_left, whatever_it_takes);
  if (!job) return false;
  FITHOME_CHECK(job->meter < benches.size(), "an errand for a meter that is not there");
  job->work(benches[job->meter]);
  job->work = nullptr;  // with all it refers to, before its caller goes on
  {
    const std::lock_guard lock(mutex_);
    job->stage = Stage::done;
  }
  changed_.notify_all();
  return true;
}

bool Errands::serve_until(Monotonic deadline, Clock& clock, std::span<Bench> benches,
                          std::stop_token stop) {
  const bool free = clock.free_running();
  bool first = true;  // right behind a poll
  while (!stop.stop_requested()) {
    const std::stop_source wake;
    {
      const std::lock_guard lock(mutex_);
      wake_ = wake;
    }
    // What came before is seen here, what comes later ends the wait.
    while (!stop.stop_requested() &&
           do_next(deadline - clock.monotonic(), free || std::exchange(first, false), benches)) {
    }
    const std::stop_callback on_stop(stop, [wake]() mutable { wake.request_stop(); });
    if (clock.wait_until(deadline, wake.get_token())) return true;
    if (clock.monotonic() >= deadline) return !stop.stop_requested();
  }
  return false;
}

}  // namespace fithome::app
