// SPDX-License-Identifier: MIT
//
// What a time-series collection asks for: its _id is not unique, so what is there already must be
// known before anything is inserted.
//
// Flow:    MongodbSink, before each insert -> listCollections, create, find -> the server
// Errors:  invalid - the server's answer, or a collection of the wrong kind; transient - no answer
// Threads: one
// Source:  docs/decisions/0016-mongodb.md
#pragma once

#include <set>
#include <span>
#include <string>

#include "sinks/mongodb/client.h"

namespace fithome::sinks {

struct IdOrder {
  bool operator()(const bson_oid_t& a, const bson_oid_t& b) const {
    return bson_oid_compare(&a, &b) < 0;
  }
};
using Ids = std::set<bson_oid_t, IdOrder>;

/// Whether the collection is there; an error where it is, and is of the other kind. A server that
/// does not tell, as one whose user may only insert, has none, unless it is to be a time series.
Result<bool> is_there(const Client& client, const MongodbOptions& options, const std::string& name);

/// An error, too, where the server did as if.
Result<void> make_time_series(const Client& client, const MongodbOptions& options,
                              const std::string& name);

/// Takes from `missing` those that are there, with a time from `first` to `last`.
Result<void> leave_out_what_is_there(const Client& client, mongoc_collection_t* collection,
                                     UtcTime first, UtcTime last, Ids& missing);

}  // namespace fithome::sinks
