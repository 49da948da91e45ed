// SPDX-License-Identifier: MIT
#include "sinks/mongodb/client.h"
#include "sinks/mongodb/document.h"
#include "sinks/mongodb/module.h"

namespace fithome::sinks {
namespace {

class CollectionReader final : public MongodbReader {
 public:
  CollectionReader(Client client, Collection collection)
      : client_(std::move(client)), collection_(std::move(collection)) {}

  // The driver's own way looks for the server twice, and tells only that the second time was too
  // soon.
  Result<std::uint64_t> count() override {
    const Bson count(BCON_NEW("count", BCON_UTF8(mongoc_collection_get_name(collection_.get()))));
    bson_t reply;
    bson_error_t error;
    const bool done =
        mongoc_collection_command_simple(collection_.get(), count.get(), nullptr, &reply, &error);
    bson_iter_t at;
    const bool told = done && bson_iter_init_find(&at, &reply, "n");
    const std::int64_t found = told ? bson_iter_as_int64(&at) : 0;
    bson_destroy(&reply);
    if (!done) return fail(Code::transient, "mongodb: " + text_of(client_, error));
    return static_cast<std::uint64_t>(found);
  }

  Result<std::vector<OldReading>> next(std::size_t most) override {
    if (!cursor_) begin();
    std::vector<OldReading> found;
    const bson_t* document = nullptr;
    while (found.size() < most && !at_end_) {
      at_end_ = !mongoc_cursor_next(cursor_.get(), &document);
      if (at_end_) break;
      if (const auto one = read_document(*document)) {
        found.push_back(*one);
      } else {
        ++left_out_;
      }
    }
    bson_error_t error;
    if (mongoc_cursor_error(cursor_.get(), &error)) {
      return fail(Code::transient, "mongodb: " + text_of(client_, error));
    }
    return found;
  }

  std::uint64_t left_out() const override { return left_out_; }

 private:
  void begin() {
    const Bson filter;
    const Bson options;
    bson_t sort;
    bson_append_document_begin(options.get(), "sort", -1, &sort);
    bson_append_int32(&sort, "_id", -1, 1);
    bson_append_document_end(options.get(), &sort);
    cursor_.reset(
        mongoc_collection_find_with_opts(collection_.get(), filter.get(), options.get(), nullptr));
  }

  Client client_;
  Collection collection_;
  Cursor cursor_;
  bool at_end_ = false;
  std::uint64_t left_out_ = 0;
};

}  // namespace

Result<std::unique_ptr<MongodbReader>> open_mongodb_reader(const MongodbOptions& options) {
  FITHOME_TRY(Client client, open_client(options));
  Collection collection(mongoc_client_get_collection(client.get(), options.database.c_str(),
                                                     options.collection.c_str()));
  return std::unique_ptr<MongodbReader>(
      std::make_unique<CollectionReader>(std::move(client), std::move(collection)));
}

}  // namespace fithome::sinks
