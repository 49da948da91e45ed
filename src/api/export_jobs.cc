// SPDX-License-Identifier: MIT
#include "api/export_jobs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/thread.h"

namespace fithome::api {
namespace {

constexpr int kLeastUrgent = 19;

bool nearly_full(const std::filesystem::path& folder, std::uintmax_t left_free) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  return !error && space.available < left_free;
}

Failure no_room(std::uintmax_t left_free) {
  return fail(
      Code::transient,
      fmt::format("less than {} MB are free on the disk, which readings need; free some, or "
                  "export on another machine with /api/v1/readings",
                  left_free >> 20));
}

}  // namespace

ExportJobs::ExportJobs(std::filesystem::path data, std::uintmax_t left_free)
    : data_(std::move(data)), folder_(data_ / ".export-jobs"), left_free_(left_free) {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

ExportJobs::~ExportJobs() {
  maker_ = {};  // asks it to stop, and waits
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void ExportJobs::forget_old() {
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(jobs_, [now](const auto& entry) {
    return entry.second.file && now - entry.second.asked > kKept;
  });
  while (jobs_.size() >= kMostKept) {
    const auto oldest =
        std::ranges::min_element(jobs_, {}, [](const auto& entry) { return entry.second.asked; });
    jobs_.erase(oldest);
  }
}

Result<ExportJobs::Look> ExportJobs::look(const std::string& key, const exports::Request& request) {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (const auto known = jobs_.find(key);
      known != jobs_.end() && !(known->second.file && now - known->second.asked > kKept)) {
    Job& job = known->second;
    job.asked = now;
    if (!job.failed) return Look{job.progress, job.file};
    Error failed = *std::move(job.failed);
    jobs_.erase(known);
    return Failure(std::move(failed));
  }
  if (making_) return fail(Code::transient, "another export is being made; ask again in a while");
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (nearly_full(data_, left_free_)) return no_room(left_free_);
  forget_old();
  jobs_[key] = {.progress = {}, .failed = {}, .file = {}, .asked = now};
  making_ = true;
  if (maker_.joinable()) maker_.join();  // it has said that it is done
  maker_ = std::jthread([this, key, request](std::stop_token stop) { make(stop, key, request); });
  return Look{};
}

void ExportJobs::make(std::stop_token stop, const std::string& key,
                      const exports::Request& request) {
  nice_this_thread(kLeastUrgent);
  auto file = make_file(stop, key, request);
  const std::lock_guard lock(mutex_);
  making_ = false;
  Job& job = jobs_[key];
  if (file) {
    job.file = *std::move(file);
  } else {
    job.failed = std::move(file).error();
  }
}

// The name is gone as soon as the file is open: nothing is left behind, whatever ends us.
Result<ExportFile> ExportJobs::make_file(std::stop_token stop, const std::string& key,
                                         const exports::Request& request) {
  FITHOME_TRY(const auto reader, store::Reader::open(data_));
  const auto path = folder_ / "export";
  bool full = false;
  const auto made = run_export(reader, request, path, [&](const exports::Progress& progress) {
    full = nearly_full(data_, left_free_);
    const std::lock_guard lock(mutex_);
    jobs_[key].progress = progress;
    return !full && !stop.stop_requested();
  });
  if (full) return no_room(left_free_);
  if (!made) return Failure(made.error());
  auto fd = std::make_shared<const UniqueFd>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!*fd) return os_failure(Code::transient, fmt::format("open {}", path.string()), errno);
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  const std::lock_guard lock(mutex_);
  return ExportFile{std::move(fd), made->bytes,
                    fmt::format("\"export-{}-{}-{}\"", ::getpid(), ++made_, made->bytes)};
}

}  // namespace fithome::api
