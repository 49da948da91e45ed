// SPDX-License-Identifier: MIT
//
// A loadable extension of SQLite: each reading as a row, for whatever speaks SQL.
//
//   sqlite3 /var/lib/fithome/readings.db -cmd '.load /usr/lib/fithome/fithome_readings'
//   SELECT time, p, u_a FROM readings WHERE time >= '2026-06-01T12:00:00Z' AND meter = 1;
//
// Flow:    the database that is open -> its directory -> store::Reader -> rows
// Shape:   columns time (ISO, UTC), time_ms, meter, sequence, flags, then the channels in their
//          units, NULL where absent. Bounds of time_ms and time, and one meter, are looked up; all
//          else is sifted by SQLite
// Errors:  those of the store's reader, as SQLite's error text
// Threads: as SQLite's connection
#include <fmt/format.h>
#include <sqlite3ext.h>

#include <array>
#include <filesystem>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "reading/channels.h"
#include "sqlite/own_copy.h"
#include "store/store.h"

SQLITE_EXTENSION_INIT1

namespace fithome::sqlite {
namespace {

enum ColumnNumber : int { time_text, time_ms, meter, sequence, flags, first_channel };

// What xBestIndex found, for xFilter: a bit each, in the order of the arguments.
enum Found : unsigned { from_ms = 1, to_ms = 2, from_text = 4, to_text = 8, of_meter = 16 };

struct Table : sqlite3_vtab {
  std::filesystem::path directory;
};

struct Cursor : sqlite3_vtab_cursor {
  std::optional<store::Reader> reader;
  std::optional<store::Scan> scan;
  std::vector<store::MeterId> meters;  // still to come, the next one last
  store::Range range;
  store::Chunk chunk;
  std::size_t row = 0;
  sqlite3_int64 number = 0;
  bool ended = false;
  std::array<int, reading::kChannelCount> place{};  // of a channel in the chunk; -1: not asked for
};

int fail_with(sqlite3_vtab* table, const std::string& what) {
  sqlite3_free(table->zErrMsg);
  table->zErrMsg = sqlite3_mprintf("%s", what.c_str());
  return SQLITE_ERROR;
}

// C++ must not throw into C.
template <class Work>
int guarded(sqlite3_vtab* table, Work work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  } catch (const std::exception& error) {
    return fail_with(table, error.what());
  }
}

int connect(sqlite3* db, void*, int, const char* const*, sqlite3_vtab** made, char** error) {
  // Two copies of SQLite in one process would drop each other's locks.
  if (!is_own_copy(sqlite3_api->libversion_number)) {
    *error = sqlite3_mprintf("readings: this program has an SQLite of its own; use the system's");
    return SQLITE_ERROR;
  }
  const char* const file = sqlite3_db_filename(db, "main");
  if (file == nullptr || *file == '\0') {
    *error = sqlite3_mprintf("readings: open a store's readings.db first");
    return SQLITE_ERROR;
  }
  std::string sql =
      "CREATE TABLE readings(time TEXT, time_ms INTEGER, meter INTEGER, sequence INTEGER,"
      " flags INTEGER";
  for (const reading::Channel& channel : reading::kChannels) {
    sql += fmt::format(", {} REAL", channel.name);
  }
  if (const int code = sqlite3_declare_vtab(db, (sql + ")").c_str()); code != SQLITE_OK)
    return code;
  auto* table = new (std::nothrow) Table{};
  if (table == nullptr) return SQLITE_NOMEM;
  *made = table;
  return guarded(table, [&] {
    table->directory = std::filesystem::path(file).parent_path();
    return SQLITE_OK;
  });
}

int disconnect(sqlite3_vtab* table) {
  delete static_cast<Table*>(table);
  return SQLITE_OK;
}

unsigned use_of(const sqlite3_index_info::sqlite3_index_constraint& constraint) {
  if (constraint.usable == 0) return 0;
  const bool begins =
      constraint.op == SQLITE_INDEX_CONSTRAINT_GE || constraint.op == SQLITE_INDEX_CONSTRAINT_GT;
  const bool ends =
      constraint.op == SQLITE_INDEX_CONSTRAINT_LE || constraint.op == SQLITE_INDEX_CONSTRAINT_LT;
  if (constraint.iColumn == time_ms) return begins ? from_ms : ends ? to_ms : 0U;
  if (constraint.iColumn == time_text) return begins ? from_text : ends ? to_text : 0U;
  const bool one = constraint.op == SQLITE_INDEX_CONSTRAINT_EQ && constraint.iColumn == meter;
  return one ? of_meter : 0U;
}

int best_index(sqlite3_vtab*, sqlite3_index_info* info) {
  unsigned found = 0;
  int arguments = 0;
  for (const unsigned use : {from_ms, to_ms, from_text, to_text, of_meter}) {
    for (int n = 0; n < info->nConstraint; ++n) {
      if ((found & use) != 0 || use_of(info->aConstraint[n]) != use) continue;
      found |= use;
      info->aConstraintUsage[n].argvIndex = ++arguments;  // SQLite looks at each row all the same
    }
  }
  info->idxNum = static_cast<int>(found);
  std::string columns(1, 'c');
  for (std::size_t id = 0; id < reading::kChannelCount; ++id) {
    const bool used = ((info->colUsed >> (first_channel + id)) & 1) != 0;
    columns += used ? '1' : '0';
  }
  info->idxStr = sqlite3_mprintf("%s", columns.c_str());
  info->needToFreeIdxStr = 1;
  double cost = 1e9;
  if ((found & (from_ms | from_text)) != 0) cost /= 100;
  if ((found & (to_ms | to_text)) != 0) cost /= 10;
  if ((found & of_meter) != 0) cost /= 2;
  info->estimatedCost = cost;
  return info->idxStr == nullptr ? SQLITE_NOMEM : SQLITE_OK;
}

int open(sqlite3_vtab*, sqlite3_vtab_cursor** made) {
  *made = new (std::nothrow) Cursor{};
  return *made == nullptr ? SQLITE_NOMEM : SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
  delete static_cast<Cursor*>(cursor);
  return SQLITE_OK;
}

/// The next row, of this meter or the next.
int advance(Cursor& cursor) {
  ++cursor.number;
  if (++cursor.row < cursor.chunk.size()) return SQLITE_OK;
  cursor.row = 0;
  while (true) {
    if (!cursor.scan) {
      cursor.ended = cursor.meters.empty();
      if (cursor.ended) return SQLITE_OK;
      cursor.range.meter = cursor.meters.back();
      cursor.meters.pop_back();
      auto scan = cursor.reader->scan(cursor.range);
      if (!scan) return fail_with(cursor.pVtab, scan.error().what);
      cursor.scan = *std::move(scan);
    }
    auto chunk = cursor.scan->next();
    if (!chunk) return fail_with(cursor.pVtab, chunk.error().what);
    cursor.chunk = *std::move(chunk);
    if (cursor.chunk.size() > 0) return SQLITE_OK;
    cursor.scan.reset();
  }
}

void narrow(store::Range& range, unsigned use, sqlite3_value* value) {
  const bool text = use == from_text || use == to_text;
  std::optional<UtcTime> time;
  if (text) {
    const auto* words = reinterpret_cast<const char*>(sqlite3_value_text(value));
    if (const auto parsed = parse_time(words == nullptr ? "" : words, UtcTime{})) time = *parsed;
  } else {
    time = UtcTime(std::chrono::milliseconds(sqlite3_value_int64(value)));
  }
  // Text that is no time is compared as text, by SQLite; and so are the ends of the range.
  if (!time) return;
  constexpr std::chrono::milliseconds kDay = std::chrono::hours(24);
  if (use == from_ms) range.from = std::max(range.from, *time);
  if (use == to_ms) range.to = std::min(range.to, *time + std::chrono::milliseconds(1));
  if (use == from_text) range.from = std::max(range.from, *time - kDay);
  if (use == to_text) range.to = std::min(range.to, *time + kDay);
}

int filter(sqlite3_vtab_cursor* of, int found, const char* columns, int, sqlite3_value** values) {
  return guarded(of->pVtab, [&] {
    Cursor& cursor = *static_cast<Cursor*>(of);
    auto reader = store::Reader::open(static_cast<Table*>(of->pVtab)->directory);
    if (!reader) return fail_with(of->pVtab, reader.error().what);
    cursor.scan.reset();
    cursor.reader = *std::move(reader);
    cursor.chunk = {};
    cursor.row = 0;
    cursor.ended = false;
    cursor.meters.clear();
    cursor.range = {};
    cursor.place.fill(-1);
    for (std::size_t id = 0; id < reading::kChannelCount; ++id) {
      if (columns[1 + id] != '1') continue;
      cursor.place[id] = static_cast<int>(cursor.range.channels.size());
      cursor.range.channels.push_back(static_cast<reading::ChannelId>(id));
    }
    if (cursor.range.channels.empty()) cursor.range.channels.push_back(0);  // none would mean all
    std::optional<store::MeterId> one;
    for (const unsigned use : {from_ms, to_ms, from_text, to_text, of_meter}) {
      if ((static_cast<unsigned>(found) & use) == 0) continue;
      if (use == of_meter)
        one = sqlite3_value_int(*values);
      else
        narrow(cursor.range, use, *values);
      ++values;
    }
    const auto meters = cursor.reader->meters();
    if (!meters) return fail_with(of->pVtab, meters.error().what);
    for (auto known = meters->rbegin(); known != meters->rend(); ++known) {
      if (!one || known->id == *one) cursor.meters.push_back(known->id);
    }
    return advance(cursor);
  });
}

int next(sqlite3_vtab_cursor* cursor) {
  return guarded(cursor->pVtab, [&] { return advance(*static_cast<Cursor*>(cursor)); });
}
int eof(sqlite3_vtab_cursor* cursor) { return static_cast<Cursor*>(cursor)->ended ? 1 : 0; }

int column(sqlite3_vtab_cursor* of, sqlite3_context* out, int number) {
  return guarded(of->pVtab, [&] {
    const Cursor& cursor = *static_cast<Cursor*>(of);
    const UtcTime time = cursor.chunk.time[cursor.row];
    switch (number) {
      case time_text:
        sqlite3_result_text(out, to_iso(time).c_str(), -1, SQLITE_TRANSIENT);
        return SQLITE_OK;
      case time_ms:
        sqlite3_result_int64(out, time.time_since_epoch().count());
        return SQLITE_OK;
      case meter:
        sqlite3_result_int(out, cursor.range.meter);
        return SQLITE_OK;
      case sequence:
        sqlite3_result_int64(out, static_cast<sqlite3_int64>(cursor.chunk.sequence[cursor.row]));
        return SQLITE_OK;
      case flags:
        sqlite3_result_int64(out, cursor.chunk.flags[cursor.row]);
        return SQLITE_OK;
      default:
        break;
    }
    const auto id = static_cast<std::size_t>(number - first_channel);
    const int place = cursor.place[id];
    if (place < 0) return SQLITE_OK;
    const store::Column& values = cursor.chunk.columns[static_cast<std::size_t>(place)];
    if (values.present[cursor.row] == 0) return SQLITE_OK;
    sqlite3_result_double(
        out, values.steps[cursor.row] / reading::power_of_ten(reading::kChannels[id].decimals));
    return SQLITE_OK;
  });
}

int rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* out) {
  *out = static_cast<Cursor*>(cursor)->number;
  return SQLITE_OK;
}

// Without xCreate the table is there by its name alone, and nothing of it is kept.
sqlite3_module module_of_readings() {
  sqlite3_module module{};
  module.xConnect = connect;
  module.xBestIndex = best_index;
  module.xDisconnect = disconnect;
  module.xOpen = open;
  module.xClose = close;
  module.xFilter = filter;
  module.xNext = next;
  module.xEof = eof;
  module.xColumn = column;
  module.xRowid = rowid;
  return module;
}

}  // namespace
}  // namespace fithome::sqlite

// SQLite derives this name from the file's.
extern "C" [[gnu::visibility("default")]] int sqlite3_fithomereadings_init(
    sqlite3* db, char**, const sqlite3_api_routines* api) {
  SQLITE_EXTENSION_INIT2(api);
  static const sqlite3_module kModule = fithome::sqlite::module_of_readings();
  return sqlite3_create_module(db, "readings", &kModule, nullptr);
}
