// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <thread>

#include "sinks/mongodb/client.h"
#include "sinks/mongodb/document.h"
#include "sinks/mongodb/module.h"
#include "sinks/mongodb/time_series.h"

namespace fithome::sinks {
namespace {

constexpr std::int64_t kDuplicateKey = 11000;
// Of the document itself, whenever it comes: bad value, bad BSON, dollar in a name, validation,
// capped, too large.
constexpr std::int64_t kOfTheDocument[] = {2, 22, 52, 57, 121, 10003, 10334, 17280};

// What an earlier connection, or an earlier fithome, has sent and had no answer to may be under way
// in a server that hung; one that answers again has it done by then.
constexpr std::chrono::seconds kUnderWay{1};

/// What the server says of one document among many.
enum class Said { already_there, later, never };

// An index of the owner's own may refuse what is not there.
Said said_of(std::int64_t code, std::string_view message) {
  const auto index = message.find("index: ");
  const bool other_index =
      index != message.npos && !message.substr(index).starts_with("index: _id_");
  if (code == kDuplicateKey) return other_index ? Said::never : Said::already_there;
  const bool never = std::ranges::find(kOfTheDocument, code) != std::end(kOfTheDocument);
  return never ? Said::never : Said::later;
}

std::string text_at(const bson_iter_t& document, const char* key) {
  bson_iter_t at;
  if (!bson_iter_recurse(&document, &at) || !bson_iter_find(&at, key)) return "";
  return BSON_ITER_HOLDS_UTF8(&at) ? bson_iter_utf8(&at, nullptr) : "";
}

std::int64_t code_at(const bson_iter_t& document) {
  bson_iter_t at;
  if (!bson_iter_recurse(&document, &at) || !bson_iter_find(&at, "code")) return 0;
  return bson_iter_as_int64(&at);
}

/// The worst that a reply says of any document, and in which words.
struct Verdict {
  bool any = false;  // the server got as far as the documents
  Said worst = Said::already_there;
  std::string why = {};
};

Verdict verdict_of(const bson_t& reply) {
  Verdict verdict;
  bson_iter_t at, errors;
  if (!bson_iter_init_find(&at, &reply, "writeErrors") || !BSON_ITER_HOLDS_ARRAY(&at)) {
    return verdict;
  }
  bson_iter_recurse(&at, &errors);
  while (bson_iter_next(&errors)) {
    verdict.any = true;
    const std::string why = text_at(errors, "errmsg");
    const Said said = said_of(code_at(errors), why);
    if (said == Said::already_there || said < verdict.worst) continue;
    verdict.worst = said;
    verdict.why = why;
  }
  return verdict;
}

bool has_concern_errors(const bson_t& reply) {
  bson_iter_t at, errors;
  return bson_iter_init_find(&at, &reply, "writeConcernErrors") && BSON_ITER_HOLDS_ARRAY(&at) &&
         bson_iter_recurse(&at, &errors) && bson_iter_next(&errors);
}

Bson take(bson_t& reply) {
  Bson owned(bson_copy(&reply));
  bson_destroy(&reply);
  return owned;
}

Delivery again(std::string why) {
  return {Delivery::Outcome::try_again, "mongodb: " + std::move(why), {}};
}

using Readings = std::vector<const store::Numbered*>;

class MongodbSink final : public Sink {
 public:
  MongodbSink(Client client, MongodbOptions options)
      : client_(std::move(client)), options_(std::move(options)) {}

  Delivery deliver(std::span<const store::Numbered> batch) override;
  Result<std::string> test() override;

 private:
  Result<Bson> command(const bson_t& what);
  std::string name_of(store::MeterId meter) const;
  /// The first meter is the house; each other has a collection of its own.
  std::string collection_of(store::MeterId meter) const;
  Result<void> make_ready(const std::string& collection);
  /// Of a time series: those that are not there yet, for it would take them twice. Else all.
  Result<Ids> missing(mongoc_collection_t* collection, const Readings& readings);
  Delivery insert(store::MeterId meter, const Readings& readings);
  Delivery execute(mongoc_bulk_operation_t* bulk);

