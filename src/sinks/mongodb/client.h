// SPDX-License-Identifier: MIT
//
// A connection to MongoDB with bounds on how long anything takes; libmongoc's handles, owned.
//
// Errors:  invalid - the URI is none;  transient - the rest, in the server's own words
// Threads: one
#pragma once

#include <mongoc/mongoc.h>

#include <memory>
#include <utility>

#include "base/result.h"
#include "sinks/mongodb.h"

namespace fithome::sinks {

template <auto destroy>
struct Destroy {
  template <class T>
  void operator()(T* handle) const {
    destroy(handle);
  }
};
using Uri = std::unique_ptr<mongoc_uri_t, Destroy<mongoc_uri_destroy>>;
using Client = std::unique_ptr<mongoc_client_t, Destroy<mongoc_client_destroy>>;
using Database = std::unique_ptr<mongoc_database_t, Destroy<mongoc_database_destroy>>;
using Collection = std::unique_ptr<mongoc_collection_t, Destroy<mongoc_collection_destroy>>;
using Cursor = std::unique_ptr<mongoc_cursor_t, Destroy<mongoc_cursor_destroy>>;
using ReadPreferences = std::unique_ptr<mongoc_read_prefs_t, Destroy<mongoc_read_prefs_destroy>>;
using Bulk = std::unique_ptr<mongoc_bulk_operation_t, Destroy<mongoc_bulk_operation_destroy>>;

/// No unique_ptr: bson_t is aligned by an attribute that a template argument would lose.
class Bson {
 public:
  Bson() : bson_(bson_new()) {}
  explicit Bson(bson_t* owned) : bson_(owned) {}
  Bson(Bson&& other) noexcept : bson_(std::exchange(other.bson_, nullptr)) {}
  Bson& operator=(Bson&&) = delete;
  ~Bson() { bson_destroy(bson_); }
  bson_t* get() const { return bson_; }
  bson_t& operator*() const { return *bson_; }

 private:
  bson_t* bson_;
};

/// Connects when it is first used.
Result<Client> open_client(const MongodbOptions& options);

/// "mongodb: not authorized"
std::string text_of(const bson_error_t& error);

/// The same, with what to do where the server and we may not agree about TLS.
std::string text_of(const Client& client, const bson_error_t& error);

}  // namespace fithome::sinks
