// SPDX-License-Identifier: MIT
#include "store/sqlite.h"

#include <fmt/format.h>

#include <system_error>

namespace fithome::store {
namespace {

constexpr int kBusyMs = 2000;  // only a foreign tool, or a recovery, ever makes us wait

Code code_of(int sqlite) {
  switch (sqlite & 0xff) {
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Code::invalid;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // our SQL does not fit the tables found
    case SQLITE_SCHEMA:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return Code::corrupt;
    default:  // FULL, IOERR, BUSY, LOCKED, NOMEM, ...
      return Code::transient;
  }
}

Failure failure(sqlite3* db, int sqlite) {
  std::string what = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(sqlite);
  const int os = db != nullptr ? sqlite3_system_errno(db) : 0;
  if ((sqlite & 0xff) == SQLITE_FULL) what = "the disk is full; make some room";
  if ((sqlite & 0xff) == SQLITE_IOERR && os != 0) {
    what += ": " + std::generic_category().message(os);
  }
  return fail(code_of(sqlite), std::move(what), os);
}

/// "file:/data/a%3Fb?immutable=1".
std::string immutable_uri(const std::filesystem::path& file) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(file).string()) {
    const bool plain = c != '%' && c != '?' && c != '#';
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", c);
  }
  return uri + "?immutable=1";
}

}  // namespace

Result<bool> Rows::next() {
  const int code = error_ == SQLITE_OK ? sqlite3_step(statement_) : error_;
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failure(sqlite3_db_handle(statement_), code);
}

std::string Rows::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return bytes != nullptr ? std::string(bytes, size) : std::string();
}

std::vector<std::byte> Rows::blob(int column) const {
  const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return bytes != nullptr ? std::vector(bytes, bytes + size) : std::vector<std::byte>();
}

Statement& Statement::bind(std::string_view text) {
  return note(sqlite3_bind_text64(statement_.get(), next_, text.data(), text.size(),
                                  SQLITE_TRANSIENT, SQLITE_UTF8));
}

Statement& Statement::bind(std::span<const std::byte> blob) {
  return note(
      sqlite3_bind_blob64(statement_.get(), next_, blob.data(), blob.size(), SQLITE_TRANSIENT));
}

Statement& Statement::note(int code) {
  if (error_ == SQLITE_OK) error_ = code;
  ++next_;
  return *this;
}

Rows Statement::rows() {
  next_ = 1;
  return Rows(statement_.get(), std::exchange(error_, SQLITE_OK));
}

Result<void> Statement::run() {
  Rows all = rows();
  FITHOME_TRY([[maybe_unused]] const bool row, all.next());
  return {};
}

Result<Database> Database::open(const std::filesystem::path& file, Access access) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |=
      access == Access::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  std::string name = file.string();
  if (access == Access::immutable) {
    flags |= SQLITE_OPEN_URI;
    name = immutable_uri(file);
  }
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  Database db(handle);
  if (code != SQLITE_OK) return failure(handle, code);
  sqlite3_busy_timeout(handle, kBusyMs);
  return db;
}

Result<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return failure(db_.get(), code);
  return Statement(statement);
}

Result<void> Database::execute(const std::string& sql) const {
  const int code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(db_.get(), code);
  return {};
}

Result<std::int64_t> Database::integer(std::string_view sql) const {
  FITHOME_TRY(Statement statement, prepare(sql));
  Rows rows = statement.rows();
  FITHOME_TRY(const bool row, rows.next());
  if (!row) return fail(Code::corrupt, fmt::format("nothing answers \"{}\"", sql));
  return rows.integer(0);
}

Result<std::string> Database::text(std::string_view sql) const {
  FITHOME_TRY(Statement statement, prepare(sql));
  Rows rows = statement.rows();
  FITHOME_TRY(const bool row, rows.next());
  if (!row) return fail(Code::corrupt, fmt::format("nothing answers \"{}\"", sql));
  return rows.text(0);
}

Result<void> Blob::read(std::span<std::byte> into, std::size_t offset) const {
  const int code = sqlite3_blob_read(blob_.get(), into.data(), static_cast<int>(into.size()),
                                     static_cast<int>(offset));
  if (code != SQLITE_OK) return failure(nullptr, code);
  return {};
}

Result<Blob> Database::blob(const char* table, const char* column, std::int64_t row) const {
  sqlite3_blob* handle = nullptr;
  const int code = sqlite3_blob_open(db_.get(), "main", table, column, row, 0, &handle);
  if (code != SQLITE_OK) return failure(db_.get(), code);
  return Blob(handle);
}

void Database::checkpoint_on_close(bool wanted) const {
  sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, wanted ? 0 : 1, nullptr);
}

}  // namespace fithome::store
