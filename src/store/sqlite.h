// SPDX-License-Identifier: MIT
//
// SQLite with owners and Results: a connection, a prepared statement, the rows of one run of it.
//
// Use:     FITHOME_TRY(auto insert, db.prepare("INSERT INTO t VALUES(?, ?)"));
//          FITHOME_TRY_VOID(insert.bind(1).bind("one").run());
// Errors:  transient - disk full, I/O error, busy;  corrupt - damaged, or not SQLite's;
//          invalid - may not be opened or written. The text is SQLite's own.
// Threads: a connection and its statements belong to one thread
// Note:    never open the database file by other means in the process: closing such a descriptor
//          drops all the POSIX locks SQLite holds on it.
#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace fithome::store {

/// The rows of one run of a statement; the run ends with it.
class Rows {
 public:
  explicit Rows(sqlite3_stmt* statement, int error) : statement_(statement), error_(error) {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows() { sqlite3_reset(statement_); }

  /// Goes to the next row; false at the end.
  Result<bool> next();

  bool null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::int32_t integer32(int column) const { return sqlite3_column_int(statement_, column); }
  int columns() const { return sqlite3_column_count(statement_); }
  std::string text(int column) const;
  /// Empty where it is NULL.
  std::vector<std::byte> blob(int column) const;

 private:
  friend class Statement;
  sqlite3_stmt* statement_;
  int error_;
};

class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  /// Binds the next parameter; what went wrong is told by the run.
  Statement& bind(std::int64_t value) {
    return note(sqlite3_bind_int64(statement_.get(), next_, value));
  }
  Statement& bind(std::integral auto value) { return bind(static_cast<std::int64_t>(value)); }
  Statement& bind(std::string_view text);
  Statement& bind(std::span<const std::byte> blob);
  /// As it stands in a row of another statement.
  Statement& bind(const Rows& row, int column) {
    return note(
        sqlite3_bind_value(statement_.get(), next_, sqlite3_column_value(row.statement_, column)));
  }
  template <std::integral T>
  Statement& bind(std::optional<T> value) {
    return value ? bind(*value) : note(sqlite3_bind_null(statement_.get(), next_));
  }

  Rows rows();
  /// For a statement without rows.
  Result<void> run();

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Statement& note(int code);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int next_ = 1;
  int error_ = SQLITE_OK;
};

/// The bytes of one value, read in parts.
class Blob {
 public:
  explicit Blob(sqlite3_blob* blob) : blob_(blob) {}
  std::size_t size() const { return static_cast<std::size_t>(sqlite3_blob_bytes(blob_.get())); }
  /// As many as there is room for, from `offset` on; they must be there.
  Result<void> read(std::span<std::byte> into, std::size_t offset) const;

 private:
  struct Close {
    void operator()(sqlite3_blob* blob) const { sqlite3_blob_close(blob); }
  };
  std::unique_ptr<sqlite3_blob, Close> blob_;
};

enum class Access {
  write,      // made where there is none
  read,       // writes nothing but the journal's index beside the file
  immutable,  // from a medium that cannot be written; nobody else may write it either
};

class Database {
 public:
  static Result<Database> open(const std::filesystem::path& file, Access access);

  Result<Statement> prepare(std::string_view sql) const;
  /// Statements separated by semicolons; their rows are ignored.
  Result<void> execute(const std::string& sql) const;
  /// The first column of the one row there must be.
  Result<std::int64_t> integer(std::string_view sql) const;
  Result<std::string> text(std::string_view sql) const;

  /// The column's value in the row of that rowid.
  Result<Blob> blob(const char* table, const char* column, std::int64_t row) const;

  /// False where only reading is permitted, whatever was asked for.
  bool writable() const { return sqlite3_db_readonly(db_.get(), "main") == 0; }
  bool in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }
  /// Whether the last one to close moves the journal into the file; it does unless told.
  void checkpoint_on_close(bool wanted) const;

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  explicit Database(sqlite3* db) : db_(db) {}

  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace fithome::store
