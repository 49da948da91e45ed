// SPDX-License-Identifier: MIT
//
// Exports made for clients of the API: in the background, one at a time, kept for a while.
//
// Flow:    export_answer -> ExportJobs -> exports::run_export on a thread of its own -> a file ->
// Pull Shape:   files in DATA/.export-jobs, which is emptied at start; a job is known by the text
// it was asked
//          for with, so that asking again tells how far it is and in the end gives the file
// Errors:  transient - another one is being made, the disk is nearly full; and those of run_export
// Threads: any; the maker's thread is the least urgent of the process
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "exports/export.h"

namespace fithome::api {

/// An export that is there: it can be read on, even when its name is gone.
struct ExportFile {
  std::shared_ptr<const UniqueFd> fd;
  std::uint64_t bytes = 0;
  std::string tag;  // differs where the bytes do
};

class ExportJobs {
 public:
  static constexpr std::chrono::minutes kKept{30};
  static constexpr std::size_t kMostKept = 4;
  /// The disk is the readings' first of all.
  static constexpr std::uintmax_t kLeftFree = 256 << 20;

  explicit ExportJobs(std::filesystem::path data, std::uintmax_t left_free = kLeftFree);
  ~ExportJobs();
  ExportJobs(const ExportJobs&) = delete;
  ExportJobs& operator=(const ExportJobs&) = delete;

  struct Look {
    exports::Progress progress;      // while it is being made
    std::optional<ExportFile> file;  // once it is there
  };
  /// What became of the export called `key`; begins it where nobody asked yet. A failure is told
  /// once, then it may be asked for anew.
  Result<Look> look(const std::string& key, const exports::Request& request);

 private:
  struct Job {
    exports::Progress progress;
    std::optional<Error> failed;
    std::optional<ExportFile> file;
    std::chrono::steady_clock::time_point asked;
  };
  void make(std::stop_token stop, const std::string& key, const exports::Request& request);
  Result<ExportFile> make_file(std::stop_token stop, const std::string& key,
                               const exports::Request& request);
  void forget_old();

  std::filesystem::path data_, folder_;
  std::uintmax_t left_free_;
  std::mutex mutex_;
  std::map<std::string, Job> jobs_;  // under mutex_
  bool making_ = false;              // under mutex_
  std::uint64_t made_ = 0;           // under mutex_
  std::jthread maker_;
};

}  // namespace fithome::api
