// SPDX-License-Identifier: MIT
//
// What is done to a store while no daemon writes there.
#include <array>
#include <string_view>
#include <system_error>

#include "store/lock.h"
#include "store/rollup_table.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/store.h"

namespace fithome::store {

Result<void> check_free(const std::filesystem::path& directory) {
  FITHOME_TRY_VOID(Lock::take(std::filesystem::absolute(directory)));
  return {};
}

Result<void> move_aside(const std::filesystem::path& directory, const std::filesystem::path& to) {
  constexpr std::array<std::string_view, 5> kFiles{"readings.db", "readings.db-wal",
                                                   "readings.db-shm", "journal", "heartbeat"};
  std::error_code error;
  if (!std::filesystem::create_directory(to, error) && !error) {
    error = std::make_error_code(std::errc::file_exists);
  }
  if (!error) FITHOME_TRY_VOID(sync_directory(directory));  // what is moved has somewhere to be
  for (const std::string_view name : kFiles) {
    const bool there = !error && std::filesystem::exists(directory / name, error);
    if (there) std::filesystem::rename(directory / name, to / name, error);
  }
  if (error) {
    return os_failure(Code::invalid, "move the old store to " + to.string(), error.value());
  }
  FITHOME_TRY_VOID(sync_directory(to));
  return sync_directory(directory);
}

Result<void> compact(const std::filesystem::path& directory) {
  const std::filesystem::path whole = std::filesystem::absolute(directory);
  const std::filesystem::path file = whole / kFileName;
  FITHOME_TRY_VOID(Reader::open(whole));
  FITHOME_TRY(const Lock lock, Lock::take(whole));
  FITHOME_TRY(const Database db, Database::open(file, Access::write));
  auto done = db.execute("PRAGMA synchronous = FULL; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  if (!done) return Failure(explain(std::move(done).error(), file));
  return {};
}

Result<Rebuilt> rebuild(const std::filesystem::path& directory, const Went& went) {
  const std::filesystem::path whole = std::filesystem::absolute(directory);
  const std::filesystem::path file = whole / kFileName;
  FITHOME_TRY_VOID(Reader::open(whole));
  FITHOME_TRY(const Lock lock, Lock::take(whole));
  FITHOME_TRY(const Database db, Database::open(file, Access::write));
  FITHOME_TRY_VOID(db.execute("PRAGMA synchronous = FULL; BEGIN IMMEDIATE"));
  auto done = rebuild_all(db, went);
  if (done) {
    if (auto committed = db.execute("COMMIT"); !committed) {
      done = Failure(std::move(committed).error());
    }
  }
  if (!done) {
    if (db.in_transaction()) (void)db.execute("ROLLBACK");
    return Failure(explain(std::move(done).error(), file));
  }
  return done;
}

}  // namespace fithome::store
