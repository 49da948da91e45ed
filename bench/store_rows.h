// SPDX-License-Identifier: MIT
//
// The readings of bench/store as rows of SQLite: scaled integers with the time as primary key and
// the counter of imported energy beside them, WAL, synchronous=FULL.
//
// Errors:  end the program, with what SQLite says
// Threads: one
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "reading/reading.h"

namespace fithome::bench {

class Rows {
 public:
  /// A commit each `at_once` readings.
  Rows(const std::filesystem::path& file, std::int64_t at_once);
  ~Rows();
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  void keep(const reading::Reading& reading, std::int64_t imported_nwh);
  /// Commits what waits.
  void settle();

  /// All rows of the answer are gone through, each number looked at.
  void ask(const std::string& sql);
  /// The counter as it was at each of `count` instants, from `end_ms` on backwards.
  void ask_counters(std::int64_t end_ms, std::int64_t step_ms, std::int64_t count);

 private:
  void run(const std::string& sql);
  sqlite3_stmt* prepare(const std::string& sql);
  void expect(bool well);

  sqlite3* db_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  std::int64_t at_once_, number_ = 0;
};

}  // namespace fithome::bench
