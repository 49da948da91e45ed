// SPDX-License-Identifier: MIT
#include "bench/store_rows.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace fithome::bench {
Rows::Rows(const std::filesystem::path& file, std::int64_t at_once) : at_once_(at_once) {
  expect(sqlite3_open(file.c_str(), &db_) == SQLITE_OK);
  std::string columns, marks = "?, ?, ?";
  for (const auto& channel : reading::kChannels) {
    columns += fmt::format(", {} INTEGER", channel.name);
    marks += ", ?";
  }
  run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE IF NOT EXISTS "
      "reading(time_ms INTEGER"
      " PRIMARY KEY, flags INTEGER, imported_nwh INTEGER" +
      columns + ") STRICT");
  insert_ = prepare("INSERT INTO reading VALUES(" + marks + ")");
}

Rows::~Rows() {
  sqlite3_finalize(insert_);
  sqlite3_close(db_);
}

void Rows::keep(const reading::Reading& reading, std::int64_t imported_nwh) {
  if (number_ % at_once_ == 0) run("BEGIN");
  sqlite3_bind_int64(insert_, 1, reading.time.time_since_epoch().count());
  sqlite3_bind_int64(insert_, 2, reading.flags);
  sqlite3_bind_int64(insert_, 3, imported_nwh);
  for (std::size_t id = 0; id < reading.steps.size(); ++id) {
    const auto& steps = reading.steps[id];
    const int at = static_cast<int>(id) + 4;
    if (steps)
      sqlite3_bind_int64(insert_, at, *steps);
    else
      sqlite3_bind_null(insert_, at);
  }
  expect(sqlite3_step(insert_) == SQLITE_DONE);
  sqlite3_reset(insert_);
  if (++number_ % at_once_ == 0) run("COMMIT");
}

void Rows::settle() {
  if (number_ % at_once_ != 0) run("COMMIT");
}

void Rows::ask(const std::string& sql) {
  sqlite3_stmt* statement = prepare(sql);
  double sum = 0;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    for (int n = 0; n < sqlite3_column_count(statement); ++n)
      sum += sqlite3_column_double(statement, n);
  }
  sqlite3_finalize(statement);
  if (sum == 0.123) std::puts("");
}

void Rows::ask_counters(std::int64_t end_ms, std::int64_t step_ms, std::int64_t count) {
  sqlite3_stmt* statement =
      prepare("SELECT imported_nwh FROM reading WHERE time_ms <= ? ORDER BY time_ms DESC LIMIT 1");
  for (std::int64_t n = 0; n < count; ++n) {
    sqlite3_bind_int64(statement, 1, end_ms - n * step_ms);
    const int code = sqlite3_step(statement);
    expect(code == SQLITE_ROW || code == SQLITE_DONE);
    sqlite3_reset(statement);
  }
  sqlite3_finalize(statement);
}

void Rows::run(const std::string& sql) {
  expect(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
}

sqlite3_stmt* Rows::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  expect(sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
  return statement;
}

void Rows::expect(bool well) {
  if (well) return;
  std::fprintf(stderr, "rows: %s\n", sqlite3_errmsg(db_));
  std::exit(1);
}

}  // namespace fithome::bench