  Client client_;
  MongodbOptions options_;
  std::set<std::string> ready_;  // collections, since the last failure
};

std::string MongodbSink::name_of(store::MeterId meter) const {
  const auto found = std::ranges::find(options_.meters, meter, &store::Meter::id);
  if (found != options_.meters.end() && found->name) return *found->name;
  return "meter " + std::to_string(meter);
}

std::string MongodbSink::collection_of(store::MeterId meter) const {
  const bool house = options_.meters.empty() || options_.meters.front().id == meter;
  return house ? options_.collection : options_.collection + "_" + name_of(meter);
}

// What was brought in from a collection of this kind is not sent back to one.
Delivery MongodbSink::deliver(std::span<const store::Numbered> batch) {
  std::map<store::MeterId, Readings> by_meter;
  for (const store::Numbered& one : batch) {
    if ((one.reading.flags & bit(reading::Flag::imported)) == 0) {
      by_meter[one.meter].push_back(&one);
    }
  }
  for (const auto& [meter, readings] : by_meter) {
    const Delivery delivery = insert(meter, readings);
    if (delivery.outcome == Delivery::Outcome::try_again) ready_.clear();
    if (delivery.outcome != Delivery::Outcome::acknowledged) return delivery;
  }
  return {};
}

Result<void> MongodbSink::make_ready(const std::string& collection) {
  if (ready_.contains(collection)) return {};
  FITHOME_TRY(const bool there, is_there(client_, options_, collection));
  if (options_.time_series) {
    if (!there) FITHOME_TRY_VOID(make_time_series(client_, options_, collection));
    if (ready_.empty()) std::this_thread::sleep_for(kUnderWay);
  }
  ready_.insert(collection);
  return {};
}

Result<Ids> MongodbSink::missing(mongoc_collection_t* collection, const Readings& readings) {
  Ids ids;
  for (const store::Numbered* one : readings) ids.insert(object_id(options_.site, *one));
  if (!options_.time_series) return ids;
  const auto time = [](const store::Numbered* one) { return one->reading.time; };
  const auto [first, last] = std::ranges::minmax(readings, {}, time);
  FITHOME_TRY_VOID(leave_out_what_is_there(client_, collection, time(first), time(last), ids));
  return ids;
}

Delivery MongodbSink::insert(store::MeterId meter, const Readings& readings) {
  const std::string name = collection_of(meter);
  if (const auto ready = make_ready(name); !ready) return again(ready.error().what);
  const Collection collection(
      mongoc_client_get_collection(client_.get(), options_.database.c_str(), name.c_str()));
  const auto ids = missing(collection.get(), readings);
  if (!ids) return again(ids.error().what);
  if (ids->empty()) return {};
  bson_t unordered = BSON_INITIALIZER;
  bson_append_bool(&unordered, "ordered", -1, false);
  const Bulk bulk(mongoc_collection_create_bulk_operation_with_opts(collection.get(), &unordered));
  bson_destroy(&unordered);
  const DocumentOptions options{options_.site, name_of(meter), options_.all_channels};
  for (const store::Numbered* one : readings) {
    if (!ids->contains(object_id(options_.site, *one))) continue;
    const Bson document;
    append_document(*document, *one, options);
    bson_error_t error;
    if (!mongoc_bulk_operation_insert_with_opts(bulk.get(), document.get(), nullptr, &error)) {
      return {Delivery::Outcome::refused, text_of(error), {}};
    }
  }
  return execute(bulk.get());
}

Delivery MongodbSink::execute(mongoc_bulk_operation_t* bulk) {
  bson_t reply;
  bson_error_t error;
  const bool done = mongoc_bulk_operation_execute(bulk, &reply, &error) != 0;
  const Bson owned = take(reply);
  if (done) return {};
  const Verdict verdict = verdict_of(*owned);
  if (verdict.worst == Said::never) return {Delivery::Outcome::refused, verdict.why, {}};
  if (verdict.worst == Said::later) return again(verdict.why);
  // Duplicates only: all is there. But not where the server did not get so far, or doubts it.
  const bool duplicates = verdict.any && !has_concern_errors(*owned);
  return duplicates ? Delivery{} : again(text_of(client_, error));
}

Result<Bson> MongodbSink::command(const bson_t& what) {
  bson_t reply;
  bson_error_t error;
  const bool done = mongoc_client_command_simple(client_.get(), options_.database.c_str(), &what,
                                                 nullptr, &reply, &error);
  Bson owned = take(reply);
  if (!done) return fail(Code::transient, "mongodb: " + text_of(client_, error));
  return owned;
}

// A user has been let in, or not, by the time of the first answer; but what it is a server tells
// nobody in particular too.
Result<std::string> MongodbSink::test() {
  const Bson ask_what, ask_for_one;
  bson_append_int32(ask_what.get(), "buildInfo", -1, 1);
  FITHOME_TRY(const Bson what, command(*ask_what));
  if (mongoc_uri_get_username(mongoc_client_get_uri(client_.get())) == nullptr) {
    bson_append_utf8(ask_for_one.get(), "find", -1, options_.collection.c_str(), -1);
    bson_append_int32(ask_for_one.get(), "limit", -1, 1);
    bson_append_bool(ask_for_one.get(), "singleBatch", -1, true);
    FITHOME_TRY_VOID(command(*ask_for_one));
  }
  FITHOME_TRY_VOID(is_there(client_, options_, options_.collection));
  bson_iter_t at;
  const bool told = bson_iter_init_find(&at, what.get(), "version") && BSON_ITER_HOLDS_UTF8(&at);
  return "MongoDB " + std::string(told ? bson_iter_utf8(&at, nullptr) : "of unknown version") +
         " answers";
}

}  // namespace

Result<std::unique_ptr<Sink>> open_mongodb_sink(const MongodbOptions& options) {
  FITHOME_TRY(Client client, open_client(options));
  return std::unique_ptr<Sink>(std::make_unique<MongodbSink>(std::move(client), options));
}

}  // namespace fithome::sinks
