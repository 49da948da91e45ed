// SPDX-License-Identifier: MIT
#include "store/schema.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <cerrno>
#include <type_traits>

#include "base/log.h"
#include "store/rollup_table.h"
#include "store/rows_to_blocks.h"
#include "store/stamp.h"

namespace fithome::store {
namespace {

constexpr std::string_view kCorrected = "corrected_";

std::string create_ledger(std::string_view table, std::string_view key) {
  std::string sql =
      fmt::format("CREATE TABLE {}(meter INTEGER NOT NULL, time_ms INTEGER NOT NULL", table);
  const reading::Ledger ledger;
  each_number(ledger, [&](std::string_view kind, auto place, auto unit, auto) {
    if (kind.starts_with(kCorrected)) return;  // came with format 2
    sql += fmt::format(", {}_{}_{} INTEGER NOT NULL", kind, place, unit);
  });
  return sql + fmt::format(", PRIMARY KEY({})) STRICT, WITHOUT ROWID;", key);
}

constexpr std::string_view kSmallTables =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE meter(id INTEGER PRIMARY KEY, name TEXT) STRICT;"
    "CREATE TABLE channel(meter INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL,"
    " line TEXT, unit TEXT NOT NULL, decimals INTEGER NOT NULL,"
    " PRIMARY KEY(meter, id)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE event(meter INTEGER NOT NULL, kind TEXT NOT NULL, begin_ms INTEGER NOT NULL,"
    " end_ms INTEGER, cause TEXT NOT NULL,"
    " PRIMARY KEY(meter, kind, begin_ms)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE cursor(name TEXT PRIMARY KEY, taken INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

constexpr std::string_view kCalibration =
    "CREATE TABLE calibration(id INTEGER PRIMARY KEY, meter INTEGER NOT NULL,"
    " first_sequence INTEGER NOT NULL, time_ms INTEGER NOT NULL, kind TEXT NOT NULL, line TEXT,"
    " reference TEXT, before TEXT NOT NULL, after TEXT NOT NULL, configured TEXT NOT NULL,"
    " error_ppm INTEGER, note TEXT, undone_by INTEGER) STRICT;";

std::string add_corrections() {
  std::string sql;
  for (const std::string_view table : {"ledger", "ledger_mark"}) {
    const reading::Ledger ledger;
    each_number(ledger, [&](std::string_view kind, auto place, auto unit, auto) {
      if (!kind.starts_with(kCorrected)) return;
      sql += fmt::format("ALTER TABLE {} ADD COLUMN {}_{}_{} INTEGER NOT NULL DEFAULT 0;", table,
                         kind, place, unit);
    });
  }
  return sql;
}

Result<State> inspect_header(const Database& db) {
  FITHOME_TRY(const std::int64_t version, db.integer("PRAGMA user_version"));
  FITHOME_TRY(const std::int64_t application, db.integer("PRAGMA application_id"));
  FITHOME_TRY(const std::int64_t tables, db.integer("SELECT count(*) FROM sqlite_schema"));
  if (version == 0 && application == 0 && tables == 0) return State::empty;
  if (application != kApplicationId || version < 1) {
    return fail(Code::corrupt, "a database, but none of fithome's");
  }
  if (version > kFormat) {
    return fail(Code::unsupported,
                fmt::format("written by a newer fithome (format {}, this one knows {}); "
                            "update fithome, nothing was changed",
                            version, kFormat));
  }
  return version < kFormat ? State::older : State::ready;
}

// What each format added to the one before, from format 2 on; a new store runs through them all.
std::string added_in_2() {
  // An event of each line may begin at the same instant, so the channel belongs to the key.
  return "ALTER TABLE event RENAME TO event_1;"
         "CREATE TABLE event(meter INTEGER NOT NULL, kind TEXT NOT NULL, begin_ms INTEGER NOT NULL,"
         " end_ms INTEGER, cause TEXT NOT NULL, reason TEXT NOT NULL, channel TEXT NOT NULL,"
         " worst INTEGER, PRIMARY KEY(meter, kind, begin_ms, channel)) STRICT, WITHOUT ROWID;"
         "INSERT INTO event SELECT meter, kind, begin_ms, end_ms, cause, '', '', NULL FROM event_1;"
         "DROP TABLE event_1;" +
         std::string(kCalibration) + add_corrections() +
         "CREATE TABLE skew(quarter INTEGER PRIMARY KEY, worst_us INTEGER NOT NULL,"
         " ticks INTEGER NOT NULL) STRICT;";
}

// Numbers count all meters' readings, so a meter's have holes; `id` is for reading blobs in parts.
constexpr std::string_view kAddedIn3 =
    "CREATE TABLE block(id INTEGER PRIMARY KEY, meter INTEGER NOT NULL,"
    " first_sequence INTEGER NOT NULL, last_sequence INTEGER NOT NULL,"
    " first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, count INTEGER NOT NULL,"
    " data BLOB NOT NULL, UNIQUE(meter, first_sequence)) STRICT;"
    "CREATE INDEX block_by_time ON block(meter, first_ms, last_ms, last_sequence);"
    "CREATE TABLE journal(generation INTEGER NOT NULL, sequence INTEGER NOT NULL,"
    " number INTEGER NOT NULL, record BLOB) STRICT;"
    "INSERT INTO journal VALUES(0, 0, 0, NULL);";

// `hour` and `day` are for people: names, units and times in place of steps and milliseconds.
std::string added_in_4() {
  std::string sql =
      "CREATE TABLE minutes(block INTEGER PRIMARY KEY, meter INTEGER NOT NULL,"
      " first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, data BLOB NOT NULL) STRICT;"
      "CREATE INDEX minutes_by_time ON minutes(meter, first_ms, last_ms);";
  for (const std::string_view step : {"hour", "day"}) {
    sql += fmt::format(
        "CREATE TABLE rollup_{0}(meter INTEGER NOT NULL, start_ms INTEGER NOT NULL,"
        " readings INTEGER NOT NULL, flags INTEGER NOT NULL,"
        " PRIMARY KEY(meter, start_ms)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE rollup_{0}_value(meter INTEGER NOT NULL, channel TEXT NOT NULL,"
        " start_ms INTEGER NOT NULL, count INTEGER NOT NULL, min INTEGER NOT NULL,"
        " sum INTEGER NOT NULL, max INTEGER NOT NULL,"
        " PRIMARY KEY(meter, channel, start_ms)) STRICT, WITHOUT ROWID;"
        "CREATE VIEW {0} AS SELECT meter, strftime('%Y-%m-%dT%H:%M:%SZ', start_ms / 1000,"
        " 'unixepoch') AS start, channel, unit, count, min / pow10 AS min,"
        " sum * 1.0 / count / pow10 AS mean, max / pow10 AS max"
        " FROM rollup_{0}_value JOIN (SELECT meter, name AS channel, unit,"
        " CAST('1e' || decimals AS REAL) AS pow10 FROM channel) USING(meter, channel);",
        step);
  }
  return sql;
}

std::string added_since(std::int64_t format) {
  std::string sql;
  if (format < 2) sql += added_in_2();
  if (format < 3) sql += kAddedIn3;
  if (format < 4) sql += added_in_4();
  return sql;
}

Result<void> add_rollups(const Database& db) {
  log_info("store: minutes, hours and days are made of all readings, once; wait");
  FITHOME_TRY(const Rebuilt made, rebuild_all(db, [](double) { return true; }));
  for (const std::string& bad : made.bad) log_warning("store: no roll-ups of {}", bad);
  return {};
}

Result<void> bring_along_from(const Database& db, std::int64_t format) {
  FITHOME_TRY_VOID(db.execute(added_since(format)));
  if (format < 3) FITHOME_TRY_VOID(rows_to_blocks(db));
  if (format == 3) FITHOME_TRY_VOID(add_rollups(db));
  return db.execute(fmt::format("PRAGMA user_version = {}; COMMIT", kFormat));
}

}  // namespace

Error explain(Error error, const std::filesystem::path& file) {
  if (error.code == Code::corrupt) {
    error.what = fmt::format(
        "damaged ({}); move it away and start again, and try "
        "\"sqlite3 {} .recover\" for what it holds",
        error.what, file.filename().string());
  }
  error.what = fmt::format("{}: {}", file.string(), error.what);
  return error;
}

Result<State> inspect(const Database& db, const std::filesystem::path& file) {
  auto state = inspect_header(db);
  if (!state) return Failure(explain(std::move(state).error(), file));
  return state;
}

Result<void> create(const Database& db) {
  FITHOME_TRY(const std::string site, make_uuid());
  return db.execute(fmt::format(
      "BEGIN IMMEDIATE; {} {} {} {}"
      "INSERT INTO meta VALUES('site', '{}'), ('created_ms', CAST(unixepoch() * 1000 AS TEXT));"
      "PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT",
      kSmallTables, create_ledger("ledger", "meter"),
      create_ledger("ledger_mark", "meter, time_ms"), added_since(1), site, kApplicationId,
      kFormat));
}

Result<void> bring_along(const Database& db) {
  FITHOME_TRY(const std::int64_t format, db.integer("PRAGMA user_version"));
  FITHOME_TRY_VOID(db.execute("BEGIN IMMEDIATE"));
  auto done = bring_along_from(db, format);
  if (!done && db.in_transaction()) (void)db.execute("ROLLBACK");
  return done;
}

Result<void> check_tables(const Database& db) {
  for (const std::string_view table :
       {"meta", "meter", "channel", "block", "journal", "ledger", "ledger_mark", "event", "cursor",
        "calibration", "skew", "minutes", "rollup_hour", "rollup_hour_value", "rollup_day",
        "rollup_day_value"}) {
    FITHOME_TRY_VOID(db.execute(fmt::format("SELECT * FROM {} LIMIT 0", table)));
  }
  return {};
}

Result<std::string> read_site(const Database& db) {
  return db.text("SELECT value FROM meta WHERE key = 'site'");
}

Result<std::vector<MeterId>> meter_ids(const Database& db) {
  FITHOME_TRY(Statement query, db.prepare("SELECT id FROM meter"));
  Rows rows = query.rows();
  std::vector<MeterId> ids;
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) return ids;
    ids.push_back(rows.integer32(0));
  }
}

Result<std::string> make_uuid() {
  std::array<std::uint8_t, 16> bytes;
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return os_failure(Code::transient, "random numbers", errno);
  }
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);  // RFC 9562, 5.4
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  std::string text;
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    if (n == 4 || n == 6 || n == 8 || n == 10) text += '-';
    text += fmt::format("{:02x}", bytes[n]);
  }
  return text;
}

std::string ledger_columns() {
  std::string text = "meter, time_ms";
  const reading::Ledger ledger;
  each_number(ledger, [&](auto kind, auto place, auto unit, auto) {
    text += fmt::format(", {}_{}_{}", kind, place, unit);
  });
  return text;
}

reading::Ledger read_ledger(const Rows& rows) {
  reading::Ledger ledger;
  ledger.time = from_ms(rows.integer(1));
  int column = 2;
  each_number(ledger, [&](auto, auto, auto, auto& number) {
    number = static_cast<std::remove_cvref_t<decltype(number)>>(rows.integer(column++));
  });
  return ledger;
}

std::string placeholders(int count) {
  std::string text = "?";
  for (int n = 1; n < count; ++n) text += ", ?";
  return text;
}

}  // namespace fithome::store
