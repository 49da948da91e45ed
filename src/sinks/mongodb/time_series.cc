// SPDX-License-Identifier: MIT
#include "sinks/mongodb/time_series.h"

#include <fmt/format.h>

#include <string_view>

namespace fithome::sinks {
namespace {

constexpr const char* kTime = "ts";
constexpr const char* kMeta = "meter";

Failure fail_as(const Client& client, const bson_error_t& error) {
  const bool answered =
      error.domain != MONGOC_ERROR_STREAM && error.domain != MONGOC_ERROR_SERVER_SELECTION;
  return fail(answered ? Code::invalid : Code::transient, text_of(client, error));
}

std::string text_at(const bson_t& document, const char* dotted) {
  bson_iter_t all, at;
  const bool found =
      bson_iter_init(&all, &document) && bson_iter_find_descendant(&all, dotted, &at);
  return found && BSON_ITER_HOLDS_UTF8(&at) ? bson_iter_utf8(&at, nullptr) : "";
}

// What is wrong with a collection that is there; empty: nothing.
std::string wrong_with(const bson_t& listed, bool time_series) {
  const bool is_one = text_at(listed, "type") == "timeseries";
  if (!is_one && time_series) {
    return "is no time-series collection; name another in mongodb.collection, or say "
           "mongodb.time_series = false";
  }
  if (is_one && !time_series) {
    return "is a time-series collection, where a repeat would double; say mongodb.time_series = "
           "true";
  }
  const std::string field = text_at(listed, "options.timeseries.timeField");
  if (!is_one || field == kTime) return {};
  return fmt::format(
      "is a time-series collection whose time is in \"{}\", not in \"{}\"; name another in "
      "mongodb.collection",
      field, kTime);
}

}  // namespace

Result<bool> is_there(const Client& client, const MongodbOptions& options,
                      const std::string& name) {
  const Database database(mongoc_client_get_database(client.get(), options.database.c_str()));
  const Bson filter(BCON_NEW("filter", "{", "name", BCON_UTF8(name.c_str()), "}"));
  const Cursor cursor(mongoc_database_find_collections_with_opts(database.get(), filter.get()));
  const bson_t* listed = nullptr;
  bool there = false;
  std::string wrong;
  while (mongoc_cursor_next(cursor.get(), &listed)) {
    if (text_at(*listed, "name") != name) continue;
    there = true;
    wrong = wrong_with(*listed, options.time_series);
  }
  bson_error_t error;
  if (mongoc_cursor_error(cursor.get(), &error)) {
    auto failed = fail_as(client, error);
    const bool only_not_told = failed.error().code == Code::invalid && !options.time_series;
    if (only_not_told) return false;
    return failed;
  }
  if (wrong.empty()) return there;
  return fail(Code::invalid, fmt::format("{}.{} {}", options.database, name, wrong));
}

Result<void> make_time_series(const Client& client, const MongodbOptions& options,
                              const std::string& name) {
  const Bson create(BCON_NEW("create", BCON_UTF8(name.c_str()), "timeseries", "{",  //
                             "timeField", BCON_UTF8(kTime), "metaField", BCON_UTF8(kMeta),
                             "granularity", BCON_UTF8("seconds"), "}"));
  bson_error_t error;
  std::string said = "the server did as if";
  if (mongoc_client_command_simple(client.get(), options.database.c_str(), create.get(), nullptr,
                                   nullptr, &error)) {
    FITHOME_TRY(const bool there, is_there(client, options, name));
    if (there) return {};
  } else {
    const auto failed = fail_as(client, error);
    if (failed.error().code == Code::transient) return failed;
    said = failed.error().what;
  }
  return fail(Code::invalid, fmt::format("{}.{} cannot be made a time-series collection: {}; a "
                                         "MongoDB from 5.0 on can, else say mongodb.time_series = "
                                         "false",
                                         options.database, name, said));
}

// Asked of the primary and of what it has, not of what others have confirmed.
Result<void> leave_out_what_is_there(const Client& client, mongoc_collection_t* collection,
                                     UtcTime first, UtcTime last, Ids& missing) {
  const ReadPreferences primary(mongoc_read_prefs_new(MONGOC_READ_PRIMARY));
  const Bson range(BCON_NEW(kTime, "{", "$gte", BCON_DATE_TIME(first.time_since_epoch().count()),
                            "$lte", BCON_DATE_TIME(last.time_since_epoch().count()), "}"));
  const Bson options(BCON_NEW("projection", "{", "_id", BCON_INT32(1), "}", "batchSize",
                              BCON_INT32(static_cast<int>(missing.size() + 1)), "readConcern", "{",
                              "level", BCON_UTF8("local"), "}"));
  const Cursor cursor(
      mongoc_collection_find_with_opts(collection, range.get(), options.get(), primary.get()));
  const bson_t* found = nullptr;
  while (mongoc_cursor_next(cursor.get(), &found)) {
    bson_iter_t at;
    const bool has = bson_iter_init_find(&at, found, "_id") && BSON_ITER_HOLDS_OID(&at);
    if (has) missing.erase(*bson_iter_oid(&at));
  }
  bson_error_t error;
  if (mongoc_cursor_error(cursor.get(), &error)) return fail_as(client, error);
  return {};
}

}  // namespace fithome::sinks
